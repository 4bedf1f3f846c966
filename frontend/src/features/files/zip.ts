import type { Broker, StoredFile } from "@broker/client";

interface ZipOptions {
  readonly broker: Broker;
  readonly files: readonly StoredFile[];
  /** The names within are below this folder. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly onProgress: (bytes: number) => void;
}

/** A picked place on disk, where the browser can stream to one; it has to be asked for while a click is handled. */
export type SaveTarget = FileSystemFileHandle | null;

interface Picker {
  readonly showSaveFilePicker?: (options: { suggestedName: string }) => Promise<FileSystemFileHandle>;
}

/** Ask where to put an archive. Rejects with AbortError when a person does not want to; null where it cannot be asked. */
export async function pickTarget(suggestedName: string): Promise<SaveTarget> {
  return (await (window as Picker).showSaveFilePicker?.({ suggestedName })) ?? null;
}

/**
 * Pack files that come straight from the store, each signed when its turn comes. To disk it is streamed; where the
 * browser cannot, it is gathered and then saved.
 */
export async function saveZip(target: SaveTarget, name: string, options: ZipOptions): Promise<void> {
  const { makeZip } = await import("client-zip");
  const stream = makeZip(entries(options));
  if (target !== null) {
    await stream.pipeTo(await target.createWritable(), { signal: options.signal });
    return;
  }
  const address = URL.createObjectURL(await new Response(stream).blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

async function* entries({ broker, files, folder, signal, onProgress }: ZipOptions) {
  const taken = new Set<string>();
  let bytes = 0;
  for (const file of files) {
    const { url } = await broker.downloadFile(file.id, { disposition: "attachment" }, { signal });
    const response = await fetch(url, { signal, referrerPolicy: "no-referrer", credentials: "omit" });
    if (!response.ok || response.body === null) {
      throw new Error(`The store answered ${response.status}`);
    }
    const counted = response.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          bytes += chunk.length;
          onProgress(bytes);
          controller.enqueue(chunk);
        },
      }),
    );
    const lastModified = new Date(file.created_at);
    yield { name: unique(nameWithin(file, folder), taken), lastModified, size: file.size, input: counted };
  }
}

function nameWithin(file: StoredFile, folder: string): string {
  const inside = folder === "" ? file.folder : file.folder.slice(folder.length + 1);
  return inside === "" ? file.name : `${inside}/${file.name}`;
}

/** Give each file of an archive a name of its own: `a.txt`, `a (2).txt`. */
export function unique(name: string, taken: Set<string>): string {
  const dot = name.lastIndexOf(".");
  const [head, tail] = dot > name.lastIndexOf("/") + 1 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  let free = name;
  for (let n = 2; taken.has(free); n += 1) {
    free = `${head} (${n})${tail}`;
  }
  taken.add(free);
  return free;
}
