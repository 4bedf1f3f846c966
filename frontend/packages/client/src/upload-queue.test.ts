import { describe, expect, test, vi } from "vitest";
import { DEFAULT_RULES } from "../testing/default-rules.ts";
import { FakeService, problem, type Stage, TRIES } from "../testing/fake-service.ts";
import { SourceTooLarge } from "./failures.ts";
import { Lanes } from "./lanes.ts";
import { DEFAULT_PLACE } from "./source.ts";
import { isCollision, sentOf, type UploadItem } from "./upload-item.ts";
import { progressOf } from "./upload-progress.ts";
import { UploadQueue } from "./upload-queue.ts";

function makeFile(name: string, size = 1000): File {
  return new File([new Uint8Array(size)], name);
}

function statuses(queue: UploadQueue): readonly string[] {
  return queue.getSnapshot().map(({ state }) => state.status);
}

function only(queue: UploadQueue): UploadItem {
  const [item] = queue.getSnapshot();
  if (item === undefined) {
    throw new Error("the queue is empty");
  }
  return item;
}

async function settled(queue: UploadQueue): Promise<void> {
  await expect
    .poll(() => statuses(queue).every((status) => ["completed", "failed", "cancelled"].includes(status)))
    .toBe(true);
}

describe("a queue", () => {
  test("sends three at a time at first, in order", async () => {
    const service = new FakeService();
    service.stuck.add("send");
    const queue = new UploadQueue(service);

    queue.add(
      ["a", "b", "c", "d", "e"].map((name) => makeFile(name)),
      DEFAULT_RULES,
    );
    await expect.poll(() => service.sending).toBe(3);

    expect(service.count("create")).toBe(5);
    service.stuck.clear();
    await queue.cancel(only(queue).id);
    await expect.poll(() => statuses(queue).slice(3)).toEqual(["completed", "completed"]);
    await queue.clear();
  });

  test("creates and completes small files together, in few requests", async () => {
    const service = new FakeService();
    const queue = new UploadQueue(service);
    const names = Array.from({ length: 1000 }, (_, index) => `${index}`);

    queue.add(
      names.map((name) => makeFile(name, 10)),
      DEFAULT_RULES,
    );
    await expect.poll(() => statuses(queue)).toEqual(names.map(() => "completed"));

    expect(service.count("create")).toBe(1000);
    expect(service.uploads.size).toBe(1000);
    expect(service.batches.length).toBeLessThan(500); // else each went with hardly another one
  });

  test("goes by the newest policy when it turns out to be another by now", async () => {
    const service = new FakeService();
    const queue = new UploadQueue(service);
    const names = Array.from({ length: 60 }, (_, index) => `${index}`);
    service.checksumAlgorithm = "sha256";

    queue.add(
      names.map((name) => makeFile(name, 10)),
      DEFAULT_RULES,
    );
    await expect.poll(() => statuses(queue)).toEqual(names.map(() => "completed"));

    expect(service.count("policies")).toBeLessThan(3); // else many asked for themselves
  });

  test("lists many files bit by bit, in the order in which they came, as one batch", async () => {
    const service = new FakeService();
    service.stuck.add("send");
    const queue = new UploadQueue(service);
    const names = Array.from({ length: 120 }, (_, index) => `${index}`);

    queue.add(
      names.map((name) => makeFile(name, 10)),
      DEFAULT_RULES,
    );
    queue.add([makeFile("later")], DEFAULT_RULES);
    const atOnce = queue.getSnapshot().length;
    await expect.poll(() => queue.getSnapshot().length).toBe(121);

    expect(atOnce).toBe(25);
    expect(queue.getSnapshot().map(({ name }) => name)).toEqual([...names, "later"]);
    expect(new Set(queue.getSnapshot().map(({ batch }) => batch))).toEqual(new Set([1]));
    await queue.clear();
  });

  test("forgets what is not yet listed when it is emptied", async () => {
    const service = new FakeService();
    const queue = new UploadQueue(service);

    queue.add(
      Array.from({ length: 60 }, (_, index) => makeFile(`${index}`, 10)),
      DEFAULT_RULES,
    );
    await queue.clear();
    queue.add([makeFile("later")], DEFAULT_RULES);
    await settled(queue);

    expect(queue.getSnapshot().map(({ name }) => name)).toEqual(["later"]);
  });

  test("sends one large file at a time, and small ones overtake it", async () => {
    const service = new FakeService();
    service.lanes = new Lanes({ first: 5 });
    service.stuck.add("send");
    const queue = new UploadQueue(service);

    queue.add(
      [makeFile("large", 1001), makeFile("larger", 1002), makeFile("a"), makeFile("b"), makeFile("c")],
      {
        ...DEFAULT_RULES,
        single_put_max: 1000,
      },
    );
    await expect.poll(() => service.sending).toBe(5);

    expect(statuses(queue)).toEqual(["sending", "queued", "sending", "sending", "sending"]);
    service.stuck.clear();
    await queue.cancel(only(queue).id);
    await expect.poll(() => statuses(queue)[1]).toBe("completed");
    await queue.clear();
  });

  test("asks what is to become of files whose names are taken", async () => {
    const service = new FakeService();
    service.faults.create = [problem("name-taken", 409), problem("name-taken", 409)];
    const queue = new UploadQueue(service);
    queue.add([makeFile("a")], DEFAULT_RULES, { ...DEFAULT_PLACE, collision: "refuse" });
    await settled(queue);
    queue.add([makeFile("b")], DEFAULT_RULES, { ...DEFAULT_PLACE, collision: "refuse" });
    await settled(queue);
    expect(queue.getSnapshot().map(isCollision)).toEqual([true, true]);

    await queue.remove(only(queue).id);
    queue.settleCollisions("replace");
    await settled(queue);

    expect(queue.getSnapshot()).toEqual([expect.objectContaining({ name: "b", batch: 3 })]);
    expect(statuses(queue)).toEqual(["completed"]);
    expect(service.declared.map(({ name, collision }) => `${name} ${collision}`)).toEqual(["b replace"]);
  });

  test("begins one namesake after the other, once that is a file, so that its name can be refused", async () => {
    const service = new FakeService();
    const queue = new UploadQueue(service);
    const place = { ...DEFAULT_PLACE, collision: "refuse" } as const;
    const names = ["a.txt", "A.txt", "a.TXT"];

    queue.add(
      names.map((name) => makeFile(name)),
      DEFAULT_RULES,
      place,
    );
    await settled(queue);

    const created = service.calls.filter((call) => call === "create" || call === "complete");
    expect(created).toEqual(names.flatMap(() => ["create", "complete"]));
    expect(service.declared.map(({ name }) => name)).toEqual(names);
  });

  test("has so few bytes of small files under way that their URLs do not grow old", async () => {
    const service = new FakeService();
    service.stuck.add("checksum");
    const queue = new UploadQueue(service);
    const rules = { ...DEFAULT_RULES, single_put_max: 2 ** 30 };

    queue.add(
      ["a", "b", "c"].map((name) => Object.defineProperty(makeFile(name), "size", { value: 40 * 2 ** 20 })),
      rules,
    );
    await expect.poll(() => service.count("checksum")).toBe(2);

    expect(statuses(queue)).toEqual(["checking", "checking", "queued"]);
    await queue.clear();
  });

  test("does not keep the others waiting behind a namesake, nor that one when the first is cancelled", async () => {
    const service = new FakeService();
    service.stuck.add("send");
    const queue = new UploadQueue(service);
    const place = { ...DEFAULT_PLACE, collision: "refuse" } as const;

    queue.add([makeFile("a"), makeFile("a"), makeFile("b")], DEFAULT_RULES, place);
    queue.add([makeFile("a")], DEFAULT_RULES, { ...place, folder: "elsewhere" });
    await expect.poll(() => service.sending).toBe(3);
    expect(statuses(queue)).toEqual(["sending", "queued", "sending", "sending"]);
    expect(queue.getSnapshot().map((item) => item.folder)).toEqual(["", "", "", "elsewhere"]);
    await queue.cancel(1);
    await expect.poll(() => statuses(queue)).toEqual(["cancelled", "sending", "sending", "sending"]);
    await queue.clear();
  });

  test("stops all, and tries all again that failed", async () => {
    const service = new FakeService();
    service.faults.create = [problem("quota-exceeded", 403)];
    const queue = new UploadQueue(service);
    queue.add([makeFile("a")], DEFAULT_RULES);
    await settled(queue);
    service.faults.create = [problem("name-taken", 409)];
    queue.add([makeFile("b")], DEFAULT_RULES);
    await settled(queue);
    expect(statuses(queue)).toEqual(["failed", "failed"]);

    queue.retryAll();
    await expect.poll(() => statuses(queue)).toEqual(["completed", "failed"]);

    service.stuck.add("send");
    queue.add([makeFile("c"), makeFile("d")], DEFAULT_RULES);
    await expect.poll(() => service.sending).toBe(2);
    await queue.cancelAll();
    queue.retryAll();
    expect(statuses(queue)).toEqual(["completed", "failed", "cancelled", "cancelled"]);
    queue.removeSettled();
    expect(statuses(queue)).toEqual(["failed"]);
  });

  test("lets files be whose names are taken", async () => {
    const service = new FakeService();
    service.faults.create = [problem("name-taken", 409)];
    const queue = new UploadQueue(service);
    queue.add([makeFile("a"), makeFile("b")], DEFAULT_RULES);
    await settled(queue);

    queue.skipCollisions();

    expect(queue.getSnapshot().map(({ name }) => name)).toEqual(["b"]);
  });

  test("refuses a file above the limit before a byte of it is read, and sends the others", async () => {
    const service = new FakeService();
    const queue = new UploadQueue(service);

    queue.add([makeFile("big", 1001), makeFile("fits", 1000)], { ...DEFAULT_RULES, max_size: 1000 });

    expect(only(queue).state).toEqual({
      status: "failed",
      error: new SourceTooLarge({ limit: 1000 }),
      canRetry: false,
      diagnosis: null,
    });
    await settled(queue);
    expect(service.count("checksum")).toBe(1);
    expect(statuses(queue)).toEqual(["failed", "completed"]);
  });

  test("never shows the whole before the broker confirmed it", async () => {
    const service = new FakeService();
    service.stuck.add("complete");
    const queue = new UploadQueue(service);

    queue.add([makeFile("a")], DEFAULT_RULES);
    await expect.poll(() => statuses(queue)).toEqual(["confirming"]);

    expect(service.objects).toEqual(new Map([["upload-1", 1000]]));
    expect(progressOf(only(queue))).toBe(0.99);
  });

  test("calls its subscribers for the last change too, however many came at once", async () => {
    const queue = new UploadQueue(new FakeService(), { notifyEvery: 5 });
    const seen: (readonly string[])[] = [];
    queue.subscribe(() => seen.push(statuses(queue)));

    queue.add(
      ["a", "b", "c", "d"].map((name) => makeFile(name)),
      DEFAULT_RULES,
    );

    await expect.poll(() => seen.at(-1)).toEqual(Array(4).fill("completed"));
  });

  test("gives a snapshot that changes only when something did", async () => {
    const queue = new UploadQueue(new FakeService());
    queue.add([makeFile("a"), makeFile("b")], DEFAULT_RULES);
    await settled(queue);

    const before = queue.getSnapshot();
    expect(queue.getSnapshot()).toBe(before);
    await queue.remove(only(queue).id);

    expect(queue.getSnapshot()).toEqual([before[1]]);
    expect(queue.getSnapshot()[0]).toBe(before[1]);
  });

  test("tells once of each upload that completes or fails", async () => {
    const service = new FakeService();
    service.faults.create = [problem("invalid-name", 422)];
    const queue = new UploadQueue(service);
    const told: string[] = [];
    queue.onSettled(({ name, state }) => told.push(`${name} ${state.status}`));

    queue.add([makeFile("a"), makeFile("b")], DEFAULT_RULES);
    await settled(queue);

    expect(told.toSorted()).toEqual(["a failed", "b completed"]);
  });

  test("goes on as if nothing were, where one that is told throws", async () => {
    const service = new FakeService();
    service.faults.create = [problem("quota-exceeded", 403)];
    const queue = new UploadQueue(service);
    const told: string[] = [];
    const reported: unknown[] = [];
    vi.stubGlobal("reportError", (error: unknown) => reported.push(error));
    const mistake = new Error("a listener's own mistake");
    queue.onSettled(() => {
      throw mistake;
    });
    queue.onSettled(({ name, state }) => told.push(`${name} ${state.status}`));

    queue.add([makeFile("a"), makeFile("b")], DEFAULT_RULES);
    await settled(queue);
    queue.retry(only(queue).id);
    await settled(queue);
    vi.unstubAllGlobals();

    expect(told).toHaveLength(3);
    expect(new Set(told)).toEqual(new Set(["a failed", "b completed", "a completed"]));
    expect(statuses(queue)).toEqual(["completed", "completed"]);
    expect(reported).toEqual([mistake, mistake, mistake]);
  });
});

