"""Pictures: small ones beside the files, made by the page, in the list and in the grid."""

import base64
import struct

import httpx
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.e2e.test_file_manager import name, owner, sign_in
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
    page.get_by_label("Choose files").set_input_files(
        [
            FilePayload(name="wide.png", mimeType="image/png", buffer=draw(page)),
            FilePayload(name="upright.jpg", mimeType="image/jpeg", buffer=turned(draw(page, "image/jpeg"))),
            FilePayload(name="broken.png", mimeType="image/png", buffer=b"no picture"),
            FilePayload(name="notes.txt", mimeType="text/plain", buffer=b"no picture"),
        ]
    )

    expect_picture(tile(page, "wide.png"), 80, 40)
    expect_picture(tile(page, "upright.jpg"), 40, 80)
    for without in "broken.png", "notes.txt", "elsewhere.png":
        expect(tile(page, without).locator("svg")).to_be_visible()

    page.reload()
    expect_picture(tile(page, "wide.png"), 80, 40)
    assert owner.get("/v1/me").json()["usage"]["files"] == 5
