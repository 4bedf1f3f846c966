"""What the page says of files, of limits and of itself."""

import base64
import io
import wave
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from broker.server import listen
from broker.settings import Policy, Quota
from tests.e2e.conftest import PASSWORD, run_site, watched
from tests.e2e.test_accessibility import Scheme, assert_no_violation
from tests.e2e.test_file_manager import PHONE, choose_from_menu, name, owner, row, sign_in
from tests.e2e.test_links import visiting
from tests.e2e.test_main_job import drop, png, write
from tests.e2e.test_thumbnails import FILM
from tests.running import RunningBroker
from tests.transfers import upload
from tests.waiting import wait_until

__all__ = ["name", "owner"]  # fixtures

MB = 1_000_000
PASTE = """() => {
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File(["pasted"], "clip.txt", {type: "text/plain"}));
  document.body.dispatchEvent(new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true}));
}"""
POLICIES = {"default": Policy(types=("image/*",), max_size=MB, quota=Quota(bytes=4 * MB))}


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    """Return a site that takes small pictures alone, and not many of them."""
    with (
        listen("127.0.0.1", 0) as listener,
        run_site(listener, tmp_path_factory.mktemp("strict"), policies=POLICIES) as site,
    ):
        site.add_user("alice", PASSWORD)
        yield site


def test_details_tell_the_history_and_hold_the_receipt(page: Page, owner: httpx.Client, name: str) -> None:
    file = upload(owner, b"1", name="a.txt")
    owner.patch(f"/v1/files/{file['id']}", json={"name": "b.txt"}).raise_for_status()
    sign_in(page, name)
    receipt = owner.get(f"/v1/files/{file['id']}/receipt").json()["receipt"]

    wait_until(lambda: len(owner.get(f"/v1/files/{file['id']}/history").json()["items"]) == 3)

    choose_from_menu(page, "b.txt", "Details")

    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(f"Renamed, moved, trashed or restored · {name}")).to_be_visible()
    expect(dialog.get_by_text(f"Uploaded and verified · {name}")).to_be_visible()
    dialog.get_by_text("Receipt").first.click()
    expect(dialog.get_by_label("Receipt", exact=True)).to_have_value(receipt)


@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 800}, PHONE], ids=["desktop", "phone"])
def test_limits_are_told_before_a_byte_is_sent(
    chromium: Browser, strict: RunningBroker, tmp_path: Path, viewport: ViewportSize
) -> None:
    context = chromium.new_context(base_url=strict.url, viewport=viewport)
    with closing(context), watched(context.new_page()) as page:
        sign_in(page, "alice")
        expect(page.get_by_text("Up to 1 MB each. Only image/*.")).to_be_visible()
        assert page.get_by_label("Choose files").last.get_attribute("accept") == "image/*"
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.method))

        page.get_by_label("Choose files").last.set_input_files(
            write(tmp_path, {"a.txt": b"1", "large.png": bytes(MB + 1)})
        )

        expect(page.get_by_text("Files of this type are not taken here, only image/*.")).to_be_visible()
        expect(page.get_by_text("The file is larger than 1 MB")).to_be_visible()
        assert "PUT" not in sent


def test_usage_stands_against_the_quota(chromium: Browser, strict: RunningBroker, tmp_path: Path) -> None:
    context = chromium.new_context(base_url=strict.url)
    with closing(context), watched(context.new_page()) as page:
        sign_in(page, "alice")

        drop(page, write(tmp_path, {f"{index}.png": png() + bytes(900_000) for index in range(5)}))

        expect(page.get_by_text("There is no room left for this file.").first).to_be_visible()
        meter = page.get_by_role("meter")
        expect(meter).to_have_accessible_name("3.6 MB of 4 MB used")
        page.set_viewport_size({"width": 360, "height": 740})
        top = page.get_by_role("navigation", name="Path").get_by_role("button")
        assert top.evaluate("top => top.scrollWidth <= top.clientWidth")


def test_films_and_documents_are_looked_at(
    page: Page, owner: httpx.Client, name: str, site: RunningBroker
) -> None:
    page.goto("/")
    film = base64.b64decode(page.evaluate(FILM))
    upload(owner, b"%PDF-1.4\n%%EOF", name="b.pdf", type="application/pdf")
    upload(owner, film, name="a.webm", type="video/webm")
    sign_in(page, name)

    row(page, "a.webm").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("video")).to_have_js_property("videoWidth", 160)
    dialog.get_by_role("button", name="Next file").click()

    document = dialog.locator("iframe[title='b.pdf']")
    expect(document).to_be_visible()
    assert (document.get_attribute("src") or "").startswith(site.settings.store.public_url)


@pytest.mark.parametrize(("ending", "media_type"), [("mov", "video/quicktime"), ("png", "image/png")])
def test_what_the_browser_cannot_show_says_so(
    page: Page, owner: httpx.Client, name: str, ending: str, media_type: str
) -> None:
    upload(owner, b"of another kind", name=f"a.{ending}", type=media_type)
    sign_in(page, name)

    row(page, f"a.{ending}").click()

    expect(page.get_by_role("alert")).to_have_text("This could not be shown here. Download it to look at it.")


