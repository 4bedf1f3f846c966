const PATIENCE_MS = 15_000;

/** Many a film begins in the dark. */
const AT_SECONDS = 1;

/** Read a frame of a video, near its beginning. Rejects when the browser cannot play it. */
export async function readFrame(file: Blob): Promise<ImageBitmap> {
  const url = URL.createObjectURL(file);
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.preload = "auto";
  try {
    await seek(video, url);
    return await createImageBitmap(video);
  } finally {
    video.removeAttribute("src");
    video.load(); // lets go of the file
    URL.revokeObjectURL(url);
  }
}

function seek(video: HTMLVideoElement, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error("The browser cannot play the video"));
    AbortSignal.timeout(PATIENCE_MS).addEventListener("abort", fail);
    video.addEventListener("error", fail);
    video.addEventListener("seeked", () => resolve());
    video.addEventListener("loadeddata", () => {
      video.currentTime = Math.min(AT_SECONDS, video.duration / 2);
    });
    video.src = url;
  });
}
