"""What a person does with stored files: find, rename, move, look, share, throw away and take back."""

import io
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, Route, ViewportSize, expect

from broker.client.hashing import fingerprint
from broker.client.sources import BytesSource
from tests.e2e.conftest import PASSWORD, watched
from tests.e2e.test_main_job import drop, png, write
from tests.running import RunningBroker
from tests.transfers import upload
from tests.waiting import wait_until

MIB = 1024**2
# as the system refuses whoever may not read a folder; root, as whom tests may run, may read all
LOCK = """
const { webkitGetAsEntry } = DataTransferItem.prototype;
const readEntries = (_, reject) => reject(new DOMException("locked", "NotReadableError"));
DataTransferItem.prototype.webkitGetAsEntry = function () {
  const entry = webkitGetAsEntry.call(this);
  return entry?.name === "locked"
    ? { name: "locked", isDirectory: true, createReader: () => ({ readEntries }) }
    : entry;
};
"""
# what a spreadsheet copies: text, and a picture of it
PASTE = """
(field, text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  clipboardData.items.add(new File(["x"], "image.png", { type: "image/png" }));
  const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
  return field.dispatchEvent(event);
}
"""
PHONE: ViewportSize = {"width": 360, "height": 740}


@pytest.fixture
def name(site: RunningBroker, request: pytest.FixtureRequest) -> str:
    """Return the name of a user who has nothing yet."""
    name: str = request.node.name[:60]
    site.add_user(name, PASSWORD)
    return name


@pytest.fixture
def owner(site: RunningBroker, name: str) -> Iterator[httpx.Client]:
    with site.client(name, tenant="default") as client:
        yield client


def sign_in(page: Page, name: str, address: str = "/") -> None:
    page.goto(address)
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Trash")).to_be_visible()


@contextmanager
def in_german(
    chromium: Browser, site: RunningBroker, name: str, *, viewport: ViewportSize, address: str
) -> Iterator[Page]:
    """Yield a German page at which somebody has signed in."""
    context = chromium.new_context(base_url=site.url, viewport=viewport, locale="de-DE")
    try:
        with watched(context.new_page()) as page:
            page.goto(address)
            page.get_by_label("Benutzername").fill(name)
            page.get_by_label("Passwort").fill(PASSWORD)
            page.get_by_role("button", name="Anmelden").click()
            yield page
    finally:
        context.close()


def row(page: Page, name: str) -> Locator:
    """Find what opens a file, or the link that opens a folder."""
    return page.locator("[data-opener]").filter(has_text=name)


def choose_from_menu(page: Page, name: str, choice: str) -> None:
    page.get_by_role("button", name=f"More about {name}").click()
    page.get_by_role("menuitem", name=choice, exact=True).click()


def test_folders_are_made_opened_and_linked_to(page: Page, owner: httpx.Client, name: str) -> None:
    upload(owner, b"deep", name="deep.txt", folder="100% ü/b")
    sign_in(page, name, "/#/files/100%25%20%C3%BC")

    row(page, "b").click()
    expect(row(page, "deep.txt")).to_be_visible()
    page.get_by_role("button", name="New folder").click()
    page.get_by_label("Name", exact=True).fill("2025/26")  # would be one within another
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This name cannot be used")
    page.get_by_label("Name", exact=True).fill("made here")
    page.keyboard.press("Enter")
    row(page, "made here").click()
    expect(page.get_by_text("This folder is empty")).to_be_visible()

    page.go_back()
    expect(row(page, "deep.txt")).to_be_visible()
    page.get_by_label("Path").get_by_role("button", name="All files").click()
    expect(row(page, "100% ü")).to_be_visible()
    assert [each["path"] for each in owner.get("/v1/folders?parent=100%25+%C3%BC/b").json()["items"]] == [
        "100% ü/b/made here"
    ]


def test_a_file_is_renamed_in_place_and_a_bad_name_is_explained(
    page: Page, owner: httpx.Client, name: str
) -> None:
    file = upload(owner, b"x", name="old.txt")
    sign_in(page, name)

    row(page, "old.txt").focus()
    page.keyboard.press("F2")
    field = page.get_by_label("Name", exact=True)
    expect(field).to_be_focused()
    assert page.evaluate("getSelection().toString()") == "old"
    field.fill("a/b")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("nor hold / or \\ or control characters.")
    field.fill("new.txt")
    page.keyboard.press("Enter")

    expect(row(page, "new.txt")).to_be_visible()
    assert owner.get(f"/v1/files/{file['id']}").json()["name"] == "new.txt"


