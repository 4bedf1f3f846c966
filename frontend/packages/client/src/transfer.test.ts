import { describe, expect, test, vi } from "vitest";
import { DEFAULT_RULES } from "../testing/default-rules.ts";
import { FakeService, problem, TRIES } from "../testing/fake-service.ts";
import { storedFile } from "../testing/stored-file.ts";
import { BrokerUnreachable, StoreRefused, StoreUnreachable, UploadClosed } from "./failures.ts";
import { DEFAULT_PLACE } from "./source.ts";
import { Transfer } from "./transfer.ts";
import type { TransferState, Transport } from "./transport.ts";
import { UploadClaims } from "./upload-claims.ts";

const SIZE = 1000;

function begin(service: FakeService, file = new File([new Uint8Array(SIZE)], "a.bin", { type: "a/b" })) {
  const transfer = new Transfer(file, service, DEFAULT_RULES);
  const states: TransferState[] = [];
  const controller = new AbortController();
  const run = () => transfer.run({ signal: controller.signal, onState: (state) => states.push(state) });
  return { transfer, run, states, controller };
}

/** The states that were gone through, without their repetitions. */
function stages(states: readonly TransferState[]): readonly string[] {
  return states.map(({ status }) => status).filter((status, index, all) => status !== all[index - 1]);
}

describe("a transfer", () => {
  test("checks, sends and confirms, with one create and one complete", async () => {
    const service = new FakeService();
    const { run, states } = begin(service);

    const file = await run();

    expect(file).toEqual(
      storedFile({
        id: "upload-1",
        name: "a.bin",
        size: SIZE,
        type: "a/b",
        checksum: "crc32c:2E3aVw==",
      }),
    );
    expect(service.calls).toEqual(["checksum", "create", "send", "complete"]);
    const facts = { name: "a.bin", size: SIZE, type: "a/b", checksum: "crc32c:2E3aVw==" };
    expect(service.declared).toEqual([{ ...DEFAULT_PLACE, ...facts }]); // with a fingerprint it would go alone
    expect(stages(states)).toEqual(["sending", "confirming"]); // so small a file is checked in a moment
  });

  test("tells of checking what takes more than a moment", async () => {
    const service = new FakeService();
    service.singlePutMax = 2 ** 21;
    const { run, states } = begin(service, new File([new Uint8Array(2 ** 20 + 1)], "a.bin"));

    await run();

    expect(stages(states)).toEqual(["checking", "sending", "confirming"]);
  });

  test("declares a type that says nothing when the browser knows none", async () => {
    const { run } = begin(new FakeService(), new File(["x"], "mystery"));

    expect((await run()).type).toBe("application/octet-stream");
  });

  test("lets go of a small file's bytes at the end, also when it failed", async () => {
    const service = new FakeService();
    service.storeFaults = [{ status: 400 }];
    const { run, transfer } = begin(service);
    const release = vi.spyOn(transfer.file, "release");

    await expect(run()).rejects.toThrow(StoreRefused);
    await run();

    expect(release).toHaveBeenCalledTimes(2);
  });

  test("claims no upload that nobody else can find", async () => {
    const service = new FakeService();
    const take = vi.spyOn(service.claims, "take");

    await begin(service).run();

    expect(take).not.toHaveBeenCalled();
  });

  test("sends an empty file", async () => {
    const service = new FakeService();
    const { run } = begin(service, new File([], "empty.txt"));

    expect((await run()).size).toBe(0);
    expect(service.objects).toEqual(new Map([["upload-1", 0]]));
  });
});

describe("a store that fails for a while", () => {
  test.each([
    ["breaks the connection", "lost"],
    ["is busy", { status: 503, code: "SlowDown" }],
    ["receives a flipped byte", { status: 400, code: "BadDigest" }],
  ] as const)("is tried again when it %s", async (_, fault) => {
    const service = new FakeService();
    service.storeFaults = [fault, fault, fault, fault];
    const { run, states } = begin(service);

    await run();

    expect(service.count("send")).toBe(5);
    expect(service.waits).toEqual([250, 500, 1000, 2000]);
    expect(stages(states).filter((stage) => stage === "waiting")).toHaveLength(4);
  });

  test("that does not recover ends in a failure which says so", async () => {
    const service = new FakeService();
    service.storeFaults = Array(TRIES).fill("lost");
    const { run } = begin(service);

    await expect(run()).rejects.toBeInstanceOf(StoreUnreachable);
    expect(service.count("complete")).toBe(0);
  });

  test("is not bothered again after a refusal", async () => {
    const service = new FakeService();
    service.storeFaults = [{ status: 400, code: "InvalidArgument" }];
    const { run } = begin(service);

    await expect(run()).rejects.toMatchObject({ status: 400, code: "InvalidArgument" });
    expect(service.count("send")).toBe(1);
  });
});

