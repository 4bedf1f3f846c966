import { describe, expect, test } from "vitest";
import { DEFAULT_RULES } from "../testing/default-rules.ts";
import { FakeService, problem, TRIES } from "../testing/fake-service.ts";
import {
  BrokerUnreachable,
  SourceUnreadable,
  StoreRefused,
  StoreUnreachable,
  UploadClosed,
} from "./failures.ts";
import { Lanes } from "./lanes.ts";
import { Transfer } from "./transfer.ts";
import type { TransferState } from "./transport.ts";

const SIZE = 1050;
const NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

/** A file of ten parts of 100 bytes and one of 50, no two alike. */
function makeFile(): File {
  const bytes = Uint8Array.from({ length: SIZE }, (_, index) => (index * 7 + Math.floor(index / 100)) % 251);
  return new File([bytes], "large.bin", { type: "a/b" });
}

function begin(service: FakeService, rules: Partial<typeof DEFAULT_RULES> = {}) {
  const transfer = new Transfer(makeFile(), service, { ...DEFAULT_RULES, single_put_max: 1000, ...rules });
  const states: TransferState[] = [];
  const controller = new AbortController();
  const run = () => transfer.run({ signal: controller.signal, onState: (state) => states.push(state) });
  return { transfer, run, states, controller };
}

function byNumber(a: number, b: number): number {
  return a - b;
}

describe("a file sent in parts", () => {
  test("is not hashed as a whole, every part is sent once, and the whole is completed by all checksums", async () => {
    const service = new FakeService();
    const { run } = begin(service);

    const file = await run();

    expect(file).toMatchObject({ id: "upload-1", size: SIZE, checksum: null });
    expect(service.sentParts.toSorted(byNumber)).toEqual(NUMBERS);
    expect(service.calls.slice(0, 7)).toEqual(["list", "create", ...Array(4).fill("checksum"), "sign"]);
    expect(service.count("checksum")).toBe(11);
    expect(service.count("complete")).toBe(1);
    expect(service.parts.get("upload-1")?.get(11)?.size).toBe(50);
  });

  test.each([
    [1, 1],
    [3, 3],
    [16, 4],
  ])(
    "of a policy that allows %i at once has %i under way, and one batch ready",
    async (allowed, expected) => {
      const service = new FakeService();
      service.lanes = new Lanes({ first: 5 });
      service.stuck.add("send");
      const { run, controller } = begin(service, { part_concurrency: allowed });
      const running = run();

      await expect.poll(() => service.sending).toBe(expected);
      await expect.poll(() => service.count("sign")).toBe(2);
      controller.abort();

      await expect(running).rejects.toMatchObject({ name: "AbortError" });
      expect(service.count("send")).toBe(expected);
      expect(service.count("checksum")).toBe(8);
    },
  );

  test.each<[string, Partial<typeof DEFAULT_RULES>]>([
    ["the policy asks for that", { checksum_required: true }],
    ["the broker draws its line lower than was known", { single_put_max: 2000 }],
  ])("is hashed as a whole first when %s", async (_, rules) => {
    const service = new FakeService();
    const { run } = begin(service, rules);

    const file = await run();

    expect(file.checksum).toMatch(/^crc32c:/);
    expect(service.sentParts.toSorted(byNumber)).toEqual(NUMBERS);
  });

  test("is not hashed as a whole where no store could verify that, though a checksum is required", async () => {
    const service = new FakeService();
    service.checksumAlgorithm = "sha256";
    const { run } = begin(service, { checksum_required: true, checksum_algorithm: "sha256" });

    await run();

    expect(service.count("create")).toBe(1);
    expect(service.declared.map(({ checksum }) => checksum)).toEqual([undefined]);
  });

  test("goes by one PUT when the broker draws its line higher", async () => {
    const service = new FakeService();
    service.singlePutMax = 2000;
    const { run } = begin(service);

    await run();

    expect(service.calls).toEqual(["list", "create", "send", "complete"]);
  });
});

describe("progress of parts", () => {
  test("only rises while all goes well, and ends with the whole", async () => {
    const { run, states } = begin(new FakeService());

    await run();

    const bytes = states.flatMap((state) => (state.status === "sending" ? [state.bytes] : []));
    expect(bytes).toEqual(bytes.toSorted(byNumber));
    expect([bytes[0], bytes.at(-1)]).toEqual([0, SIZE]);
    expect(states.at(-1)).toEqual({ status: "confirming" });
  });

  test("falls by the bytes of one part when it is sent again, and trouble of one part is not told", async () => {
    const service = new FakeService();
    service.partFaults.set(6, ["lost"]);
    const { run, states } = begin(service);

    await run();

    const bytes = states.flatMap((state) => (state.status === "sending" ? [state.bytes] : []));
    const falls = bytes.map((now, index) => (bytes[index - 1] ?? 0) - now).filter((fall) => fall > 0);
    expect(falls).toEqual([100]);
    expect(bytes.at(-1)).toBe(SIZE);
    expect(states).not.toContainEqual({ status: "waiting" });
  });

  test("after a failure begins with what the store holds", async () => {
    const service = new FakeService();
    service.partFaults.set(9, Array(TRIES).fill("lost"));
    const { run, states } = begin(service, { part_concurrency: 1 });
    await expect(run()).rejects.toBeInstanceOf(StoreUnreachable);
    states.length = 0;

    await run();

    const bytes = states.flatMap((state) => (state.status === "sending" ? [state.bytes] : []));
    expect(bytes.slice(0, 3)).toEqual([0, 800, 850]);
  });
});

