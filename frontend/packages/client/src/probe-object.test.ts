import { expect, test } from "vitest";
import { StoreRefused, StoreUnreachable } from "./failures.ts";
import { probeObject } from "./probe-object.ts";
import type { PresignedRequest } from "./wire.ts";

const request: PresignedRequest = {
  method: "GET",
  url: "http://store/k?X-Amz-Signature=s",
  headers: {},
  expires_at: "2026-11-22T00:00:00Z",
};
const { signal } = new AbortController();

function store(answer: () => Response): { fetch: typeof fetch; asked: (RequestInit | undefined)[] } {
  const asked: (RequestInit | undefined)[] = [];
  return {
    asked,
    fetch: async (_, init) => {
      asked.push(init);
      return answer();
    },
  };
}

test("one byte is asked for, as the presigned request says", async () => {
  const { fetch, asked } = store(() => new Response("h", { status: 206 }));

  await probeObject(request, { signal, fetch });

  expect(asked).toEqual([{ method: "GET", headers: { range: "bytes=0-0" }, signal }]);
});

test("an empty object is there although it has no first byte", async () => {
  const { fetch } = store(() => new Response("", { status: 416 }));

  await expect(probeObject(request, { signal, fetch })).resolves.toBeUndefined();
});

test("a refusal carries the store's status and word", async () => {
  const { fetch } = store(() => new Response("<Error><Code>NoSuchKey</Code></Error>", { status: 404 }));

  await expect(probeObject(request, { signal, fetch })).rejects.toEqual(
    new StoreRefused({ status: 404, code: "NoSuchKey" }),
  );
});

test("a store whose answer CORS keeps from the page may still give the object", async () => {
  const fetch = async (_: RequestInfo | URL, init?: RequestInit) => {
    if (init?.mode === "no-cors") {
      return new Response(null);
    }
    throw new TypeError("Failed to fetch");
  };

  await expect(probeObject(request, { signal, fetch })).resolves.toBeUndefined();
});

test("a store that does not answer is unreachable", async () => {
  const fetch = async () => {
    throw new TypeError("Failed to fetch");
  };

  await expect(probeObject(request, { signal, fetch })).rejects.toBeInstanceOf(StoreUnreachable);
});

test("who gives up hears his own reason", async () => {
  const reason = new Error("enough");
  const fetch = async () => {
    throw new TypeError("Failed to fetch");
  };

  await expect(probeObject(request, { signal: AbortSignal.abort(reason), fetch })).rejects.toBe(reason);
});
