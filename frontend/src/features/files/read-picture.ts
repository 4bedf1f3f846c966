/** To unpack more would take a browser's memory, however small the file is. */
const MOST_PIXELS = 80_000_000;

/** Read a picture, turned as the camera was held. Rejects when the browser cannot, or should not. */
export async function readPicture(file: Blob): Promise<ImageBitmap> {
  const url = URL.createObjectURL(file);
  try {
    const { naturalWidth, naturalHeight } = await load(url);
    if (naturalWidth * naturalHeight > MOST_PIXELS) {
      throw new Error("The picture has too many pixels");
    }
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Read what stands at the beginning: a picture that is not shown is not unpacked. */
function load(url: string): Promise<HTMLImageElement> {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.addEventListener("load", () => resolve(image));
    image.addEventListener("error", () => reject(new Error("The browser cannot show the picture")));
    image.src = url;
  });
}