describe("412 on the PUT", () => {
  test("after an answer that was lost lets the broker decide", async () => {
    const service = new FakeService();
    service.storeFaults = ["answer-lost"];
    const { run } = begin(service);

    const file = await run();

    expect(file.id).toBe("upload-1");
    expect(service.calls).toEqual(["checksum", "create", "send", "send", "complete"]);
  });

  test("without an object is a failure, for the broker says that nothing is there", async () => {
    const service = new FakeService();
    service.storeFaults = [{ status: 412, code: "PreconditionFailed" }];
    const { run } = begin(service);

    await expect(run()).rejects.toMatchObject({ slug: "upload-incomplete" });
  });
});

describe("403 on the PUT", () => {
  test("has the URL signed again, once, without waiting", async () => {
    const service = new FakeService();
    service.storeFaults = [{ status: 403, code: "AccessDenied" }];
    const { run } = begin(service);

    await run();

    expect(service.calls).toEqual(["checksum", "create", "send", "read", "send", "complete"]);
    expect(service.waits).toEqual([]);
  });

  test("with a fresh signature too is final", async () => {
    const service = new FakeService();
    service.expireEveryUrl();
    const { run } = begin(service);

    await expect(run()).rejects.toEqual(new StoreRefused({ status: 403, code: "AccessDenied" }));
    expect(service.count("send")).toBe(2);
  });

  test("may come back on a later try, when the URL expired while the line was down", async () => {
    const service = new FakeService();
    service.storeFaults = [{ status: 403 }, "lost", { status: 403 }];
    const { run } = begin(service);

    await run();

    expect(service.count("read")).toBe(2);
  });

  test("because the upload is gone says that it is over", async () => {
    const service = new FakeService();
    service.storeFaults = [{ status: 403 }];
    service.faults.read = [problem("not-found", 404)];
    const { run } = begin(service);

    await expect(run()).rejects.toBeInstanceOf(UploadClosed);
    expect(service.count("send")).toBe(1);
  });

  test("because the upload is a file by now has nothing sent again", async () => {
    const service = new FakeService();
    service.storeFaults = [{ status: 403 }];
    const { run, transfer } = begin(service);
    vi.spyOn(service.broker, "readUpload").mockImplementationOnce((id, options) => {
      service.uploads.set(id, "completed"); // the broker has found the object: only the answer to its PUT was lost
      return service.broker.readUpload(id, options);
    });

    expect(await run()).toMatchObject({ name: transfer.file.name });
    expect(service.count("send")).toBe(1);
  });
});

test("a URL that has grown old is signed again before a byte is sent", async () => {
  const service = new FakeService();
  service.sendTakesSeconds = 100;
  service.storeFaults = ["lost", "lost", "lost"];

  await begin(service).run();

  expect(service.calls).toEqual(["checksum", "create", "send", "send", "read", "send", "send", "complete"]);
});

describe("progress", () => {
  test("counts bytes and never claims more than there are", async () => {
    const service = new FakeService();
    service.storeFaults = ["lost"];
    const { run, states } = begin(service);

    await run();

    const bytes = states.map((state) => ("bytes" in state ? `${state.status} ${state.bytes}` : state.status));
    expect(bytes).toEqual([
      "sending 0",
      "sending 500",
      "sending 1000",
      "waiting",
      "sending 0",
      "sending 500",
      "sending 1000",
      "confirming",
    ]);
  });
});