def test_what_is_chosen_is_moved_and_moved_back(page: Page, owner: httpx.Client, name: str) -> None:
    for each in "a.txt", "b.txt", "c.txt":
        upload(owner, b"x", name=each)
    owner.post("/v1/folders", json={"path": "target"}).raise_for_status()
    owner.post("/v1/folders", json={"path": "along"}).raise_for_status()
    sign_in(page, name)

    page.get_by_label("Choose a.txt").click()
    page.get_by_label("Choose c.txt").click(modifiers=["Shift"])
    page.get_by_label("Choose along").click()
    expect(page.get_by_text("4 chosen")).to_be_visible()
    page.get_by_role("button", name="Move", exact=True).click()
    dialog = page.get_by_role("dialog", name="Move 4 items")
    dialog.get_by_role("button", name="target").click()
    dialog.get_by_role("button", name="Move here").click()
    expect(page.get_by_text("4 items moved to target.")).to_be_visible()
    expect(row(page, "a.txt")).to_have_count(0)
    moved = owner.get("/v1/files?folder=target").json()["items"]
    page.get_by_role("button", name="Undo").click()

    expect(row(page, "a.txt")).to_be_visible()
    expect(row(page, "along")).to_be_visible()
    assert len(moved) == 3
    assert owner.get("/v1/files?folder=target").json()["items"] == []


def test_the_keyboard_alone_goes_on_where_rows_were(page: Page, owner: httpx.Client, name: str) -> None:
    for each in "d.txt", "c.txt", "b.txt", "a.txt":
        upload(owner, b"1", name=each, folder="box")
    owner.post("/v1/folders", json={"path": "box/lid"}).raise_for_status()
    sign_in(page, name)

    row(page, "box").press("Enter")
    for each in "lid", "a.txt":
        expect(row(page, each)).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(row(page, "lid")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Delete")
    expect(page.get_by_text("a.txt moved to the trash.")).to_be_visible()
    expect(row(page, "b.txt")).to_be_focused()
    page.keyboard.press("x")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("x")
    page.keyboard.press("Delete")
    expect(page.get_by_text("2 items moved to the trash.")).to_be_visible()
    expect(row(page, "d.txt")).to_be_focused()

    choose_from_menu(page, "d.txt", "Move")
    page.get_by_role("dialog").get_by_role("button", name="lid").press("Enter")
    expect(page.get_by_role("list", name="Folders here")).to_be_focused()
    page.get_by_role("button", name="Move here").press("Enter")
    expect(row(page, "lid")).to_be_focused()


def test_what_is_open_closes_when_another_folder_is_gone_to(
    page: Page, owner: httpx.Client, name: str
) -> None:
    upload(owner, b"1", name="a.txt", folder="box")
    sign_in(page, name)
    row(page, "box").click()
    row(page, "a.txt").click()
    expect(page.get_by_role("dialog")).to_be_visible()

    page.go_back()

    expect(row(page, "box")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_name_that_is_left_does_not_take_the_focus_back(page: Page, owner: httpx.Client, name: str) -> None:
    upload(owner, b"1", name="a.txt")
    sign_in(page, name)
    row(page, "a.txt").focus()
    page.keyboard.press("F2")
    page.get_by_label("Name", exact=True).fill("b.txt")
    late: list[Route] = []
    page.route(
        "**/v1/folders?*", lambda route: late.append(route)
    )  # the field goes only when all lists are read anew

    with page.expect_request("**/v1/folders?*"):
        page.get_by_role("searchbox").click()

    expect(page.get_by_label("Choose b.txt")).to_be_attached()
    expect(page.get_by_role("searchbox")).to_be_focused()
    for route in late:
        route.continue_()
    expect(row(page, "b.txt")).to_be_visible()
    page.evaluate("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_what_is_thrown_away_is_taken_back_or_deleted_for_good(
    page: Page, owner: httpx.Client, name: str
) -> None:
    doomed = upload(owner, b"x", name="doomed.txt")
    upload(owner, b"x", name="in folder.txt", folder="folder")
    sign_in(page, name)

    choose_from_menu(page, "doomed.txt", "Move to trash")
    expect(row(page, "doomed.txt")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "doomed.txt")).to_be_visible()

    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    expect(page.get_by_text("No files yet")).to_be_visible()
    page.get_by_role("link", name="Trash").click()
    expect(row(page, "in folder.txt")).to_be_visible()
    choose_from_menu(page, "in folder.txt", "Restore")
    expect(row(page, "in folder.txt")).to_have_count(0)

    choose_from_menu(page, "doomed.txt", "Delete for good")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert owner.get(f"/v1/files/{doomed['id']}").status_code == 200
    choose_from_menu(page, "doomed.txt", "Delete for good")
    page.get_by_role("dialog").get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("doomed.txt deleted for good.")).to_be_visible()
    expect(page.get_by_text("The trash is empty")).to_be_visible()
    assert owner.get(f"/v1/files/{doomed['id']}").status_code == 404
    page.get_by_role("link", name="Files").click()
    row(page, "folder").click()
    expect(row(page, "in folder.txt")).to_be_visible()


