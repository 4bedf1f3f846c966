import { crc32c } from "../crc32c.ts";

/** Bytes: the notes beside it need 19 more, and a file system takes 255. */
const LONGEST = 230;
const KEPT = 200;

/** Name what is there of a file that is not whole yet, the same in every client (docs/protocol.md). */
export function partialName(name: string): string {
  const bytes = new TextEncoder().encode(name);
  if (bytes.byteLength <= LONGEST) {
    return `${name}.part`;
  }
  // a character that is cut through goes: more of the stream is to come, as far as the decoder knows
  const beginning = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, KEPT), {
    stream: true,
  });
  return `${beginning}-${crc32c(bytes).toString(16).padStart(8, "0")}.part`;
}
