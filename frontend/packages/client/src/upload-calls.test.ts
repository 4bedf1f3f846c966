import { describe, expect, test } from "vitest";
import { FakeService, problem, TRIES } from "../testing/fake-service.ts";
import type { Asking } from "./batcher.ts";
import { BrokerUnreachable } from "./failures.ts";
import { UploadCalls } from "./upload-calls.ts";

const asking: Asking = { signal: new AbortController().signal, onWait: () => {} };

const SOME = { name: "a", size: 1, type: "text/plain" };

function createAll(service: FakeService, names: readonly string[]) {
  const calls = new UploadCalls(service);
  const declared = names.map((name) => ({ ...SOME, name }));
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

  test.each([
    ["has the broker forget", [], "aborted"],
    ["leaves to the broker, where that does not answer,", [new BrokerUnreachable("down")], "pending"],
  ])("%s what was created when nobody waited for it any more", async (_, faults, status) => {
    const service = new FakeService();
    service.faults.abort = [...faults];
    const { createUpload } = service.broker;
    let answer = () => {};
    const answering = new Promise<void>((resolve) => {
      answer = resolve;
    });
    service.broker.createUpload = async (upload, options) => {
      const created = await createUpload(upload, options);
      await answering;
      return created;
    };
    const controller = new AbortController();
    const { signal } = controller;
    const creating = new UploadCalls(service).create(SOME, { ...asking, signal });
    await expect.poll(() => service.uploads.size).toBe(1);

    controller.abort(new Error("enough"));
    await expect(creating).rejects.toThrow("enough");
    answer();

    await expect.poll(() => service.count("abort")).toBe(1);
    await new Promise(setImmediate); // Node.js ends over a rejection that nobody handles
    expect([...service.uploads.values()]).toEqual([status]);
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

test("small files are completed together too; one in parts is created and completed by itself", async () => {
  const service = new FakeService();
  const calls = new UploadCalls(service);
  const declared = [SOME, { ...SOME, fingerprint: "f1:00000000" }, SOME];

  const created = await Promise.all(declared.map((upload) => calls.create(upload, asking)));
  for (const { id } of created) {
    service.objects.set(id, 1);
  }
  await Promise.all(
    created.map(({ id, fingerprint }) => calls.complete(id, fingerprint ? { parts: [] } : {}, asking)),
  );

  expect(service.batches).toEqual([2, 2]);
  expect([...service.uploads.values()]).toEqual(Array(3).fill("completed"));
});