def test_the_whole_trash_is_emptied_not_only_what_is_shown(
    page: Page, owner: httpx.Client, name: str
) -> None:
    ids = [upload(owner, b"", name=f"{n}.txt")["id"] for n in range(3)]
    owner.post("/v1/files/batch", json={"ids": ids, "trashed": True}).raise_for_status()
    page.route("**/v1/files?*limit=200*", one_at_a_time)
    sign_in(page, name, "/#/trash")
    expect(page.locator("[data-opener]").first).to_be_visible()

    page.get_by_role("button", name="Empty the trash").click()
    dialog = page.get_by_role("dialog", name="Delete 3 files for good?")
    dialog.get_by_role("button", name="Delete for good").click()

    expect(page.get_by_text("3 items deleted for good.")).to_be_visible()
    expect(page.get_by_text("The trash is empty")).to_be_visible()
    assert owner.get("/v1/me").json()["usage"]["files"] == 0


def one_at_a_time(route: Route) -> None:
    """Let the page read its list a file at a time, and no further than the first."""
    if "cursor" in route.request.url:
        route.abort()
    else:
        route.continue_(url=route.request.url.replace("limit=200", "limit=1"))


def test_a_change_that_the_broker_refuses_is_told_and_nothing_is_lost(
    page: Page, owner: httpx.Client, name: str
) -> None:
    upload(owner, b"x", name="kept.txt")
    sign_in(page, name)
    page.route("**/v1/files/batch", lambda route: route.abort())

    choose_from_menu(page, "kept.txt", "Move to trash")

    expect(page.get_by_text("The service does not answer.")).to_be_visible()
    expect(row(page, "kept.txt")).to_be_visible()


@pytest.mark.parametrize("action", ["Move", "Move to trash"], ids=["move", "trash"])
def test_what_is_done_before_a_failure_can_be_undone(
    page: Page, owner: httpx.Client, name: str, action: str
) -> None:
    upload(owner, b"x", name="a.txt")
    for path in "b", "c", "target", "target/c":
        owner.post("/v1/folders", json={"path": path}).raise_for_status()
    sign_in(page, name)
    page.route(
        "**/v1/folders/trash",
        lambda r: r.abort() if "c" in r.request.post_data_json.values() else r.fallback(),
    )

    for each in "a.txt", "b", "c":
        page.get_by_label(f"Choose {each}").click()
    page.get_by_role("button", name=action, exact=True).click()
    if action == "Move":
        page.get_by_role("dialog").get_by_role("button", name="target").click()
        page.get_by_role("dialog").get_by_role("button", name="Move here").click()
    told = page.get_by_role("alert").filter(has_text="2 items moved to t")
    expect(told).to_contain_text(
        "There is a folder of this name already." if action == "Move" else "does not answer"
    )
    expect(page.locator("[data-opener]")).to_have_text(["c", "target"])
    told.get_by_role("button", name="Undo").click()

    expect(page.locator("[data-opener]")).to_have_text(["b", "c", "target", "a.txt"])


def test_files_are_found_in_all_folders_and_sorted(page: Page, owner: httpx.Client, name: str) -> None:
    for each, folder, size in ("Report.txt", "a", 3), ("report 2.txt", "b", 1), ("other.txt", "", 2):
        upload(owner, b"x" * size, name=each, folder=folder)
    sign_in(page, name)

    page.keyboard.press("/")
    page.keyboard.type("REPORT")
    expect(page.get_by_role("heading", name="Results for “REPORT”")).to_be_visible()
    expect(page.locator("[data-opener]")).to_have_count(2)
    page.get_by_label("Sort by").select_option("Smallest first")
    expect(page.locator("[data-opener]").first).to_contain_text("report 2.txt")
    page.reload()
    expect(page.locator("[data-opener]")).to_have_count(2)
    page.get_by_label("Search all files").fill("")
    expect(row(page, "other.txt")).to_be_visible()


def test_the_order_and_the_view_are_remembered(page: Page, owner: httpx.Client, name: str) -> None:
    for each in "a.txt", "b.txt":
        upload(owner, b"x", name=each)
    sign_in(page, name)

    page.get_by_label("Sort by").select_option("Name, A to Z")
    page.get_by_role("radio", name="Grid").check(force=True)
    page.reload()

    expect(page.get_by_label("Sort by")).to_have_value("name")
    expect(page.get_by_role("radio", name="Grid")).to_be_checked()
    expect(page.locator("[data-opener]")).to_have_text(["a.txt", "b.txt"])


