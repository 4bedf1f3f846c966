import { describe, expect, test } from "vitest";
import { FakeService, problem, TRIES } from "../testing/fake-service.ts";
import type { Asking } from "./batcher.ts";
import { BrokerUnreachable } from "./failures.ts";
import { UploadCalls } from "./upload-calls.ts";

const asking: Asking = { signal: new AbortController().signal, onWait: () => {} };

function createAll(service: FakeService, names: readonly string[]) {
  const calls = new UploadCalls(service);
  const declared = names.map((name) => ({ name, size: 1, type: "text/plain" }));
  return Promise.allSettled(declared.map((upload) => calls.create(upload, asking)));
}

describe("creating small files", () => {
  test("goes in one request, and leaves one upload each although the answer is lost", async () => {
    const service = new FakeService();
    service.losesBatches = 1;

    const created = await createAll(service, ["a", "b", "c"]);

    expect(created.map(({ status }) => status)).toEqual(Array(3).fill("fulfilled"));
    expect(service.uploads.size).toBe(3);
    expect(service.batches).toEqual([3, 3]);
  });

  test("tries again what was refused for a moment, and tells what was refused for good", async () => {
    const service = new FakeService();
    service.faults.create = [problem("too-many-uploads", 429), problem("invalid-name", 422)];

    const created = await createAll(service, ["a", "b", "c"]);

    expect(created.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(service.batches).toEqual([3]); // the one that was left went by itself
    expect(service.uploads.size).toBe(2);
  });

  test("is not tried without end when the broker stays away", async () => {
    const service = new FakeService();
    service.losesBatches = Number.POSITIVE_INFINITY;

    const created = await createAll(service, ["a", "b"]);

    const failure = { status: "rejected", reason: expect.any(BrokerUnreachable) };
    expect(created).toEqual([failure, failure]);
    expect(service.batches).toHaveLength(TRIES);
  });
});