describe("cancel", () => {
  test.each<[Stage, Map<string, string>]>([
    ["checksum", new Map()],
    ["create", new Map()],
    ["send", new Map([["upload-1", "aborted"]])],
    ["complete", new Map([["upload-1", "aborted"]])],
  ])("while the %s is under way stops it and leaves nothing pending", async (stage, uploads) => {
    const service = new FakeService();
    service.stuck.add(stage);
    const queue = new UploadQueue(service);
    queue.add([makeFile("a")], DEFAULT_RULES);
    await expect.poll(() => service.count(stage)).toBe(1);

    await queue.cancel(only(queue).id);

    expect(statuses(queue)).toEqual(["cancelled"]);
    expect(service.uploads).toEqual(uploads);
  });

  test("while it waits for the next try stops it", async () => {
    const service = new FakeService();
    service.storeFaults = ["lost"];
    const timer = {
      ...service.timer,
      sleep: (_: number, signal: AbortSignal) =>
        new Promise<void>((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
        }),
    };
    const queue = new UploadQueue({ ...service, timer });
    queue.add([makeFile("a")], DEFAULT_RULES);
    await expect.poll(() => statuses(queue)).toEqual(["waiting"]);

    await queue.cancel(only(queue).id);

    expect(service.uploads).toEqual(new Map([["upload-1", "aborted"]]));
  });

  test("has nothing sent any more when the broker is told", async () => {
    const service = new FakeService();
    service.stuck.add("send");
    const queue = new UploadQueue(service);
    const abort = vi.spyOn(service.broker, "abortUpload").mockImplementation(async () => {
      expect(service.sending).toBe(0);
    });
    queue.add([makeFile("a")], DEFAULT_RULES);
    await expect.poll(() => service.count("send")).toBe(1);

    await queue.cancel(only(queue).id);

    expect(abort).toHaveResolved();
  });

  test("of one that waits its turn asks nothing of the broker", async () => {
    const service = new FakeService();
    service.stuck.add("list");
    const queue = new UploadQueue(service);
    queue.add([makeFile("large", 1001), makeFile("larger", 1002)], {
      ...DEFAULT_RULES,
      single_put_max: 1000,
    });
    await expect.poll(() => service.calls).toEqual(["list"]);

    await queue.cancel(queue.getSnapshot()[1]?.id ?? 0);

    expect(statuses(queue)).toEqual(["sending", "cancelled"]);
    expect(service.calls).toEqual(["list"]);
  });

  test("that comes too late shows what is true: the file is there", async () => {
    const service = new FakeService();
    service.stuck.add("complete");
    const queue = new UploadQueue(service);
    queue.add([makeFile("a")], DEFAULT_RULES);
    await expect.poll(() => service.count("complete")).toBe(1);
    service.uploads.set("upload-1", "completed"); // the broker was done; only its answer is missing

    await queue.cancel(only(queue).id);

    expect(only(queue).state).toMatchObject({ status: "completed", file: { id: "upload-1" } });
  });

  test("that comes too late sends nothing again, though it is taken back at once", async () => {
    const service = new FakeService();
    service.stuck.add("complete");
    const queue = new UploadQueue(service);
    queue.add([makeFile("a")], DEFAULT_RULES);
    await expect.poll(() => service.count("complete")).toBe(1);
    service.uploads.set("upload-1", "completed");

    const cancelled = queue.cancel(only(queue).id);
    queue.retry(only(queue).id);
    await cancelled;

    expect(statuses(queue)).toEqual(["completed"]);
    expect([...service.uploads.keys()]).toEqual(["upload-1"]);
  });

  test("is heard even when the broker is not there to hear it", async () => {
    const service = new FakeService();
    service.stuck.add("send");
    service.faults.abort = [problem("internal-error", 500)];
    const queue = new UploadQueue(service);
    queue.add([makeFile("a")], DEFAULT_RULES);
    await expect.poll(() => service.count("send")).toBe(1);

    await queue.cancel(only(queue).id);

    expect(statuses(queue)).toEqual(["cancelled"]);
  });
});