describe("a part that fails", () => {
  test.each([
    ["is cut off", "lost"],
    ["finds the store busy", { status: 503, code: "SlowDown" }],
    ["arrives with a flipped byte", { status: 400, code: "BadDigest" }],
    ["is stored, but the answer is lost", "answer-lost"],
  ] as const)("because it %s is sent again, and no other", async (_, fault) => {
    const service = new FakeService();
    service.partFaults.set(3, [fault, fault]);
    const { run } = begin(service);

    await run();

    expect(service.sentParts.toSorted(byNumber)).toEqual([...NUMBERS, 3, 3].toSorted(byNumber));
    expect(service.waits).toEqual([250, 500]);
  });

  test("too often ends the run", async () => {
    const service = new FakeService();
    service.partFaults.set(2, Array(TRIES).fill("lost"));
    const { run } = begin(service);

    await expect(run()).rejects.toBeInstanceOf(StoreUnreachable);
    expect(service.sentParts.filter((number) => number === 2)).toEqual(Array(TRIES).fill(2));
    expect(service.count("complete")).toBe(0);
  });

  test("for good ends the run at once, with nothing left under way", async () => {
    const service = new FakeService();
    service.partFaults.set(1, [{ status: 400, code: "InvalidArgument" }]);
    for (const number of [2, 3, 4]) {
      service.partFaults.set(number, ["hangs"]);
    }
    const { run } = begin(service);

    await expect(run()).rejects.toEqual(new StoreRefused({ status: 400, code: "InvalidArgument" }));
    expect(service.sentParts.toSorted(byNumber)).toEqual([1, 2, 3, 4]);
    expect(service.sending).toBe(0);
  });

  test("to be read says so", async () => {
    const service = new FakeService();
    service.faults.checksum = [new SourceUnreadable("gone")];
    const { run } = begin(service);

    await expect(run()).rejects.toBeInstanceOf(SourceUnreadable);
    expect(service.count("send")).toBe(0);
  });
});

describe("the URL of a part", () => {
  test("that is refused is signed again, once, without waiting", async () => {
    const service = new FakeService();
    service.partFaults.set(5, [{ status: 403, code: "AccessDenied" }]);
    const { run } = begin(service);

    await run();

    expect(service.sentParts.filter((number) => number === 5)).toEqual([5, 5]);
    expect(service.count("sign")).toBe(4); // three batches and the one part
    expect(service.waits).toEqual([]);
  });

  test("that is refused again is final", async () => {
    const service = new FakeService();
    service.expireEveryUrl();
    const { run } = begin(service);

    await expect(run()).rejects.toEqual(new StoreRefused({ status: 403, code: "AccessDenied" }));
  });

  test("that has grown old is signed again before a byte is sent", async () => {
    const service = new FakeService();
    service.sendTakesSeconds = 140;
    const { run } = begin(service, { part_concurrency: 1 });

    await run();

    expect(service.sentParts).toEqual(NUMBERS); // none was refused for its age
  });

  test("is asked for again when the broker does not answer", async () => {
    const service = new FakeService();
    service.faults.sign = [new BrokerUnreachable("down"), problem("store-unavailable", 503)];
    const { run, states } = begin(service);

    await run();

    expect(service.count("sign")).toBe(5);
    expect(states).toContainEqual({ status: "waiting" });
  });
});

describe("what the broker misses", () => {
  test.each(["parts-mismatch", "upload-incomplete"])(
    "by %s is sent again, and nothing else",
    async (slug) => {
      const service = new FakeService();
      service.faults.complete = [problem(slug, 409, { parts: [4, 11] })];
      const { run } = begin(service);

      await run();

      expect(service.sentParts.slice(11).toSorted(byNumber)).toEqual([4, 11]);
      expect(service.count("complete")).toBe(2);
    },
  );

  test("time and again is a failure in the end", async () => {
    const service = new FakeService();
    service.faults.complete = Array.from({ length: 20 }, () =>
      problem("parts-mismatch", 409, { parts: [1] }),
    );
    const { run } = begin(service);

    await expect(run()).rejects.toMatchObject({ slug: "parts-mismatch" });
    expect(service.count("complete")).toBe(5);
  });

  test.each([{}, { parts: null }, { parts: ["1", 99] }])(
    "but cannot name (%j) is looked up by the next run",
    async (members) => {
      const service = new FakeService();
      service.faults.complete = [problem("upload-incomplete", 409, members)];
      const { run } = begin(service);
      await expect(run()).rejects.toMatchObject({ slug: "upload-incomplete" });
      service.parts.get("upload-1")?.delete(7);
      service.calls.length = 0;

      await run();

      expect(service.calls).toEqual(["read", "sign", "send", "complete"]);
      expect(service.sentParts.slice(11)).toEqual([7]);
    },
  );
});

