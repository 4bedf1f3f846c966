import type { Source } from "../source.ts";

/** What an upload says of its source, where that does not say it or says something else. */
export interface Naming {
  readonly name?: string;
  readonly type?: string;
}

/**
 * Take bytes in memory under the name and media type that they are given, else under their own.
 *
 * @throws TypeError for bytes without a name.
 */
export function named(given: Source | Blob | Uint8Array, { name, type }: Naming): Source {
  const bytes = given instanceof Uint8Array ? new Blob([given as BlobPart]) : given;
  const own = "name" in bytes ? bytes.name : undefined;
  if (name === undefined && own === undefined) {
    throw new TypeError("Bytes need a name");
  }
  return {
    name: name ?? own ?? "",
    type: type ?? bytes.type,
    size: bytes.size,
    slice: (start, end) => bytes.slice(start, end),
    arrayBuffer: () => bytes.arrayBuffer(),
    stream: () => bytes.stream(),
  };
}