def test_what_plays_goes_on_while_an_upload_ends(page: Page, owner: httpx.Client, name: str) -> None:
    upload(owner, recording(10), name="song.wav", type="audio/wav")
    sign_in(page, name)
    row(page, "song.wav").click()
    player = page.locator("audio")
    expect(player).to_have_js_property("readyState", 4)
    source = player.get_attribute("src") or ""

    with page.expect_response(lambda answer: answer.request.method == "GET" and "/v1/me" in answer.url):
        page.evaluate(PASTE)  # once it is uploaded, the lists are read anew

    wait_until(lambda: player.evaluate("audio => audio.currentTime > 2"))
    expect(player).to_have_attribute("src", source)


def test_what_plays_for_longer_than_its_url_lives_goes_on(chromium: Browser, tmp_path: Path) -> None:
    brief = {"default": Policy(url_expires_in=2, single_put_max=100 * MB)}
    with listen("127.0.0.1", 0) as listener, run_site(listener, tmp_path, policies=brief) as site:
        site.add_user("alice", PASSWORD)
        with site.client("alice", tenant="default") as alice:
            upload(alice, recording(600), name="song.wav", type="audio/wav")
        with visiting(chromium, site, "/") as page:
            sign_in(page, "alice")
            row(page, "song.wav").click()
            player = page.locator("audio")
            expect(player).to_have_js_property("readyState", 4)
            url = player.get_attribute("src") or ""
            wait_until(lambda: httpx.get(url, headers={"range": "bytes=0-0"}).status_code == 403)

            player.evaluate("audio => { audio.currentTime = 400 }")

            wait_until(lambda: player.evaluate("audio => audio.currentTime > 401 && !audio.paused"))


def recording(seconds: int) -> bytes:
    """Return so many seconds of silence, as large as music."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as writer:
        writer.setparams((1, 2, 48_000, 0, "NONE", ""))
        writer.writeframes(bytes(2 * 48_000 * seconds))
    return buffer.getvalue()


def test_a_stranger_looks_at_a_picture_by_a_link(
    page: Page, owner: httpx.Client, name: str, chromium: Browser, site: RunningBroker
) -> None:
    file = upload(owner, png(), name="photo.png", type="image/png")
    unlimited = owner.post(f"/v1/files/{file['id']}/shares", json={}).json()
    counted = owner.post(f"/v1/files/{file['id']}/shares", json={"max_downloads": 2}).json()

    with visiting(chromium, site, unlimited["url"], viewport=PHONE) as stranger:
        stranger.get_by_role("button", name="Preview").click()
        picture = stranger.get_by_role("img", name="photo.png")
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.decode().then(() => true)")
    with visiting(chromium, site, counted["url"]) as stranger:
        expect(stranger.get_by_role("button", name="Download")).to_be_visible()
        expect(stranger.get_by_role("button", name="Preview")).to_have_count(0)


def test_what_is_pasted_is_sent(page: Page, owner: httpx.Client, name: str) -> None:
    sign_in(page, name)

    page.evaluate(PASTE)

    expect(row(page, "clip.txt")).to_be_visible()
    (file,) = owner.get("/v1/files").json()["items"]
    url = owner.post(f"/v1/files/{file['id']}/download").json()["url"]
    assert httpx.get(url).content == b"pasted"


def test_a_phone_offers_its_camera_and_no_dropping(chromium: Browser, site: RunningBroker) -> None:
    context = chromium.new_context(base_url=site.url, viewport=PHONE, has_touch=True, is_mobile=True)
    with closing(context), watched(context.new_page()) as page:
        sign_in(page, "alice")

        expect(page.get_by_role("button", name="Take a photo")).to_be_visible()
        expect(page.get_by_role("heading", name="Upload files")).to_be_visible()
        expect(page.get_by_text("Drop files anywhere")).to_be_hidden()
        camera = page.get_by_label("Take a photo").last
        assert (camera.get_attribute("capture"), camera.get_attribute("accept")) == ("environment", "image/*")


def test_the_page_can_be_installed(page: Page, site: RunningBroker) -> None:
    page.goto("/")
    devtools = page.context.new_cdp_session(page)

    manifest = devtools.send("Page.getAppManifest")
    hindrances = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]

    assert (manifest["url"], manifest["errors"]) == (f"{site.url}/manifest.webmanifest", [])
    # a browser that was started so, and no app window, is what is missing
    assert {each["errorId"] for each in hindrances} <= {"in-incognito"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_where_names_are_changed_or_taken(
    chromium: Browser, site: RunningBroker, owner: httpx.Client, name: str, tmp_path: Path, scheme: Scheme
) -> None:
    upload(owner, b"1", name="a.txt", type="text/plain")
    photo = upload(owner, png(), name="photo.png", type="image/png")
    link = owner.post(f"/v1/files/{photo['id']}/shares", json={}).json()["url"]
    with visiting(chromium, site, "/", scheme=scheme) as page:
        sign_in(page, name)
        drop(page, write(tmp_path, {"a.txt": b"2"}))
        expect(page.get_by_text("There is a file called a.txt already.")).to_be_visible()
        assert_no_violation(page)
        page.get_by_role("button", name="Skip").click()

        row(page, "a.txt").focus()
        page.keyboard.press("F2")
        page.get_by_label("Name", exact=True).fill("a/b")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_be_visible()
        assert_no_violation(page)
        page.keyboard.press("Escape")
        expect(row(page, "a.txt")).to_be_focused()
    with visiting(chromium, site, link, scheme=scheme) as stranger:
        stranger.get_by_role("button", name="Preview").click()
        expect(stranger.get_by_role("img", name="photo.png")).to_be_visible()
        assert_no_violation(stranger)