def test_folders_stand_in_the_order_of_their_numbers(page: Page, owner: httpx.Client, name: str) -> None:
    for path in "Day 10", "Day 2", "day 1":
        owner.post("/v1/folders", json={"path": path}).raise_for_status()
    sign_in(page, name)

    expect(page.locator("[data-opener]")).to_have_text(["day 1", "Day 2", "Day 10"])


def test_keys_that_are_pressed_with_others_are_left_to_the_browser(
    page: Page, owner: httpx.Client, name: str
) -> None:
    for each in "a.txt", "b.txt", "c.txt":
        upload(owner, b"x", name=each)
    sign_in(page, name)

    page.keyboard.press("Control+Alt+a")  # AltGr, on Windows
    page.keyboard.press("Control+Shift+a")
    expect(page.get_by_text("3 chosen")).to_have_count(0)
    row(page, "b.txt").click()
    preview = page.get_by_role("dialog", name="Preview of b.txt")
    expect(preview).to_be_visible()
    for keys in "Alt+ArrowRight", "Control+ArrowRight", "Meta+ArrowRight":
        page.keyboard.press(keys)
    expect(preview).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("dialog", name="Preview of a.txt")).to_be_visible()


def test_escape_closes_the_account_menu_and_leaves_what_is_chosen(
    page: Page, owner: httpx.Client, name: str
) -> None:
    upload(owner, b"1", name="a.txt")
    sign_in(page, name)
    page.get_by_role("checkbox", name="Choose a.txt").check()
    account = page.get_by_role("button", name=f"Account of {name}")

    account.click()
    page.keyboard.press("Escape")
    expect(account).to_have_attribute("aria-expanded", "false")

    expect(page.get_by_role("checkbox", name="Choose a.txt")).to_be_checked()


