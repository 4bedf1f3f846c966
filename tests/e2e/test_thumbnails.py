"""Pictures: small ones beside the files, made by the page, in the list and in the grid."""

import base64
import struct

import httpx
import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, ViewportSize, expect

from tests.e2e.conftest import watched
from tests.e2e.test_accessibility import Scheme, assert_no_sideways_scrolling, assert_no_violation
from tests.e2e.test_file_manager import PHONE, name, owner, row, sign_in
from tests.e2e.test_main_job import png
from tests.running import RunningBroker
from tests.transfers import upload

__all__ = ["name", "owner"]  # fixtures

# two halves, red and blue, 80 wide and 40 high
DRAW = """(type) => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [80, 40];
  const context = canvas.getContext("2d");
  context.fillStyle = "red";
  context.fillRect(0, 0, 40, 40);
  context.fillStyle = "blue";
  context.fillRect(40, 0, 40, 40);
  return canvas.toDataURL(type).split(",")[1];
}"""
FILM = """async () => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [160, 90];
  const context = canvas.getContext("2d");
  const recorder = new MediaRecorder(canvas.captureStream(30), { mimeType: "video/webm" });
  const recorded = new Promise((resolve) => recorder.addEventListener("dataavailable", resolve));
  recorder.start();
  for (let hue = 0; hue < 30; hue += 1) {
    context.fillStyle = `hsl(${hue * 12} 90% 50%)`;
    context.fillRect(0, 0, 160, 90);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  recorder.stop();
  const bytes = new Uint8Array(await (await recorded).data.arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}"""


def draw(page: Page, media_type: str = "image/png") -> bytes:
    """Have the browser draw a picture."""
    return base64.b64decode(page.evaluate(DRAW, media_type))


def turned(jpeg: bytes) -> bytes:
    """Note in a JPEG that the camera was held on its side (Exif, orientation 6)."""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0)
    exif = b"Exif\0\0" + b"MM\0*\0\0\0\x08" + struct.pack(">H", 1) + entry + bytes(4)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


def tile(page: Page, file_name: str) -> Locator:
    """Find what stands for a file: its picture, or the drawing of its kind."""
    return page.locator("[data-key]").filter(has_text=file_name).get_by_role("img")


def expect_picture(tile: Locator, width: int, height: int) -> None:
    """Wait until a picture of this size is there and drawn."""
    expect(tile).to_have_js_property("naturalWidth", width)
    expect(tile).to_have_js_property("naturalHeight", height)
    expect(tile).to_have_js_property("complete", value=True)


def test_a_picture_that_is_uploaded_is_shown_beside_its_name(
    page: Page, owner: httpx.Client, name: str
) -> None:
    upload(owner, b"x", name="elsewhere.png", type="image/png")
    sign_in(page, name)
    upload_picture(page, "before.png")
    huge = FilePayload(name="huge.png", mimeType="image/png", buffer=png(12_000))
    page.get_by_label("Choose files").set_input_files([huge])
    expect(tile(page, "huge.png")).to_be_visible()
    page.get_by_label("Choose files").set_input_files(
        [
            FilePayload(name="wide.png", mimeType="image/png", buffer=draw(page)),
            FilePayload(name="upright.jpg", mimeType="image/jpeg", buffer=turned(draw(page, "image/jpeg"))),
            FilePayload(
                name="film.webm", mimeType="video/webm", buffer=base64.b64decode(page.evaluate(FILM))
            ),
            FilePayload(name="broken.webm", mimeType="video/webm", buffer=b"no film"),
            FilePayload(name="broken.png", mimeType="image/png", buffer=b"no picture"),
            FilePayload(name="notes.txt", mimeType="text/plain", buffer=b"no picture"),
        ]
    )

    expect_picture(tile(page, "wide.png"), 80, 40)
    expect_picture(tile(page, "upright.jpg"), 40, 80)
    expect_picture(tile(page, "film.webm"), 160, 90)
    for without in "huge.png", "broken.png", "broken.webm", "notes.txt", "elsewhere.png":
        expect(tile(page, without).locator("svg")).to_be_visible()

    page.reload()
    expect_picture(tile(page, "wide.png"), 80, 40)
    assert owner.get("/v1/me").json()["usage"]["files"] == 9


def show_grid(page: Page) -> None:
    page.get_by_role("radio", name="Grid").check(force=True)  # its label lies over it
    expect(page.locator("[data-view=grid]")).to_be_visible()


