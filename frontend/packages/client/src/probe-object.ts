import { StoreRefused, StoreUnreachable } from "./failures.ts";
import { readCode } from "./send-blob.ts";
import type { PresignedRequest } from "./wire.ts";

interface ProbeOptions {
  readonly signal: AbortSignal;
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * Fetch one byte of an object, so that a refusal is known before the browser is sent to the rest.
 *
 * @throws StoreRefused
 * @throws StoreUnreachable
 */
export async function probeObject(
  { method, url, headers }: PresignedRequest,
  { signal, fetch = globalThis.fetch }: ProbeOptions,
): Promise<void> {
  let answer: Response;
  let body: string;
  try {
    answer = await fetch(url, { method, headers: { ...headers, range: "bytes=0-0" }, signal });
    body = await answer.text();
  } catch {
    signal.throwIfAborted();
    await assertReachable(url, { signal, fetch });
    return;
  }
  // an empty object has no first byte, which is all there is to say against it
  if (!answer.ok && answer.status !== 416) {
    throw new StoreRefused({ status: answer.status, code: readCode(body) });
  }
}

/** CORS may let the page send but not read; the browser itself may fetch all the same, if anyone answers. */
async function assertReachable(url: string, { signal, fetch }: Required<ProbeOptions>): Promise<void> {
  try {
    const answer = await fetch(url, { mode: "no-cors", signal });
    await answer.body?.cancel();
  } catch (error) {
    signal.throwIfAborted();
    throw new StoreUnreachable("The store does not answer", { cause: error });
  }
}