def test_files_are_looked_at_one_after_the_other(page: Page, owner: httpx.Client, name: str) -> None:
    upload(owner, b"PK", name="3.zip", type="application/zip")
    upload(owner, b"<b>bold</b>", name="2.html", type="text/html")
    upload(owner, png(), name="1.png", type="image/png")
    sign_in(page, name)

    row(page, "1.png").click()
    preview = page.get_by_role("dialog")
    expect(preview.get_by_role("img", name="1.png")).to_be_visible()
    assert preview.get_by_role("img", name="1.png").evaluate("image => image.decode().then(() => true)")
    page.keyboard.press("ArrowRight")
    expect(preview.get_by_text("<b>bold</b>")).to_be_visible()
    preview.get_by_role("button", name="Next file").click()
    expect(preview.get_by_text("There is no preview of this kind of file.")).to_be_visible()
    expect(preview.get_by_role("button", name="Next file")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(preview).to_have_count(0)


def test_a_link_is_made_used_by_a_stranger_and_taken_back(
    page: Page, owner: httpx.Client, name: str, chromium: Browser, site: RunningBroker
) -> None:
    upload(owner, b"for you", name="gift.txt")
    sign_in(page, name)

    choose_from_menu(page, "gift.txt", "Share")
    page.get_by_label("Downloads").fill("1")
    page.get_by_label("Password").fill("open sesame")
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link", exact=True).input_value()
    expect(page.get_by_role("img", name="The link as a QR code")).to_be_visible()
    page.get_by_role("button", name="Done").click()

    context = chromium.new_context(base_url=site.url, viewport=PHONE)
    try:
        with watched(context.new_page()) as stranger:
            stranger.goto(link)
            stranger.get_by_label("Password").fill("wrong")
            stranger.get_by_role("button", name="Open").click()
            expect(stranger.get_by_text("The password is wrong.")).to_be_visible()
            stranger.get_by_label("Password").fill("open sesame")
            stranger.get_by_role("button", name="Open").click()
            expect(stranger.get_by_role("heading", name="gift.txt")).to_be_visible()
            expect(stranger.get_by_text("1 download left")).to_be_visible()
            with stranger.expect_download() as download:
                stranger.get_by_role("button", name="Download").click()
            assert download.value.path().read_bytes() == b"for you"
            stranger.reload()
            stranger.get_by_label("Password").fill("open sesame")
            stranger.get_by_role("button", name="Open").click()
            expect(stranger.get_by_text("used as often as it may be")).to_be_visible()
    finally:
        context.close()

    page.get_by_role("link", name="Links").click()
    expect(page.get_by_text("1 of 1 download")).to_be_visible()
    page.get_by_role("button", name="Take back the link to gift.txt").click()
    expect(page.get_by_text("No links yet")).to_be_visible()
    assert owner.get("/v1/shares").json()["items"] == []


def test_a_dropped_folder_keeps_its_shape(page: Page, owner: httpx.Client, name: str, files: Path) -> None:
    (files / "trip" / "day 1").mkdir(parents=True)
    (files / "trip" / "plan.txt").write_bytes(b"plan")
    (files / "trip" / "day 1" / "photo.txt").write_bytes(b"photo")
    owner.post("/v1/folders", json={"path": "here"}).raise_for_status()
    sign_in(page, name, "/#/files/here")
    expect(page.get_by_text("This folder is empty")).to_be_visible()

    drop(
        page,
        [files / "trip", *write(files, {"beside.txt": b"beside"})],
        overlay="Drop to upload into here",
    )

    expect(page.get_by_text("3 uploaded", exact=True)).to_be_visible()
    expect(row(page, "trip")).to_be_visible()
    stored = {(file["folder"], file["name"]) for file in owner.get("/v1/files").json()["items"]}
    assert stored == {
        ("here", "beside.txt"),
        ("here/trip", "plan.txt"),
        ("here/trip/day 1", "photo.txt"),
    }


@pytest.mark.parametrize("address", ["trash", "links"])
def test_where_there_is_no_folder_no_files_are_taken(
    page: Page, owner: httpx.Client, name: str, files: Path, address: str
) -> None:
    sign_in(page, name, f"/#/{address}")
    refusal = page.get_by_text("Files cannot be added here.")

    paths = write(files, {"a.txt": b"hello"})
    drop(page, paths, overlay="Files cannot be added here.", heard="dragleave")
    expect(refusal).to_have_count(0)
    page.locator("main").evaluate(PASTE, "")

    expect(page.get_by_role("alert").filter(has=refusal)).to_be_visible()
    expect(page.get_by_role("region", name="Uploads")).to_have_count(0)
    assert owner.get("/v1/uploads").json()["items"] == []


def test_text_that_comes_with_its_picture_is_pasted_into_a_field(
    page: Page, owner: httpx.Client, name: str
) -> None:
    upload(owner, b"x", name="a.txt")
    sign_in(page, name)

    in_field = page.get_by_label("Search all files").evaluate(PASTE, "A1")
    expect(page.get_by_role("region", name="Uploads")).to_have_count(0)
    in_page = page.locator("main").evaluate(PASTE, "A1")

    assert (in_field, in_page) == (True, False)  # whether the browser pastes it
    expect(page.get_by_text("1 uploaded", exact=True)).to_be_visible()


def test_a_folder_that_cannot_be_read_is_told_and_the_rest_is_sent(
    page: Page, owner: httpx.Client, name: str, files: Path
) -> None:
    for folder in "locked", "trip":
        (files / folder).mkdir()
        (files / folder / "plan.txt").write_bytes(b"plan")
    page.add_init_script(LOCK)
    sign_in(page, name)

    drop(page, [files / "locked", files / "trip"])

    expect(
        page.get_by_role("alert").get_by_text("locked could not be read and was left out.")
    ).to_be_visible()
    expect(page.get_by_text("1 uploaded", exact=True)).to_be_visible()
    assert [file["folder"] for file in owner.get("/v1/files").json()["items"]] == ["trip"]


def test_what_is_chosen_is_dragged_into_a_folder_and_out_again(
    page: Page, owner: httpx.Client, name: str
) -> None:
    for each in "a.txt", "b.txt", "c.txt":
        upload(owner, b"1", name=each)
    owner.post("/v1/folders", json={"path": "box"}).raise_for_status()
    sign_in(page, name)
    page.get_by_role("checkbox", name="Choose a.txt").check()
    page.get_by_role("checkbox", name="Choose b.txt").check()

    row(page, "a.txt").drag_to(row(page, "box"))

    expect(page.get_by_text("2 items moved to box.")).to_be_visible()
    expect(page.locator("[data-key]")).to_have_count(2)
    row(page, "box").click()
    expect(page.locator("[data-key]")).to_have_count(2)
    row(page, "b.txt").drag_to(page.get_by_role("navigation", name="Path").get_by_text("All files"))
    expect(page.get_by_text("1 item moved to All files.")).to_be_visible()
    expect(row(page, "b.txt")).to_have_count(0)
    placed = owner.get("/v1/files", params={"sort": "name"}).json()["items"]
    assert [(each["name"], each["folder"]) for each in placed] == [
        ("a.txt", "box"),
        ("b.txt", ""),
        ("c.txt", ""),
    ]


@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 800}, PHONE], ids=["desktop", "phone"])
def test_rows_stay_where_they_are_when_the_first_is_chosen(
    chromium: Browser, site: RunningBroker, owner: httpx.Client, name: str, viewport: ViewportSize
) -> None:
    for each in "a.txt", "b.txt":
        upload(owner, b"1", name=each, folder="box")
    with in_german(chromium, site, name, viewport=viewport, address="/#/files/box") as page:
        before = row(page, "a.txt").bounding_box()

        page.get_by_role("checkbox", name="a.txt").check()

        bar = page.get_by_role("toolbar")
        expect(bar.get_by_role("button", name="In den Papierkorb")).to_be_visible()
        assert row(page, "a.txt").bounding_box() == before
        box = bar.bounding_box()
        assert box is not None
        assert box["height"] < 60
        bar.get_by_role("button").first.click()
        expect(bar).to_have_count(0)
        assert row(page, "a.txt").bounding_box() == before
        page.keyboard.press("ArrowDown")
        expect(row(page, "b.txt")).to_be_focused()


