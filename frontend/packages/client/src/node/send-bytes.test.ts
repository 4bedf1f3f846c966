import type { RequestListener } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, expect, test, vi } from "vitest";
import { serving } from "../../testing/serving.ts";
import { SourceUnreadable, StoreUnreachable } from "../failures.ts";
import type { StoreAnswer } from "../send-blob.ts";
import type { Bytes } from "../source.ts";
import { sendBytes } from "./send-bytes.ts";

const LARGE = 3 * 1024 * 1024;
const NOWHERE = { method: "PUT", url: "http://127.0.0.1:1/", headers: {}, expires_at: "" } as const;
const FULL = "<Error><Code>XMinioStorageFull</Code></Error>";

afterEach(() => {
  vi.useRealTimers();
});

/** Send bytes to a store that answers so. */
async function send(
  bytes: Bytes,
  answer: RequestListener,
  { signal = new AbortController().signal, onProgress = (_bytes: number) => {} } = {},
): Promise<StoreAnswer> {
  let answered: Promise<StoreAnswer> | undefined;
  await serving({ size: bytes.size, answer }, async ({ url }) => {
    const headers = { "content-length": String(bytes.size) };
    answered = sendBytes({ method: "PUT", url, headers, expires_at: "" }, bytes, { signal, onProgress });
    await answered.catch(() => {});
  });
  return await (answered as Promise<StoreAnswer>);
}

/** Bytes that are read as `pieces` yields them. */
function bytesOf(size: number, pieces: () => AsyncGenerator<Uint8Array, void>): Bytes {
  return { size, slice: () => bytesOf(size, pieces), arrayBuffer: () => Promise.reject(), stream: pieces };
}

test("a piece is written before the next but one is read, which may overwrite it", async () => {
  const told: number[] = [];
  let heard = "";
  async function* overwrite() {
    const buffers = [Buffer.alloc(LARGE / 3), Buffer.alloc(LARGE / 3)] as const;
    for (const [index, letter] of ["a", "b", "c"].entries()) {
      yield (index % 2 === 0 ? buffers[0] : buffers[1]).fill(letter);
    }
  }

  const answer = await send(
    bytesOf(LARGE, overwrite),
    async (request, response) => {
      heard = await text(request);
      response.end();
    },
    { onProgress: (bytes) => told.push(bytes) },
  );

  expect(answer).toEqual({ status: 200, code: null });
  expect(heard.replaceAll(/(.)\1+/g, "$1")).toBe("abc");
  expect(told).toEqual([LARGE / 3, (LARGE / 3) * 2, LARGE]);
});

test("an empty file is sent", async () => {
  const answer = await send(new Blob([]), async (request, response) => {
    response.writeHead((await text(request)) === "" ? 201 : 400).end();
  });

  expect(answer).toEqual({ status: 201, code: null });
});

/** Bytes without end, and what is told when nobody reads them any more. */
function endless(): { readonly bytes: Bytes; readonly onEnd: () => void } {
  const onEnd = vi.fn();
  async function* read() {
    try {
      for (;;) {
        yield new Uint8Array(1024);
      }
    } finally {
      onEnd();
    }
  }
  return { bytes: bytesOf(2 ** 40, read), onEnd };
}

test("a refusal that comes before all is sent is heard, and ends the reading", async () => {
  const { bytes, onEnd } = endless();
  const onProgress = vi.fn();

  const answer = await send(bytes, (_, response) => response.writeHead(507).end(FULL), { onProgress });
  const told = onProgress.mock.calls.length;

  expect(answer).toEqual({ status: 507, code: "XMinioStorageFull" });
  await vi.waitFor(() => expect(onEnd).toHaveBeenCalled());
  expect(onProgress).toHaveBeenCalledTimes(told);
});

test("a store that cannot be reached ends the reading", async () => {
  const { bytes, onEnd } = endless();
  const { signal } = new AbortController();

  const sending = sendBytes(NOWHERE, bytes, { signal, onProgress: () => {} });

  await expect(sending).rejects.toThrow(StoreUnreachable);
  await vi.waitFor(() => expect(onEnd).toHaveBeenCalled());
});

test("what is still being read when the store has refused keeps no timer, and so no process, alive", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  let finish = (_content: Uint8Array) => {};
  const content = new Promise<Uint8Array>((resolve) => {
    finish = resolve;
  });
  const onProgress = vi.fn();
  async function* wait() {
    yield new Uint8Array(1);
    yield await content;
    yield new Uint8Array(1);
  }

  const answer = await send(
    bytesOf(2 ** 40, wait),
    (request, response) => request.once("data", () => response.writeHead(507).end(FULL)),
    { onProgress },
  );
  const told = onProgress.mock.calls.length;
  finish(new Uint8Array(2));
  await new Promise(setImmediate);

  expect(answer).toEqual({ status: 507, code: "XMinioStorageFull" });
  expect([vi.getTimerCount(), onProgress.mock.calls.length]).toEqual([0, told]);
});

test("a file that cannot be read is told from a store that cannot be reached", async () => {
  async function* fail() {
    yield new Uint8Array(1);
    throw new Error("a.txt was changed");
  }

  const unreadable = send(bytesOf(2 ** 40, fail), () => {});
  const unreachable = send(new Blob(["abc"]), (request) => request.socket.destroy());

  await expect(unreadable).rejects.toThrow(SourceUnreadable);
  await expect(unreachable).rejects.toThrow(StoreUnreachable);
});

test("a connection that breaks within the answer is no answer", async () => {
  const cut: RequestListener = (_, response) => {
    response.writeHead(200, { "content-length": 5 }).write("a", () => response.destroy());
  };

  const reset: RequestListener = ({ socket }, response) => {
    response.writeHead(200, { "content-length": 5 }).write("a", () => socket.resetAndDestroy());
  };

  await expect(send(new Blob(["abc"]), cut)).rejects.toThrow(StoreUnreachable);
  await expect(send(endless().bytes, reset)).rejects.toThrow(StoreUnreachable);
});

test("a redirect is an answer of the store: the bytes go nowhere else", async () => {
  const requested: (string | undefined)[] = [];

  const answer = await send(new Blob(["abc"]), ({ url }, response) => {
    requested.push(url);
    response.writeHead(307, { location: "/elsewhere" }).end();
  });

  expect(answer).toEqual({ status: 307, code: null });
  expect(requested).toEqual(["/"]);
});

test("an abort ends it with its reason, also the reading", async () => {
  const abort = new AbortController();
  const reason = new Error("enough");
  const { bytes, onEnd } = endless();

  const sending = send(bytes, () => abort.abort(reason), { signal: abort.signal });

  await expect(sending).rejects.toBe(reason);
  await vi.waitFor(() => expect(onEnd).toHaveBeenCalled());
});

test("an abort before there is a connection ends the reading too", async () => {
  const abort = new AbortController();
  const { bytes, onEnd } = endless();

  const sending = sendBytes(NOWHERE, bytes, { signal: abort.signal, onProgress: () => {} });
  abort.abort(new Error("enough"));

  await expect(sending).rejects.toThrow("enough");
  await vi.waitFor(() => expect(onEnd).toHaveBeenCalled());
});
