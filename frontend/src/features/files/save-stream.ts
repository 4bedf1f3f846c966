/** A picked place on disk, where the browser can stream to one; it has to be asked for while a click is handled. */
export type SaveTarget = FileSystemFileHandle | null;

interface Picker {
  readonly showSaveFilePicker?: (options: { suggestedName: string }) => Promise<FileSystemFileHandle>;
}

/** Say whether what is saved goes to disk as it comes. */
export function canStreamToDisk(): boolean {
  return (window as Picker).showSaveFilePicker !== undefined;
}

/** Ask where to put something. Rejects with AbortError when a person does not want to; null where it cannot be asked. */
export async function pickTarget(suggestedName: string): Promise<SaveTarget> {
  return (await (window as Picker).showSaveFilePicker?.({ suggestedName })) ?? null;
}

/**
 * Save what a stream gives; where it fails, nothing is. To disk it is streamed; where the browser cannot, it is
 * gathered and then saved.
 */
export async function saveStream(
  target: SaveTarget,
  name: string,
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  if (target !== null) {
    await stream.pipeTo(await target.createWritable(), { signal });
    return;
  }
  const address = URL.createObjectURL(await new Response(stream).blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