def test_a_row_fits_into_the_narrowest_of_windows(page: Page, owner: httpx.Client, name: str) -> None:
    upload(owner, b"x" * 1234, name="W" * 80 + ".txt")
    page.set_viewport_size({"width": 320, "height": 640})  # also a window of 1,280, four times enlarged
    sign_in(page, name)

    download = page.get_by_role("button", name="Download W").bounding_box()
    ends = page.locator("[data-key] span").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect().right)"
    )

    assert download is not None
    assert max(ends) <= download["x"]


def test_what_is_chosen_is_dragged_upon_the_path(page: Page, owner: httpx.Client, name: str) -> None:
    upload(owner, b"1", name="a.txt", folder="box")
    sign_in(page, name, "/#/files/box")
    page.get_by_role("checkbox", name="Choose a.txt").check()

    row(page, "a.txt").hover()
    page.mouse.down()
    page.mouse.move(700, 600, steps=5)
    path = page.get_by_role("navigation", name="Path").get_by_text("All files")
    path.hover()
    path.hover()  # dragover needs two moves
    page.mouse.up()

    expect(page.get_by_text("1 item moved to All files.")).to_be_visible()
    expect(page.get_by_role("navigation", name="Path")).to_be_visible()


@pytest.mark.parametrize(
    ("answer", "files", "trashed"),
    [
        ("Keep both", ["a (2).txt", "a.txt", "b (2).txt", "b.txt", "c.txt"], []),
        ("Replace", ["a.txt", "b.txt", "c.txt"], ["a.txt", "b.txt"]),
        ("Skip all", ["a.txt", "b.txt", "c.txt"], []),
    ],
)
def test_names_that_are_taken_are_asked_about(
    page: Page,
    owner: httpx.Client,
    name: str,
    tmp_path: Path,
    answer: str,
    files: list[str],
    trashed: list[str],
) -> None:
    for each in "a.txt", "b.txt":
        upload(owner, b"old", name=each)
    sign_in(page, name)
    drop(page, write(tmp_path, dict.fromkeys(("a.txt", "b.txt", "c.txt"), b"new")))
    question = page.get_by_role("alert").filter(has_text="2 files have names that are taken already.")

    expect(page.get_by_role("button", name="Retry a.txt")).to_have_count(0)  # it would be refused again
    question.get_by_role("button", name=answer).click()

    expect(question).to_have_count(0)
    expect(page.locator("[data-key]")).to_have_count(len(files))
    wait_until(lambda: list_names(owner) == files and list_names(owner, trashed="true") == trashed)


@pytest.mark.parametrize(
    ("answer", "moved", "left", "trashed"),
    [
        ("Keep both", ["a (2).txt", "a.txt", "b.txt"], [], []),
        ("Replace", ["a.txt", "b.txt"], [], ["a.txt"]),
        ("Skip", ["a.txt", "b.txt"], ["a.txt"], []),
    ],
)
def test_what_is_moved_asks_about_a_name_that_is_taken(
    page: Page,
    owner: httpx.Client,
    name: str,
    answer: str,
    moved: list[str],
    left: list[str],
    trashed: list[str],
) -> None:
    upload(owner, b"old", name="a.txt", folder="box")
    for each in "a.txt", "b.txt":
        upload(owner, b"new", name=each)
    sign_in(page, name)
    page.get_by_role("checkbox", name="Choose a.txt").check()
    page.get_by_role("checkbox", name="Choose b.txt").check()

    row(page, "a.txt").drag_to(row(page, "box"))
    question = page.get_by_role("alert").filter(has_text="There is a file called a.txt already.")
    expect(page.get_by_text("1 item moved to box.")).to_be_visible()
    expect(question).to_be_visible()
    row(page, "box").click()
    expect(page.get_by_role("checkbox", name="Choose a.txt")).to_be_visible()
    expect(question).to_have_count(0)
    page.go_back()
    question.get_by_role("button", name=answer, exact=True).click()

    expect(question).to_have_count(0)
    wait_until(
        lambda: (
            (list_names(owner, folder="box"), list_names(owner, folder="")) == (moved, left)
            and list_names(owner, trashed="true") == trashed
        )
    )
    expect(page.locator("[data-key]")).to_have_count(1 + len(left))