describe("retry", () => {
  test("sends a failed file after all", async () => {
    const service = new FakeService();
    service.storeFaults = Array(TRIES).fill("lost");
    const queue = new UploadQueue(service);
    queue.add([makeFile("a")], DEFAULT_RULES);
    await expect.poll(() => statuses(queue)).toEqual(["failed"]);

    queue.retry(only(queue).id);
    await settled(queue);

    expect(statuses(queue)).toEqual(["completed"]);
  });

  test("of what failed is another batch, when nothing else is left to do", async () => {
    const service = new FakeService();
    service.faults.create = [problem("quota-exceeded", 403)];
    const queue = new UploadQueue(service);
    queue.add([makeFile("a"), makeFile("b")], DEFAULT_RULES);
    await settled(queue);

    queue.retry(only(queue).id);
    queue.add([makeFile("c")], DEFAULT_RULES);

    const batches = queue.getSnapshot().map(({ name, batch }) => `${name} ${batch}`);
    expect(batches).toEqual(["a 2", "b 1", "c 2"]);
    await settled(queue);
  });

  test("sends a cancelled file as a new upload", async () => {
    const service = new FakeService();
    service.stuck.add("send");
    const queue = new UploadQueue(service);
    queue.add([makeFile("a")], DEFAULT_RULES);
    await expect.poll(() => service.count("send")).toBe(1);
    await queue.cancel(only(queue).id);
    service.stuck.clear();

    queue.retry(only(queue).id);
    await settled(queue);

    expect(service.uploads).toEqual(
      new Map([
        ["upload-1", "aborted"],
        ["upload-2", "completed"],
      ]),
    );
  });

  test("does nothing for a file that is too large", () => {
    const queue = new UploadQueue(new FakeService());
    queue.add([makeFile("a")], { ...DEFAULT_RULES, max_size: 10 });

    queue.retry(only(queue).id);

    expect(statuses(queue)).toEqual(["failed"]);
  });
});

