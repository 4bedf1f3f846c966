import { crc32c } from "./crc32c.ts";
import { SourceUnreadable } from "./failures.ts";
import type { Bytes } from "./source.ts";

const SAMPLE = 65_536;

/**
 * Compute the mark by which every client of ours knows a file again that another one began to upload
 * (docs/protocol.md): the CRC32Cs of its beginning, its middle and its end.
 *
 * @throws SourceUnreadable
 */
export async function fingerprint(file: Bytes): Promise<string> {
  const { size } = file;
  const starts = size <= 3 * SAMPLE ? [0] : [0, Math.floor((size - SAMPLE) / 2), size - SAMPLE];
  const length = starts.length === 1 ? size : SAMPLE;
  const samples = await Promise.all(starts.map((start) => hash(file.slice(start, start + length))));
  return `f1:${samples.join("-")}`;
}

async function hash(sample: Bytes): Promise<string> {
  try {
    const crc = crc32c(new Uint8Array(await sample.arrayBuffer()));
    return crc.toString(16).padStart(8, "0");
  } catch (error) {
    throw new SourceUnreadable("The file cannot be read", { cause: error });
  }
}