describe("a second run", () => {
  test.each([
    ["did not answer", new BrokerUnreachable("down")],
    ["refused for another reason", problem("quota-exceeded", 403)],
  ])("neither hashes nor sends again what the store already took, when the broker %s", async (_, error) => {
    const service = new FakeService();
    service.faults.complete = error instanceof BrokerUnreachable ? Array(TRIES).fill(error) : [error];
    const { run } = begin(service);
    await expect(run()).rejects.toBe(error);
    service.calls.length = 0;

    await run();

    expect(service.calls).toEqual(["complete"]);
  });

  test("goes on with the same upload, freshly signed, when the bytes did not arrive", async () => {
    const service = new FakeService();
    service.storeFaults = Array(TRIES).fill("lost");
    const { run } = begin(service);
    await expect(run()).rejects.toBeInstanceOf(StoreUnreachable);
    service.expireUrls();
    service.calls.length = 0;

    await run();

    expect(service.calls).toEqual(["read", "send", "complete"]);
    expect(service.uploads.size).toBe(1);
  });

  test.each(["expired", "aborted", "rejected"] as const)(
    "creates another upload when the first is %s",
    async (status) => {
      const service = new FakeService();
      service.storeFaults = Array(TRIES).fill("lost");
      const { run } = begin(service);
      await expect(run()).rejects.toBeInstanceOf(StoreUnreachable);
      service.uploads.set("upload-1", status);

      expect((await run()).id).toBe("upload-2");
    },
  );

  test("looks at the file again when the broker rejected what arrived", async () => {
    const service = new FakeService();
    service.faults.complete = [problem("upload-rejected", 422)];
    const { run } = begin(service);
    await expect(run()).rejects.toMatchObject({ slug: "upload-rejected" });

    expect((await run()).id).toBe("upload-2");
    expect(service.count("checksum")).toBe(2);
  });

  test("sends again when the broker finds nothing in the store", async () => {
    const service = new FakeService();
    service.faults.complete = [problem("upload-incomplete", 409)];
    const { run } = begin(service);
    await expect(run()).rejects.toMatchObject({ slug: "upload-incomplete" });

    await run();

    expect(service.count("send")).toBe(2);
    expect(service.uploads).toEqual(new Map([["upload-1", "completed"]]));
  });
});

describe("a policy that is another by now", () => {
  const refusal = problem("invalid-checksum", 422, { field: "checksum" });

  test("is gone by, and nobody is told of a failure", async () => {
    const service = new FakeService();
    service.checksumAlgorithm = "sha256";
    const { run } = begin(service);

    expect((await run()).checksum).toMatch(/^sha256:/);
    expect(service.calls).toEqual([
      "checksum",
      "create",
      "policies",
      "checksum",
      "create",
      "send",
      "complete",
    ]);
  });

  test("has a file sent in parts that went in one piece before", async () => {
    const service = new FakeService();
    service.checksumAlgorithm = "sha256";
    service.singlePutMax = SIZE - 1;
    const { run } = begin(service);

    await run();

    expect(service.declared).toEqual([expect.not.objectContaining({ checksum: expect.anything() })]);
    expect(service.sentParts).toHaveLength(10);
  });

  test("that refuses by the new rules too is read again by the next run", async () => {
    const service = new FakeService();
    service.faults.create = [refusal, refusal];
    const { run } = begin(service);
    await expect(run()).rejects.toBe(refusal);
    service.checksumAlgorithm = "sha256";

    await run();

    expect(service.count("policies")).toBe(2);
    expect(service.count("create")).toBe(4);
  });

  test.each([
    ["something else is refused", problem("policy-violation", 422, { field: "name" })],
    ["there is no answer", new BrokerUnreachable("down")],
  ])("is not asked for when %s", async (_, error) => {
    const service = new FakeService();
    service.faults.create = Array(TRIES).fill(error);
    const { run } = begin(service);

    await expect(run()).rejects.toBe(error);
    expect(service.count("policies")).toBe(0);
  });
});

describe("a broker that does not answer", () => {
  test.each(["create", "complete"] as const)("is asked again to %s", async (stage) => {
    const service = new FakeService();
    service.faults[stage] = [
      new BrokerUnreachable("down"),
      problem("store-unavailable", 503, { retryAfter: "2" }),
    ];
    const { run, states } = begin(service);

    await run();

    expect(service.count(stage)).toBe(3);
    expect(service.waits).toEqual([250, 2500]);
    expect(stages(states)).toContain("waiting");
  });
});

test("a lost answer to the creation does not leave a second upload behind", async () => {
  const service = new FakeService();
  service.losesCreated = true;
  const { run } = begin(service);

  await run();

  expect(service.count("create")).toBe(2);
  expect(service.uploads).toEqual(new Map([["upload-1", "completed"]]));
});