def columns(page: Page) -> int:
    """Count the cards of the first row of the grid."""
    tops = [box["y"] for each in page.locator("[data-key]").all() if (box := each.bounding_box())]
    return tops.count(min(tops))


def upload_picture(page: Page, file_name: str) -> None:
    picture = FilePayload(name=file_name, mimeType="image/png", buffer=draw(page))
    page.get_by_label("Choose files").set_input_files([picture])
    expect_picture(tile(page, file_name), 80, 40)


def test_the_grid_shows_pictures_and_is_remembered(page: Page, owner: httpx.Client, name: str) -> None:
    upload(owner, b"hello", name="notes.txt", folder="inside")
    upload(owner, b"hello", name="a.txt")
    sign_in(page, name)
    upload_picture(page, "photo.png")

    show_grid(page)

    assert columns(page) == 3
    expect(page.locator("[data-opener]").first).to_have_text("inside")
    picture = tile(page, "photo.png")
    expect_picture(picture, 80, 40)
    shown = picture.bounding_box()
    assert shown
    page.mouse.click(shown["x"] + shown["width"] / 2, shown["y"] + shown["height"] / 2)
    expect(page.get_by_role("dialog")).to_contain_text("photo.png")
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator("[data-view=grid]")).to_be_visible()
    page.get_by_role("radio", name="List").check(force=True)
    expect(page.locator("[data-view=grid]")).to_have_count(0)
    expect_picture(tile(page, "photo.png"), 80, 40)


def test_cards_are_chosen_and_acted_on_as_rows_are(page: Page, owner: httpx.Client, name: str) -> None:
    for each in "abcd":
        upload(owner, b"x", name=f"{each}.txt")
    sign_in(page, name)
    show_grid(page)

    page.get_by_label("Choose d.txt").click()
    page.get_by_label("Choose b.txt").click(modifiers=["Shift"])
    expect(page.get_by_text("3 chosen")).to_be_visible()
    page.get_by_role("button", name="Move to trash").click()
    expect(row(page, "d.txt")).to_have_count(0)
    page.get_by_role("button", name="More about a.txt").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Download", exact=True).click()

    assert download.value.suggested_filename == "a.txt"
    assert [file["name"] for file in owner.get("/v1/files").json()["items"]] == ["a.txt"]


def test_arrows_lead_over_the_grid_and_only_what_is_in_sight_is_drawn(
    page: Page, owner: httpx.Client, name: str
) -> None:
    for each in range(80):
        upload(owner, b"x", name=f"{each:02}.txt")
    sign_in(page, name)
    page.get_by_label("Sort by").select_option("name")
    show_grid(page)
    assert columns(page) == 4
    assert page.locator("[data-key]").count() < 70
    row(page, "00.txt").focus()

    for key, focused in (
        ("ArrowRight", "01"),
        ("ArrowDown", "05"),
        ("ArrowLeft", "04"),
        ("ArrowLeft", "04"),
        ("ArrowUp", "00"),
    ):
        page.keyboard.press(key)
        expect(row(page, f"{focused}.txt")).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_text("1 chosen")).to_be_visible()
    for _ in range(19):
        page.keyboard.press("ArrowDown")
    expect(row(page, "76.txt")).to_be_focused()
    expect(page.locator("[aria-posinset='80']")).to_be_visible()


@pytest.mark.parametrize(
    ("scheme", "size"), [("light", {"width": 1280, "height": 800}), ("dark", PHONE)], ids=["light", "dark"]
)
def test_axe_finds_nothing_in_the_grid(
    chromium: Browser,
    site: RunningBroker,
    owner: httpx.Client,
    name: str,
    scheme: Scheme,
    size: ViewportSize,
) -> None:
    upload(owner, b"hello", name="in a folder.txt", folder="a folder with quite a long name")
    upload(owner, b"hello", name="a document with quite a long name.pdf", type="application/pdf")
    context = chromium.new_context(
        base_url=site.url, color_scheme=scheme, reduced_motion="reduce", viewport=size
    )
    with watched(context.new_page()) as page:
        sign_in(page, name)
        upload_picture(page, "photo.png")
        show_grid(page)
        expect_picture(tile(page, "photo.png"), 80, 40)

        assert_no_violation(page)
        assert_no_sideways_scrolling(page)
        page.get_by_label("Choose photo.png").check()
        assert_no_violation(page)
        assert columns(page) == (2 if size is PHONE else 3)
    context.close()