def test_two_files_of_one_name_that_come_together_are_asked_about(
    page: Page, owner: httpx.Client, name: str
) -> None:
    sign_in(page, name)

    payloads = [FilePayload(name="a.txt", mimeType="text/plain", buffer=each) for each in (b"1", b"2")]
    page.get_by_label("Choose files").set_input_files(payloads)
    page.get_by_role("button", name="Skip").click()

    expect(page.locator("[data-key]")).to_have_count(1)
    assert list_names(owner) == ["a.txt"]


def test_the_answers_fit_on_a_phone_in_german(
    chromium: Browser, site: RunningBroker, owner: httpx.Client, name: str, tmp_path: Path
) -> None:
    upload(owner, b"old", name="a.txt")
    with in_german(chromium, site, name, viewport=PHONE, address="/") as page:
        expect(row(page, "a.txt")).to_be_visible()
        page.get_by_label("Dateien wählen").set_input_files(write(tmp_path, {"a.txt": b"new"}))
        question = page.get_by_role("alert").bounding_box()
        skip = page.get_by_role("button", name="Überspringen")
        last = skip.bounding_box()
        skip.click()
        page.get_by_role("button", name="Mehr zu a.txt").click()
        page.get_by_role("menuitem", name="Verschieben").click()
        dialog = page.get_by_role("dialog")
        cancel = dialog.get_by_role("button", name="Abbrechen").bounding_box()
        frame = dialog.bounding_box()

    assert question
    assert last
    assert last["x"] + last["width"] < question["x"] + question["width"]
    assert cancel
    assert frame
    assert cancel["x"] > frame["x"]


def test_what_is_restored_or_renamed_asks_about_a_name_that_is_taken(
    page: Page, owner: httpx.Client, name: str
) -> None:
    old = upload(owner, b"old", name="a.txt")
    owner.patch(f"/v1/files/{old['id']}", json={"trashed": True}).raise_for_status()
    for each in "a.txt", "b.txt":
        upload(owner, b"new", name=each)
    sign_in(page, name)

    row(page, "b.txt").focus()
    page.keyboard.press("F2")
    page.get_by_label("Name", exact=True).fill("A.txt")
    page.keyboard.press("Enter")
    expect(page.get_by_text("There is a file of this name already.")).to_be_visible()
    page.get_by_role("banner").click()  # a phone has no Escape
    expect(page.get_by_label("Name", exact=True)).to_have_count(0)
    page.get_by_role("link", name="Trash").click()
    choose_from_menu(page, "a.txt", "Restore")
    page.get_by_role("button", name="Keep both").click()

    expect(page.get_by_text("The trash is empty")).to_be_visible()
    wait_until(lambda: list_names(owner) == ["a (2).txt", "a.txt", "b.txt"])


def list_names(client: httpx.Client, **query: str) -> list[str]:
    items = client.get("/v1/files", params={"sort": "name", **query}).json()["items"]
    return [each["name"] for each in items]


def test_what_is_chosen_is_downloaded_as_one_zip(page: Page, owner: httpx.Client, name: str) -> None:
    big = os.urandom(3 * MIB)
    upload(owner, big, name="big.bin", folder="folder/deep")
    upload(owner, b"beside it", name="deep", folder="folder")
    upload(owner, b"1", name="a.txt")
    upload(owner, b"2", name="a.txt")
    # as in a browser that cannot stream to disk: a test cannot answer the dialog of one that can
    page.add_init_script("delete window.showSaveFilePicker")
    sign_in(page, name)
    expect(row(page, "folder")).to_be_visible()
    expect(row(page, "a.txt")).to_have_count(2)

    page.keyboard.press("Control+a")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as ZIP").click()

    archive = zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes()))
    assert archive.testzip() is None
    assert set(archive.namelist()) == {*("folder/deep/big.bin", "folder/deep (2)", "a.txt", "a (2).txt")}
    assert archive.read("folder/deep/big.bin") == big
    assert {archive.read("a.txt"), archive.read("a (2).txt")} == {b"1", b"2"}


