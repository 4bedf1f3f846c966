import { afterEach, describe, expect, test, vi } from "vitest";
import { FakeService } from "../testing/fake-service.ts";
import { checksumBlob } from "./blob-checksum.ts";
import { ChecksumMismatch, StoreRefused, StoreUnreachable } from "./failures.ts";
import { fetchVerified } from "./fetch-verified.ts";

const BYTES = Uint8Array.from({ length: 1000 }, (_, at) => at % 251);
const work = { signal: new AbortController().signal, onProgress: () => {} };

/** What the store does with one request. */
type Behaviour = "answers" | "breaks" | "trickles" | "damages" | 403 | 404;

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** A store that answers ranges, with these faults first; it remembers by which URL what was asked. */
function stubStore(...faults: Behaviour[]): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (url: string, { headers }: { headers: Record<string, string> }) => {
    const range = headers.range ?? "";
    asked.push(`${new URL(url).pathname} ${range}`);
    const fault = faults.shift() ?? "answers";
    if (typeof fault === "number") {
      return new Response("<Code>AccessDenied</Code>", { status: fault });
    }
    const start = Number(/bytes=(\d+)-/.exec(range)?.[1]);
    const bytes = fault === "damages" ? BYTES.with(990, 0) : BYTES;
    const most = fault === "trickles" ? 10 : 300;
    const chunks = [bytes.subarray(start, start + most), bytes.subarray(start + most)];
    const body = new ReadableStream({
      pull(controller) {
        const chunk = chunks.shift();
        if (chunk === undefined) {
          controller.close();
        } else if ((fault === "breaks" || fault === "trickles") && chunks.length === 0) {
          controller.error(new TypeError("network error"));
        } else {
          controller.enqueue(chunk);
        }
      },
    });
    return new Response(body, { status: 206 });
  });
  return asked;
}

async function fetchAll({ timer } = new FakeService(), onProgress = (_: number) => {}): Promise<Uint8Array> {
  const checksum = await checksumBlob(new Blob([BYTES]), { algorithm: "crc32c", ...work });
  let signed = 0;
  const broker = {
    downloadFile: async () => ({
      method: "GET" as const,
      url: `https://store.example/${++signed}`,
      headers: {},
      expires_at: "2026-11-22T12:05:00Z",
      size: BYTES.length,
      checksum,
      part_size: null,
    }),
  };
  const chunks: Uint8Array[] = [];
  for await (const chunk of fetchVerified("id", { broker, timer }, { ...work, onProgress })) {
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

describe("a download", () => {
  test("comes whole", async () => {
    const asked = stubStore();

    expect(await fetchAll()).toEqual(BYTES);
    expect(asked).toEqual(["/1 bytes=0-999"]);
  });

  test("is taken up where the connection broke", async () => {
    const asked = stubStore("breaks", "breaks");
    const service = new FakeService();

    expect(await fetchAll(service)).toEqual(BYTES);
    expect(asked).toEqual(["/1 bytes=0-999", "/2 bytes=300-999", "/3 bytes=600-999"]);
    expect(service.waits).toEqual([250, 250]);
  });

  test("goes on at once when the network is back", async () => {
    stubStore("breaks");
    const service = new FakeService();
    service.comesOnline.push(true);

    expect(await fetchAll(service)).toEqual(BYTES);
    expect(service.waits).toEqual([]);
  });

  test("may break any number of times, as long as bytes come in between", async () => {
    stubStore(...Array.from({ length: 30 }, () => "trickles" as const));
    const told: number[] = [];

    expect(await fetchAll(new FakeService(), (bytes) => told.push(bytes))).toEqual(BYTES);
    expect(told.slice(0, 2)).toEqual([10, 20]);
    expect(told.at(-1)).toBe(1000);
  });

  test("goes on with a fresh URL when the first is too old", async () => {
    const asked = stubStore(403);

    expect(await fetchAll()).toEqual(BYTES);
    expect(asked).toEqual(["/1 bytes=0-999", "/2 bytes=0-999"]);
  });

  test("of damaged bytes ends in a failure that says so", async () => {
    stubStore("damages");

    await expect(fetchAll()).rejects.toBeInstanceOf(ChecksumMismatch);
  });

  test("that the store refuses is refused", async () => {
    stubStore(404);

    await expect(fetchAll()).rejects.toBeInstanceOf(StoreRefused);
  });

  test("of a store that stays away ends", async () => {
    const fetch = vi.fn().mockRejectedValue(new TypeError("network error"));
    vi.stubGlobal("fetch", fetch);

    await expect(fetchAll()).rejects.toBeInstanceOf(StoreUnreachable);
    expect(fetch).toHaveBeenCalledTimes(21);
  });

  test("leaves no timer behind, which would cut off a download that takes long", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    stubStore("breaks");

    await fetchAll();

    expect(vi.getTimerCount()).toBe(0);
  });
});