describe("abandon", () => {
  test("before anything was created asks nothing of the broker", async () => {
    const service = new FakeService();
    const { transfer, controller } = begin(service);

    expect(await transfer.abandon(controller)).toBeNull();
    expect(service.calls).toEqual([]);
  });

  test("that the broker refuses says so", async () => {
    const service = new FakeService();
    service.faults.complete = [problem("quota-exceeded", 403)];
    service.faults.abort = [problem("internal-error", 500)];
    const { transfer, run, controller } = begin(service);
    await expect(run()).rejects.toMatchObject({ slug: "quota-exceeded" });

    await expect(transfer.abandon(controller)).rejects.toMatchObject({ slug: "internal-error" });
  });

  test("that comes too late tells of the file", async () => {
    const service = new FakeService();
    service.faults.complete = Array(TRIES).fill(new BrokerUnreachable("the answer is lost"));
    const { transfer, run, controller } = begin(service);
    await expect(run()).rejects.toBeInstanceOf(BrokerUnreachable);
    service.uploads.set("upload-1", "completed");

    expect(await transfer.abandon(controller)).toMatchObject({ id: "upload-1", name: "a.bin" });
  });
});

describe("an upload in parts that somebody else began", () => {
  const large = () => new File([Uint8Array.from({ length: 1050 }, (_, at) => at % 251)], "film.mp4");
  const rules = { ...DEFAULT_RULES, single_put_max: 1000, part_concurrency: 1 };
  const signal = new AbortController().signal;

  /** Send the first parts, as a page would that is closed then. */
  async function beginElsewhere(service: FakeService): Promise<void> {
    const controller = new AbortController();
    service.partFaults.set(4, [{ status: 503 }]);
    const { sleep } = service.timer;
    service.timer.sleep = async () => controller.abort(new Error("closed"));
    const transfer = new Transfer(large(), service, rules);
    await expect(transfer.run({ signal: controller.signal, onState: () => {} })).rejects.toThrow("closed");
    service.timer.sleep = sleep;
    service.sentParts.length = 0;
  }

  const another = (service: FakeService): Transport => ({
    broker: service.broker,
    checksum: service.checksum,
    send: service.send,
    timer: service.timer,
    claims: new UploadClaims(),
    lanes: service.lanes,
  });

  test.each([true, false])("is gone on with; the store tells checksums: %s", async (tellsChecksums) => {
    const service = new FakeService();
    service.tellsChecksums = tellsChecksums;
    await beginElsewhere(service);

    const file = await new Transfer(large(), another(service), rules).run({ signal, onState: () => {} });

    expect([file.id, service.count("create")]).toEqual(["upload-1", 1]);
    expect(service.sentParts).toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
  });

  test("is looked for again while the broker does not answer, as is how it stands", async () => {
    const service = new FakeService();
    await beginElsewhere(service);
    service.faults.list = [new BrokerUnreachable("down")];
    service.faults.read = [new BrokerUnreachable("down")];
    service.waits.length = 0;
    const states: TransferState[] = [];

    const run = { signal, onState: (state: TransferState) => states.push(state) };
    const file = await new Transfer(large(), another(service), rules).run(run);

    expect([file.id, service.waits]).toEqual(["upload-1", [250, 250]]);
    expect(stages(states)).toEqual(["sending", "waiting", "sending", "waiting", "sending", "confirming"]);
  });

  test("is left alone by the page that is sending it", async () => {
    const service = new FakeService();
    await beginElsewhere(service);

    const file = await new Transfer(large(), service, rules).run({ signal, onState: () => {} });

    expect(file.id).toBe("upload-2");
  });

  test("is left to another page that found it before this one had taken it", async () => {
    const service = new FakeService();
    await service.claims.take("upload-1");

    const file = await new Transfer(large(), service, rules).run({ signal, onState: () => {} });

    expect([file.id, service.uploads.get("upload-1")]).toEqual(["upload-2", "pending"]);
  });

  test("is left alone by another file of the same name and size", async () => {
    const service = new FakeService();
    await beginElsewhere(service);
    const other = new File([new Uint8Array(1050)], "film.mp4");

    const file = await new Transfer(other, another(service), rules).run({ signal, onState: () => {} });

    expect(file.id).toBe("upload-2");
  });

  test("has the parts sent again that are not the file's", async () => {
    const service = new FakeService();
    await beginElsewhere(service);
    service.parts.get("upload-1")?.set(2, { number: 2, size: 100, checksum: "crc32c:AAAAAA==" });

    await new Transfer(large(), another(service), rules).run({ signal, onState: () => {} });

    expect(service.sentParts).toEqual([2, 4, 5, 6, 7, 8, 9, 10, 11]);
  });
});
