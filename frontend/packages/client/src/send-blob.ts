import { SourceUnreadable, StoreUnreachable } from "./failures.ts";
import { type Bytes, SMALL } from "./source.ts";
import type { PresignedRequest } from "./wire.ts";

/** What the store answered; `code` is S3's word from the XML of an error. */
export interface StoreAnswer {
  readonly status: number;
  readonly code: string | null;
}

/** The browser derives these itself and forbids a page to set them (Fetch §forbidden request-header). */
const DERIVED_HEADERS = new Set(["content-length", "host"]);

/** So long may a connection take no byte, or give none. */
export const STALL_MS = 30_000;

/** So long may the answer take once all is handed over: what lies in socket buffers drains unseen. */
export const ANSWER_MS = 120_000;

/**
 * Send a blob, or few bytes, as a presigned request says, and resolve with whatever the store answers.
 *
 * XHR, for fetch tells no upload progress and cannot stream a body over HTTP/1.1.
 *
 * @param bytes a slice of a file, for it has no type, which would be sent as an unsigned Content-Type: a Blob, unless
 *   it is small.
 * @param onProgress told the bytes handed to the connection, not the bytes that arrived.
 * @throws StoreUnreachable
 * @throws SourceUnreadable
 */
export async function sendBlob(
  presigned: PresignedRequest,
  bytes: Bytes,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (bytes: number) => void },
): Promise<StoreAnswer> {
  signal.throwIfAborted();
  if (bytes.size <= SMALL) {
    return await sendAtOnce(presigned, bytes, { signal, onProgress });
  }
  const blob = bytes as Blob;
  const { method, url, headers } = presigned;
  const request = new XMLHttpRequest();
  request.open(method, url);
  for (const [name, value] of Object.entries(headers)) {
    if (!DERIVED_HEADERS.has(name.toLowerCase())) {
      request.setRequestHeader(name, value);
    }
  }
  const abort = () => request.abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await exchange(request, blob, onProgress);
  } catch (error) {
    signal.throwIfAborted();
    await assertReadable(blob);
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/**
 * No progress of few bytes is worth the price of XHR, which is several times that of fetch; nor is a Blob, which the
 * browser would have to look after, and to read again.
 */
async function sendAtOnce(
  { method, url, headers }: PresignedRequest,
  bytes: Bytes,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (bytes: number) => void },
): Promise<StoreAnswer> {
  const settable = Object.entries(headers).filter(([name]) => !DERIVED_HEADERS.has(name.toLowerCase()));
  try {
    const answer = await fetch(url, {
      method,
      headers: settable,
      body: await bytes.arrayBuffer(),
      credentials: "omit",
      redirect: "error",
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    const body = answer.ok ? "" : await answer.text();
    onProgress(bytes.size);
    return { status: answer.status, code: readCode(body) };
  } catch (error) {
    signal.throwIfAborted();
    await assertReadable(bytes);
    throw new StoreUnreachable("The store does not answer", { cause: error });
  }
}

function exchange(
  request: XMLHttpRequest,
  blob: Blob,
  onProgress: (bytes: number) => void,
): Promise<StoreAnswer> {
  return new Promise<StoreAnswer>((resolve, reject) => {
    let stall = setTimeout(() => request.abort(), STALL_MS);
    request.upload.addEventListener("progress", ({ loaded }) => {
      clearTimeout(stall);
      stall = setTimeout(() => request.abort(), loaded < blob.size ? STALL_MS : ANSWER_MS);
      onProgress(loaded);
    });
    request.addEventListener("loadend", () => {
      clearTimeout(stall);
      if (request.status === 0) {
        reject(new StoreUnreachable("The store does not answer"));
      } else {
        resolve({ status: request.status, code: readCode(request.responseText) });
      }
    });
    request.send(blob);
  });
}

/** A browser reports a file that changed under it as a network error; reading a byte tells them apart. */
async function assertReadable(bytes: Bytes): Promise<void> {
  try {
    await bytes.slice(0, 1).arrayBuffer();
  } catch (error) {
    throw new SourceUnreadable("The file cannot be read", { cause: error });
  }
}

/** Read S3's word from the XML of an error. */
export function readCode(body: string): string | null {
  return /<Code>(\w+)<\/Code>/.exec(body)?.[1] ?? null;
}