test("parts that the store took are not looked up again after a refusal that is not about them", async () => {
  const service = new FakeService();
  service.faults.complete = [problem("quota-exceeded", 403)];
  const { run } = begin(service);
  await expect(run()).rejects.toMatchObject({ slug: "quota-exceeded" });
  service.calls.length = 0;

  await run();

  expect(service.calls).toEqual(["complete"]);
});

describe("another run", () => {
  test("sends what is missing and nothing that arrived, however many pages list that", async () => {
    const service = new FakeService();
    service.partsPage = 3;
    service.partFaults.set(9, ["answer-lost", ...Array(TRIES - 1).fill("lost")]);
    const { run } = begin(service, { part_concurrency: 1 });
    await expect(run()).rejects.toBeInstanceOf(StoreUnreachable);
    service.calls.length = 0;
    service.sentParts.length = 0;

    await run();

    expect(service.count("read")).toBe(3);
    expect(service.sentParts).toEqual([10, 11]); // the ninth had arrived; only the answer was lost
    expect(service.uploads.size).toBe(1);
  });

  test("does not take a part of another size or checksum for its own", async () => {
    const service = new FakeService();
    service.partFaults.set(9, Array(TRIES).fill("lost"));
    const { run } = begin(service, { part_concurrency: 1 });
    await expect(run()).rejects.toBeInstanceOf(StoreUnreachable);
    const held = service.parts.get("upload-1");
    held?.set(2, { number: 2, size: 99, checksum: null });
    held?.set(3, { number: 3, size: 100, checksum: "crc32c:4waSgw==" });
    service.sentParts.length = 0;

    await run();

    expect(service.sentParts).toEqual([2, 3, 9, 10, 11]);
  });

  test("trusts the size where the store tells no checksums, as it compared them on the way in", async () => {
    const service = new FakeService();
    service.partFaults.set(9, Array(TRIES).fill("lost"));
    const { run } = begin(service, { part_concurrency: 1 });
    await expect(run()).rejects.toBeInstanceOf(StoreUnreachable);
    service.tellsChecksums = false;
    service.sentParts.length = 0;

    await run();

    expect(service.sentParts).toEqual([9, 10, 11]);
  });

  test("creates another upload when the first is over", async () => {
    const service = new FakeService();
    service.partFaults.set(9, Array(TRIES).fill("lost"));
    const { run } = begin(service);
    await expect(run()).rejects.toBeInstanceOf(StoreUnreachable);
    service.uploads.set("upload-1", "expired");

    expect((await run()).id).toBe("upload-2");
  });

  test("finds the file when the upload was completed elsewhere", async () => {
    const service = new FakeService();
    service.partFaults.set(9, Array(TRIES).fill("lost"));
    const { run } = begin(service);
    await expect(run()).rejects.toBeInstanceOf(StoreUnreachable);
    service.uploads.set("upload-1", "completed");
    service.calls.length = 0;

    expect(await run()).toMatchObject({ id: "upload-1" });
    expect(service.calls).toEqual(["read"]);
  });

  test.each<[string, (service: FakeService) => void]>([
    ["broker", ({ faults }) => (faults.sign = [problem("not-found", 404)])],
    ["store", ({ partFaults }) => partFaults.set(3, [{ status: 404, code: "NoSuchUpload" }])],
  ])("begins anew when the %s says that the upload ended while parts were sent", async (_, fail) => {
    const service = new FakeService();
    fail(service);
    const { run } = begin(service);
    await expect(run()).rejects.toBeInstanceOf(UploadClosed);

    expect((await run()).id).toBe("upload-2");
  });

  test("after a pause goes on where it was", async () => {
    const service = new FakeService();
    const { transfer, run, controller } = begin(service, { part_concurrency: 1 });
    service.partFaults.set(5, [{ status: 503 }]);
    service.timer.sleep = async () => controller.abort(new Error("paused"));
    await expect(run()).rejects.toThrow("paused");
    service.sentParts.length = 0;

    const { signal } = new AbortController();
    await transfer.run({ signal, onState: () => {} });

    expect(service.sentParts).toEqual([5, 6, 7, 8, 9, 10, 11]);
  });
});

test("an abandoned upload is aborted", async () => {
  const service = new FakeService();
  service.stuck.add("send");
  const { transfer, run, controller } = begin(service);
  const running = run();
  await expect.poll(() => service.count("send")).toBe(3);
  controller.abort();
  await expect(running).rejects.toMatchObject({ name: "AbortError" });

  expect(await transfer.abandon(new AbortController())).toBeNull();
  expect(service.uploads).toEqual(new Map([["upload-1", "aborted"]]));
});
