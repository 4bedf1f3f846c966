import { Readable } from "node:stream";
import { SourceUnreadable, StoreUnreachable } from "../failures.ts";
import { readPieces } from "../read-pieces.ts";
import { ANSWER_MS, readCode, STALL_MS, type StoreAnswer } from "../send-blob.ts";
import type { Bytes } from "../source.ts";
import type { Work } from "../transport.ts";
import type { PresignedRequest } from "../wire.ts";

/**
 * Send bytes as a presigned request says, and resolve with whatever the store answers.
 *
 * @throws StoreUnreachable
 * @throws SourceUnreadable
 */
export async function sendBytes(
  { method, url, headers }: PresignedRequest,
  bytes: Bytes,
  { signal, onProgress }: Work,
): Promise<StoreAnswer> {
  signal.throwIfAborted();
  const watch = new Watch();
  let unreadable: unknown = null;
  const body = bytes.size === 0 ? null : Readable.from(pieces(bytes));

  async function* pieces(of: Bytes): AsyncGenerator<Uint8Array> {
    let sent = 0;
    try {
      for await (const piece of readPieces(of)) {
        sent += piece.byteLength;
        watch.reset(sent < of.size ? STALL_MS : ANSWER_MS);
        yield piece;
        onProgress(sent);
      }
    } catch (error) {
      unreadable = error;
      throw error;
    }
  }

  try {
    const answer = await fetch(url, {
      method,
      // the length is one of them: without it the body would go in chunks, which S3 refuses
      headers,
      body: body && (Readable.toWeb(body) as ReadableStream),
      redirect: "error", // else the whole body would be kept, to be sent again
      signal: AbortSignal.any([signal, watch.signal]),
      duplex: "half",
    } as RequestInit);
    const text = await answer.text();
    return { status: answer.status, code: answer.ok ? null : readCode(text) };
  } catch (error) {
    signal.throwIfAborted();
    if (unreadable !== null && !watch.signal.aborted) {
      throw new SourceUnreadable("The file cannot be read", { cause: unreadable });
    }
    throw new StoreUnreachable("The store does not answer", { cause: error });
  } finally {
    watch.end();
    body?.destroy();
  }
}

/** Aborts when it was not reset for too long. */
class Watch {
  readonly #controller = new AbortController();
  #timeout = setTimeout(() => this.#bite(), STALL_MS);
  #isOver = false;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** After the end nothing is watched: a piece that was being read then would keep the process alive. */
  reset(milliseconds: number): void {
    clearTimeout(this.#timeout);
    if (!this.#isOver) {
      this.#timeout = setTimeout(() => this.#bite(), milliseconds);
    }
  }

  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timeout);
  }

  #bite(): void {
    this.#controller.abort(new Error("The connection stands still"));
  }
}
