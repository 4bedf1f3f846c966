import { StoreRefused, StoreUnreachable } from "./failures.ts";
import { readCode } from "./send-blob.ts";
import type { PresignedRequest } from "./wire.ts";

/** Bytes from `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
  readonly signal: AbortSignal;
}

/**
 * Fetch some bytes of an object. Whoever stops before the end lets go of the connection.
 *
 * @throws StoreUnreachable
 * @throws StoreRefused
 */
export async function* fetchRange(
  { method, url, headers }: PresignedRequest,
  { start, end, signal }: ByteRange,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const range = `bytes=${start}-${end - 1}`;
  const answer = await answering(fetch(url, { method, headers: { ...headers, range }, signal }), signal);
  if (answer.status !== 206) {
    const body = await answering(answer.text(), signal);
    throw new StoreRefused({ status: answer.status, code: readCode(body) });
  }
  const reader = answer.body?.getReader();
  let at = start;
  try {
    while (reader !== undefined) {
      const { done, value } = await answering(reader.read(), signal);
      if (done) {
        break;
      }
      at += value.byteLength;
      yield value;
    }
  } finally {
    reader?.cancel().catch(() => {}); // one that has failed says so again
  }
  if (at !== end) {
    throw new StoreUnreachable("The store's answer was cut short");
  }
}

async function answering<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await work;
  } catch (error) {
    signal.throwIfAborted();
    throw new StoreUnreachable("The store does not answer", { cause: error });
  }
}
