import { afterEach, expect, test, vi } from "vitest";
import type { Bytes } from "../source.ts";
import { streamOf } from "../stream-of.ts";
import { sendBytes } from "./send-bytes.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("what is still being read when the store has refused keeps no timer, and so no process, alive", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  let finish = (_content: Uint8Array) => {};
  const content = new Promise<Uint8Array>((resolve) => {
    finish = resolve;
  });
  async function* read(): AsyncGenerator<Uint8Array, void> {
    yield await content;
  }
  const bytes: Bytes = Object.assign(new Blob(["ab"]), { stream: () => streamOf(read()) });
  vi.stubGlobal("fetch", async (_url: string, { body }: { body: ReadableStream }) => {
    body
      .getReader()
      .read()
      .catch(() => {});
    await new Promise(setImmediate);
    return new Response("<Code>XMinioStorageFull</Code>", { status: 507 });
  });
  const request = { method: "PUT", url: "http://store.test/", headers: {}, expires_at: "" } as const;

  const { signal } = new AbortController();
  const answer = await sendBytes(request, bytes, { signal, onProgress: () => {} });
  finish(new Uint8Array(2));
  await new Promise(setImmediate);

  expect(answer).toEqual({ status: 507, code: "XMinioStorageFull" });
  expect(vi.getTimerCount()).toBe(0);
});