describe("taking off the list", () => {
  test("a failed upload has the broker forget it", async () => {
    const service = new FakeService();
    service.storeFaults = Array(TRIES).fill("lost");
    const queue = new UploadQueue(service);
    queue.add([makeFile("a")], DEFAULT_RULES);
    await expect.poll(() => statuses(queue)).toEqual(["failed"]);

    await queue.remove(only(queue).id);

    expect(queue.getSnapshot()).toEqual([]);
    expect(service.uploads).toEqual(new Map([["upload-1", "aborted"]]));
  });

  test("a completed upload leaves the file alone", async () => {
    const service = new FakeService();
    const queue = new UploadQueue(service);
    queue.add([makeFile("a")], DEFAULT_RULES);
    await settled(queue);

    queue.removeSettled();

    expect(queue.getSnapshot()).toEqual([]);
    expect(service.count("abort")).toBe(0);
  });

  test("leaves what is under way", async () => {
    const service = new FakeService();
    service.stuck.add("send");
    const queue = new UploadQueue(service);
    queue.add([makeFile("a")], DEFAULT_RULES);
    await expect.poll(() => service.sending).toBe(1);

    await queue.remove(only(queue).id);
    queue.removeSettled();
    queue.skipCollisions();

    expect(statuses(queue)).toEqual(["sending"]);
    await queue.clear();
  });

  test("everything stops what runs", async () => {
    const service = new FakeService();
    service.stuck.add("send");
    const queue = new UploadQueue(service);
    queue.add(
      ["a", "b", "c", "d"].map((name) => makeFile(name)),
      DEFAULT_RULES,
    );
    await expect.poll(() => service.count("send")).toBe(3);

    await queue.clear();

    expect(queue.getSnapshot()).toEqual([]);
    expect([...service.uploads.values()]).toEqual(Array(4).fill("aborted"));
  });
});