def test_an_upload_of_another_device_is_gone_on_with_or_given_up(
    page: Page, owner: httpx.Client, name: str, files: Path
) -> None:
    body = os.urandom(17 * MIB)
    mark = fingerprint(BytesSource(body, "film.mkv"))
    for each in "film.mkv", "given up.mkv":
        new = {"name": each, "size": len(body), "type": "video/x-matroska", "fingerprint": mark}
        owner.post("/v1/uploads", json=new).raise_for_status()
    path, other = write(files, {"film.mkv": body, "other.mkv": b"x"})
    sign_in(page, name)

    expect(page.get_by_role("heading", name="Unfinished uploads")).to_be_visible()
    page.get_by_label("Choose film.mkv again").set_input_files(other)
    expect(page.get_by_text("That is another file")).to_be_visible()
    page.get_by_role("button", name="Discard given up.mkv").click()
    expect(page.get_by_text("given up.mkv", exact=True)).to_have_count(0)
    page.get_by_label("Choose film.mkv again").set_input_files(path)

    expect(page.get_by_role("button", name="Download film.mkv")).to_be_visible()
    assert [file["size"] for file in owner.get("/v1/files").json()["items"]] == [len(body)]


def test_an_unfinished_upload_fits_on_a_phone_in_german(
    chromium: Browser, site: RunningBroker, owner: httpx.Client, name: str
) -> None:
    owner.post("/v1/uploads", json={"name": "holiday.mp4", "size": 17 * MIB}).raise_for_status()
    with in_german(chromium, site, name, viewport=PHONE, address="/") as page:
        facts = page.get_by_role("region", name="Unfertige Uploads").get_by_role("listitem").locator("> div")
        expect(facts.last).to_contain_text("aufgehoben bis")

        assert facts.last.evaluate("facts => facts.scrollWidth <= facts.clientWidth")


def test_a_list_of_thousands_draws_what_is_in_sight_and_reads_on(
    page: Page, owner: httpx.Client, name: str
) -> None:
    page.route("**/v1/files?*", lambda route: route.fulfill(json=made_up_page(route.request.url)))
    sign_in(page, name)

    expect(row(page, "file 0.txt")).to_be_visible()
    assert page.locator("[data-opener]").count() < 60
    for _ in range(40):
        page.mouse.wheel(0, 20_000)
        if row(page, "file 1999.txt").count():
            break
        page.wait_for_timeout(50)  # as a hand pauses, while the next page comes
    expect(row(page, "file 1999.txt")).to_be_visible()
    assert page.locator("[data-opener]").count() < 60


def made_up_page(url: str) -> dict[str, object]:
    """Make up a page of 200 out of 2,000 files."""
    first = int(httpx.URL(url).params.get("cursor", "0"))
    facts = json.loads('{"size": 1, "type": "text/plain", "folder": "", "checksum": null, "revision": 1}')
    at = {"created_at": "2026-01-01T00:00:00Z", "modified_at": "2026-01-01T00:00:00Z", "trashed_at": None}
    items = [facts | at | {"id": f"id{n}", "name": f"file {n}.txt"} for n in range(first, first + 200)]
    return {"items": items, "next_cursor": str(first + 200) if first < 1800 else None}


def test_the_page_speaks_german_to_whoever_reads_it(
    chromium: Browser, site: RunningBroker, owner: httpx.Client, name: str
) -> None:
    upload(owner, b"x" * 1500, name="Bericht.txt")
    context = chromium.new_context(base_url=site.url, locale="de-AT")
    try:
        with watched(context.new_page()) as page:
            page.goto("/")
            page.get_by_label("Benutzername").fill(name)
            page.get_by_label("Passwort").fill(PASSWORD)
            page.get_by_role("button", name="Anmelden").click()
            page.get_by_role("button", name="Mehr zu Bericht.txt").click()
            page.get_by_role("menuitem", name="In den Papierkorb").click()
            expect(page.get_by_text("Bericht.txt in den Papierkorb gelegt.")).to_be_visible()
            page.get_by_role("button", name="Rückgängig").click()
            expect(page.get_by_text("1,5 kB", exact=True)).to_be_visible()
            assert page.evaluate("document.documentElement.lang") == "de"

            row(page, "Bericht.txt").press("F2")
            page.get_by_label("Name", exact=True).fill("a/b")
            page.keyboard.press("Enter")
            expect(page.get_by_text("Dieser Name geht nicht")).to_be_visible()
    finally:
        context.close()
