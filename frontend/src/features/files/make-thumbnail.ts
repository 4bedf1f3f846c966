import { readFrame } from "./read-frame.ts";
import { readPicture } from "./read-picture.ts";
import { shrink } from "./shrink.ts";
import type { ThumbnailKind } from "./thumbnails.ts";

const MOST_PIXELS = 320; // on its longer side
const MOST_BYTES = 64 * 1024; // what the broker allows
const QUALITIES = [0.8, 0.5, 0.2];

/** Make a small JPEG of a picture or film; null when none is small enough. Rejects what the browser cannot read. */
export async function makeThumbnail(file: Blob, kind: ThumbnailKind): Promise<Blob | null> {
  const picture = await (kind === "video" ? readFrame(file) : readPicture(file));
  try {
    return await encode(draw(picture));
  } finally {
    picture.close();
  }
}

function draw(picture: ImageBitmap): OffscreenCanvas {
  const { width, height } = shrink(picture, MOST_PIXELS);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { alpha: false });
  if (context === null) {
    throw new Error("The browser does not draw");
  }
  context.fillStyle = "white"; // shows through: a JPEG has no transparency
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, width, height);
  return canvas;
}

async function encode(canvas: OffscreenCanvas): Promise<Blob | null> {
  for (const quality of QUALITIES) {
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality });
    if (blob.size <= MOST_BYTES) {
      return blob;
    }
  }
  return null;
}