describe("pause", () => {
  test("stops what is being sent, and resume goes on with the same upload", async () => {
    const service = new FakeService();
    service.stuck.add("send");
    const queue = new UploadQueue(service);
    queue.add([makeFile("a")], DEFAULT_RULES);
    await expect.poll(() => service.count("send")).toBe(1);

    queue.pause(only(queue).id);
    expect(only(queue).state).toEqual({ status: "paused", bytes: 500 });
    await expect.poll(() => service.sending).toBe(0);
    service.stuck.clear();
    queue.resume(only(queue).id);
    await settled(queue);

    expect(service.uploads).toEqual(new Map([["upload-1", "completed"]]));
    expect(service.count("abort")).toBe(0);
  });

  test("of one that waits its turn keeps it waiting", async () => {
    const service = new FakeService();
    const queue = new UploadQueue(service);
    const rules = { ...DEFAULT_RULES, single_put_max: 1000 };
    service.stuck.add("list");
    queue.add([makeFile("large", 1001), makeFile("larger", 1002)], rules);
    await expect.poll(() => service.calls).toEqual(["list"]);

    queue.pause(queue.getSnapshot()[1]?.id ?? 0);
    service.stuck.clear();
    await queue.cancel(only(queue).id);

    expect(statuses(queue)).toEqual(["cancelled", "paused"]);
    queue.resumeAll();
    await settled(queue);
    expect(statuses(queue)).toEqual(["cancelled", "completed"]);
  });

  test("reaches files that are not listed yet, as does cancelling all", async () => {
    const service = new FakeService();
    service.stuck.add("send");
    const queue = new UploadQueue(service);
    const files = Array.from({ length: 60 }, (_, index) => makeFile(`${index}`, 10));

    queue.add(files, DEFAULT_RULES);
    queue.pauseAll();
    await expect.poll(() => statuses(queue)).toEqual(files.map(() => "paused"));
    await queue.clear();

    queue.add(files, DEFAULT_RULES);
    queue.pauseAll();
    queue.resumeAll();
    await expect.poll(() => queue.getSnapshot().length).toBe(files.length);
    expect(statuses(queue)).not.toContain("paused");
    await queue.clear();

    queue.add(files, DEFAULT_RULES);
    await queue.cancelAll();
    await expect.poll(() => statuses(queue)).toEqual(files.map(() => "cancelled"));
    expect(service.sending).toBe(0);
  });

  test("stops all, and a paused upload that is cancelled leaves nothing pending", async () => {
    const service = new FakeService();
    service.stuck.add("send");
    const queue = new UploadQueue(service);
    queue.add([makeFile("a"), makeFile("b")], DEFAULT_RULES);
    await expect.poll(() => service.count("send")).toBe(2);

    queue.pauseAll();
    expect(statuses(queue)).toEqual(["paused", "paused"]);
    await queue.cancelAll();

    expect([...service.uploads.values()]).toEqual(["aborted", "aborted"]);
  });

  test("comes too late for what the broker is about to make a file, or has made one", async () => {
    const service = new FakeService();
    const queue = new UploadQueue(service);
    queue.add([makeFile("a")], DEFAULT_RULES);
    await settled(queue);
    service.stuck.add("complete");
    queue.add([makeFile("b")], DEFAULT_RULES);
    await expect.poll(() => service.count("complete")).toBe(2);

    queue.pauseAll();

    expect(statuses(queue)).toEqual(["completed", "confirming"]);
    await queue.clear();
  });
});

