import { type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { text } from "node:stream/consumers";
import { SourceUnreadable, StoreUnreachable } from "../failures.ts";
import { readPieces } from "../read-pieces.ts";
import { ANSWER_MS, readCode, STALL_MS, type StoreAnswer } from "../send-blob.ts";
import type { Bytes } from "../source.ts";
import type { Work } from "../transport.ts";
import type { PresignedRequest } from "../wire.ts";

/**
 * Send bytes as a presigned request says, and resolve with whatever the store answers.
 *
 * Not `fetch`, which copies what it sends, and takes twice the processor.
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
  const open = url.startsWith("https:") ? requestHttps : requestHttp;
  const request = open(url, { method, headers, signal: AbortSignal.any([signal, watch.signal]) });
  const answering = new Promise<IncomingMessage>((resolve, reject) => {
    request.on("response", resolve).on("error", reject);
  });
  const onSent = (sent: number) => {
    if (!request.destroyed) {
      watch.reset(sent < bytes.size ? STALL_MS : ANSWER_MS);
      onProgress(sent);
    }
  };
  try {
    await Promise.race([answering, sendBody(request, bytes, onSent)]);
    const answer = await answering;
    const { statusCode: status = 0 } = answer;
    const body = await text(answer);
    return { status, code: status < 300 ? null : readCode(body) };
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof SourceUnreadable
      ? error
      : new StoreUnreachable("The store does not answer", { cause: error });
  } finally {
    watch.end();
    request.destroy(); // a store that refuses need not have read all
  }
}

/** Write one piece while the next is read, until all is sent or the request is over. */
async function sendBody(
  request: ClientRequest,
  bytes: Bytes,
  onSent: (bytes: number) => void,
): Promise<void> {
  let sent = 0;
  let writing = Promise.resolve();
  for await (const piece of read(bytes)) {
    await writing;
    if (request.destroyed) {
      return;
    }
    sent += piece.byteLength;
    const upTo = sent;
    writing = write(request, piece).then(() => onSent(upTo));
  }
  await writing;
  request.end();
}

async function* read(bytes: Bytes): AsyncGenerator<Uint8Array, void> {
  try {
    yield* readPieces(bytes);
  } catch (error) {
    throw new SourceUnreadable("The file cannot be read", { cause: error });
  }
}

/** What goes wrong is told by the request. */
function write(request: ClientRequest, piece: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    request.write(piece, () => resolve());
  });
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
