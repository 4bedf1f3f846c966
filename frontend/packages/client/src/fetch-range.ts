import { StoreRefused, StoreUnreachable } from "./failures.ts";
import { ANSWER_MS, readCode, STALL_MS } from "./send-blob.ts";
import type { PresignedRequest } from "./wire.ts";

/** Bytes from `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
  readonly signal: AbortSignal;
}

/**
 * Fetch some bytes of an object. Whoever stops before the end lets go of the connection, as does one that stands still.
 *
 * @throws StoreUnreachable
 * @throws StoreRefused
 */
export async function* fetchRange(
  { method, url, headers }: PresignedRequest,
  { start, end, signal }: ByteRange,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const stop = new AbortController();
  const answering = async <T>(work: Promise<T>, patience = STALL_MS): Promise<T> => {
    const stall = setTimeout(() => stop.abort(), patience);
    try {
      return await work;
    } catch (error) {
      signal.throwIfAborted();
      throw new StoreUnreachable("The store does not answer", { cause: error });
    } finally {
      clearTimeout(stall);
    }
  };
  const request = {
    method,
    headers: { ...headers, range: `bytes=${start}-${end - 1}` },
    signal: AbortSignal.any([signal, stop.signal]),
  };
  try {
    const answer = await answering(fetch(url, request), ANSWER_MS);
    if (answer.status !== 206) {
      throw new StoreRefused({ status: answer.status, code: readCode(await answering(answer.text())) });
    }
    const reader = answer.body?.getReader();
    let at = start;
    while (reader !== undefined) {
      const { done, value } = await answering(reader.read());
      if (done) {
        break;
      }
      at += value.byteLength;
      yield value;
    }
    if (at !== end) {
      throw new StoreUnreachable("The store's answer was cut short");
    }
  } finally {
    stop.abort();
  }
}