test("nothing is done to what is not on the list any more", async () => {
  const queue = new UploadQueue(new FakeService());

  queue.pause(1);
  queue.resume(1);
  queue.retry(1);
  await Promise.all([queue.cancel(1), queue.remove(1)]);

  expect(queue.getSnapshot()).toEqual([]);
});

test("the speed is that of the bytes that are sent; there is none when nothing is", async () => {
  const service = new FakeService();
  service.stuck.add("send");
  let now = 0;
  service.timer.now = () => now;
  const queue = new UploadQueue(service, { notifyEvery: 0 });
  let shown: readonly number[] = [];
  queue.subscribe(() => {
    shown = queue.getSnapshot().map(sentOf);
  });
  queue.add([makeFile("a")], DEFAULT_RULES);
  await expect.poll(() => shown).toEqual([500]);
  now = 1000;
  queue.add([makeFile("b")], DEFAULT_RULES);

  await expect.poll(() => queue.speed).toBe(500);
  queue.pauseAll();
  await expect.poll(() => queue.speed).toBeNull();
  await queue.clear();
});

describe("a failure", () => {
  const DIAGNOSIS = { cause: "network", detail: "The connection breaks.", action: "Try again." };

  test.each<[string, (service: FakeService) => void]>([
    ["gave no answer", (service) => (service.storeFaults = Array(TRIES).fill("lost"))],
    ["finds every URL too old", (service) => service.expireEveryUrl()],
  ])("of a store that %s is explained by the broker", async (_, fail) => {
    const service = new FakeService();
    fail(service);
    const queue = new UploadQueue(service);

    queue.add([makeFile("a")], DEFAULT_RULES);
    await settled(queue);

    expect(only(queue).state).toMatchObject({ status: "failed", diagnosis: DIAGNOSIS });
  });

  test.each<[string, number, number]>([
    ["is asked of a 403, and shown all the same when the broker does not say why", 403, 1],
    ["is not asked of a refusal that has its own words", 400, 0],
  ])("%s", async (_, status, asked) => {
    const service = new FakeService();
    service.faults.diagnose = [problem("internal-error", 500)];
    service.storeFaults = [{ status }, { status }];
    const queue = new UploadQueue(service);

    queue.add([makeFile("a")], DEFAULT_RULES);
    await settled(queue);

    expect(only(queue).state).toMatchObject({ status: "failed", diagnosis: null });
    expect(service.count("diagnose")).toBe(asked);
  });
});
