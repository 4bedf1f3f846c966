import { downloadStream, type StoredFile } from "@broker/client";
import type { PageBroker } from "../../shared/page-broker.ts";

interface ZipOptions {
  readonly broker: PageBroker;
  readonly files: readonly StoredFile[];
  /** The names within are below this folder. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly onProgress: (bytes: number) => void;
}

/** Pack files that come straight from the store, each signed when its turn comes, and verified. */
export async function zip(options: ZipOptions): Promise<ReadableStream<Uint8Array>> {
  const { makeZip } = await import("client-zip");
  return makeZip(entries(options));
}

function* entries({ broker, files, folder, signal, onProgress }: ZipOptions) {
  const wanted = files.map((file) => ({ file, name: nameWithin(file, folder) }));
  const taken = new Set(wanted.flatMap(({ name }) => foldersAbove(name)));
  let packed = 0;
  for (const { file, name } of wanted) {
    const before = packed;
    const input = downloadStream(broker, file.id, {
      signal,
      onProgress: (bytes) => {
        packed = before + bytes;
        onProgress(packed);
      },
    });
    const lastModified = new Date(file.created_at);
    yield { name: unique(name, taken), lastModified, size: file.size, input };
  }
}

function nameWithin(file: StoredFile, folder: string): string {
  const inside = folder === "" ? file.folder : file.folder.slice(folder.length + 1);
  return inside === "" ? file.name : `${inside}/${file.name}`;
}

/** Where an archive is unpacked, a file cannot be called like a folder beside it. */
export function foldersAbove(name: string): string[] {
  const above = name.split("/").slice(0, -1);
  return above.map((_, index) => toKey(above.slice(0, index + 1).join("/")));
}

/** Some file systems do not tell the case. */
function toKey(name: string): string {
  return name.toLowerCase();
}

/** Give each file of an archive a name of its own: `a.txt`, `a (2).txt`; `taken` holds keys. */
export function unique(name: string, taken: Set<string>): string {
  const dot = name.lastIndexOf(".");
  const [head, tail] = dot > name.lastIndexOf("/") + 1 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  let free = name;
  for (let n = 2; taken.has(toKey(free)); n += 1) {
    free = `${head} (${n})${tail}`;
  }
  taken.add(toKey(free));
  return free;
}
