"""The whole way with a thumb: what a person does with files on a phone."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import PATIENCE_MS, watched
from tests.e2e.test_accessibility import assert_no_sideways_scrolling
from tests.e2e.test_file_manager import PHONE, choose_from_menu, name, owner, row, sign_in
from tests.e2e.test_main_job import png, write
from tests.running import RunningBroker

__all__ = ["name", "owner"]


@pytest.fixture
def phone(chromium: Browser, site: RunningBroker) -> Iterator[Page]:
    context = chromium.new_context(
        base_url=site.url, viewport=PHONE, has_touch=True, is_mobile=True, accept_downloads=True
    )
    context.set_default_timeout(PATIENCE_MS)
    with watched(context.new_page()) as page:
        yield page
    context.close()


def test_files_are_sent_filed_looked_at_shared_and_thrown_away(
    phone: Page, owner: httpx.Client, name: str, tmp_path: Path
) -> None:
    phone.add_init_script("delete window.showSaveFilePicker")  # a test cannot answer its dialog
    sign_in(phone, name)
    bodies = {"photo.png": png(), "note.txt": b"note", "plan.txt": b"plan"}

    phone.get_by_label("Choose files").last.set_input_files(write(tmp_path, bodies))
    expect(phone.get_by_text("3 uploaded", exact=True)).to_be_visible()

    choose_from_menu(phone, "note.txt", "Rename")
    phone.get_by_label("Name", exact=True).fill("memo.txt")
    phone.get_by_label("Name", exact=True).press("Enter")
    expect(row(phone, "memo.txt")).to_be_visible()

    phone.get_by_role("button", name="New folder").tap()
    phone.get_by_label("Name", exact=True).fill("trip")
    phone.get_by_role("button", name="Create").tap()
    choose_from_menu(phone, "memo.txt", "Move")
    phone.get_by_role("dialog").get_by_role("button", name="trip").tap()
    phone.get_by_role("dialog").get_by_role("button", name="Move here").tap()
    expect(row(phone, "memo.txt")).to_have_count(0)
    row(phone, "trip").tap()
    expect(row(phone, "memo.txt")).to_be_visible()
    phone.get_by_role("navigation", name="Path").get_by_text("All files").tap()

    row(phone, "photo.png").tap()
    expect(phone.get_by_role("dialog").get_by_role("img", name="photo.png")).to_be_visible()
    phone.get_by_role("button", name="Close").tap()

    phone.get_by_role("radio", name="Grid").check(force=True)
    assert_no_sideways_scrolling(phone)
    phone.get_by_role("radio", name="List").check(force=True)

    choose_from_menu(phone, "plan.txt", "Share")
    phone.get_by_role("button", name="Make a link").tap()
    expect(phone.get_by_role("img", name="The link as a QR code")).to_be_visible()
    phone.get_by_role("button", name="Done").tap()

    for each in "photo.png", "plan.txt":
        phone.get_by_role("checkbox", name=f"Choose {each}").tap(force=True)
    with phone.expect_download() as download:
        phone.get_by_role("button", name="Download as ZIP").tap()
    archive = zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes()))
    assert {each: archive.read(each) for each in archive.namelist()} == {
        "photo.png": bodies["photo.png"],
        "plan.txt": b"plan",
    }

    phone.get_by_role("button", name="Move to trash").tap()
    expect(row(phone, "photo.png")).to_have_count(0)
    phone.get_by_role("button", name="Undo").tap()
    expect(row(phone, "photo.png")).to_be_visible()
    assert_no_sideways_scrolling(phone)
    listed = owner.get("/v1/files", params={"sort": "name"}).json()["items"]
    assert [(each["folder"], each["name"]) for each in listed] == [
        ("trip", "memo.txt"),
        ("", "photo.png"),
        ("", "plan.txt"),
    ]
