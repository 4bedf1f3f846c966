import { afterEach, describe, expect, test, vi } from "vitest";
import { type Asking, Batcher, BatchFailed } from "./batcher.ts";

const asking: Asking = { signal: new AbortController().signal, onWait: () => {} };

/** Answers when told to, each number with its double. */
function doubling() {
  const batches: (readonly number[])[] = [];
  const answers: (() => void)[] = [];
  const ask = (items: readonly number[]) => {
    batches.push(items);
    return new Promise<readonly (number | Error)[]>((resolve) => {
      answers.push(() => resolve(items.map((item) => (item < 0 ? new Error(`not ${item}`) : item * 2))));
    });
  };
  return { ask, batches, answers };
}

/** Let all promises go on that wait for none but each other. */
async function breathe() {
  for (let turn = 0; turn < 50; turn += 1) {
    await null;
  }
}

afterEach(() => {
  vi.useRealTimers();
});

describe("a batcher", () => {
  test("asks together what comes in one breath or while it waits, up to its limit", async () => {
    const { ask, batches, answers } = doubling();
    const batcher = new Batcher(ask, { limit: 3 });

    const first = [1, 2].map((item) => batcher.ask(item, asking));
    await expect.poll(() => batches).toEqual([[1, 2]]);
    const later = [3, 4, 5, 6].map((item) => batcher.ask(item, asking));
    answers[0]?.();
    await expect
      .poll(() => batches)
      .toEqual([
        [1, 2],
        [3, 4, 5],
      ]);
    answers[1]?.();
    await expect.poll(() => batches.length).toBe(3);
    answers[2]?.();

    expect(await Promise.all([...first, ...later])).toEqual([2, 4, 6, 8, 10, 12]);
  });

  test("rests before it asks for the few that came meanwhile, so that others join them", async () => {
    const { ask, batches, answers } = doubling();
    const batcher = new Batcher(ask, { limit: 3 });
    const first = batcher.ask(1, asking);
    await expect.poll(() => batches.length).toBe(1);
    const second = batcher.ask(2, asking);

    answers[0]?.();
    await first;
    await breathe();
    const third = batcher.ask(3, asking);
    await expect.poll(() => batches).toEqual([[1], [2, 3]]);
    answers[1]?.();

    expect(await Promise.all([second, third])).toEqual([4, 6]);
  });

  test("asks at once for as many as go together, and for whoever comes when nobody waited", async () => {
    vi.useFakeTimers(); // nobody moves them on, so that no rest ends
    const { ask, batches, answers } = doubling();
    const batcher = new Batcher(ask, { limit: 2 });
    const asked = [1, 2, 3, 4].map((item) => batcher.ask(item, asking));

    for (const answer of [0, 1]) {
      await breathe();
      answers[answer]?.();
    }
    await Promise.all(asked);
    void batcher.ask(5, asking);
    await breathe();

    expect(batches).toEqual([[1, 2], [3, 4], [5]]);
  });

  test("tells each its own refusal, and the others their answers", async () => {
    const { ask, batches, answers } = doubling();
    const batcher = new Batcher(ask, { limit: 10 });
    const asked = Promise.allSettled([1, -1].map((item) => batcher.ask(item, asking)));
    await expect.poll(() => batches.length).toBe(1);

    answers[0]?.();

    expect(await asked).toEqual([
      { status: "fulfilled", value: 2 },
      { status: "rejected", reason: new Error("not -1") },
    ]);
  });

  test("tells all of a failure of the whole, and asks again for those that come later", async () => {
    let failures = 1;
    const batcher = new Batcher<number, number>(
      async (items) => {
        failures -= 1;
        if (failures >= 0) {
          throw new Error("down");
        }
        return items;
      },
      { limit: 10 },
    );

    const failed = await Promise.allSettled([batcher.ask(1, asking), batcher.ask(2, asking)]);

    const failure = { status: "rejected", reason: new BatchFailed(new Error("down")) };
    expect(failed).toEqual([failure, failure]);
    expect(await batcher.ask(3, asking)).toBe(3);
  });

  test("hands on the answer that nobody waits for any more", async () => {
    const { ask, batches, answers } = doubling();
    const unwanted: number[] = [];
    const batcher = new Batcher(ask, { limit: 10, unwanted: (answer) => unwanted.push(answer) });
    const controller = new AbortController();
    const asked = batcher.ask(1, { ...asking, signal: controller.signal });
    const other = batcher.ask(2, asking);
    await expect.poll(() => batches.length).toBe(1);

    controller.abort(new Error("enough"));
    await expect(asked).rejects.toThrow("enough");
    answers[0]?.();

    expect(await other).toBe(4);
    expect(unwanted).toEqual([2]);
  });

  test("asks nothing for those who have given up before", async () => {
    const { ask, batches, answers } = doubling();
    const batcher = new Batcher(ask, { limit: 10 });
    const controller = new AbortController();
    const asked = batcher.ask(1, { ...asking, signal: controller.signal });
    const other = batcher.ask(2, asking);

    controller.abort(new Error("enough"));
    await expect(asked).rejects.toThrow("enough");
    await expect.poll(() => batches).toEqual([[2]]);
    answers[0]?.();

    expect(await other).toBe(4);
    await expect(batcher.ask(3, { ...asking, signal: controller.signal })).rejects.toThrow("enough");
    await new Promise(setImmediate);
    expect(batches).toEqual([[2]]);
  });

  test("tells those who still wait that another try follows", async () => {
    const tries: Asking[] = [];
    const batcher = new Batcher<number, number>(
      (_, trying) => {
        tries.push(trying);
        return new Promise(() => {});
      },
      { limit: 10 },
    );
    const controller = new AbortController();
    const told: string[] = [];
    const asked = batcher.ask(1, { signal: controller.signal, onWait: () => told.push("first") });
    void batcher.ask(2, { ...asking, onWait: () => told.push("second") });
    await expect.poll(() => tries.length).toBe(1);

    controller.abort(new Error("enough"));
    await expect(asked).rejects.toThrow("enough");
    tries[0]?.onWait();

    expect(told).toEqual(["second"]);
    expect(tries[0]?.signal.aborted).toBe(false);
  });

  test("stops trying for nobody", async () => {
    const controller = new AbortController();
    const tries: Asking[] = [];
    const batcher = new Batcher<number, number>(
      (_, trying) => {
        tries.push(trying);
        return new Promise((_resolve, reject) => {
          trying.signal.addEventListener("abort", () => reject(trying.signal.reason));
        });
      },
      { limit: 10 },
    );
    const asked = batcher.ask(1, { ...asking, signal: controller.signal });
    await expect.poll(() => tries.length).toBe(1);

    controller.abort(new Error("enough"));
    tries[0]?.onWait();

    await expect(asked).rejects.toThrow("enough");
    expect(tries[0]?.signal.aborted).toBe(true);
  });

  test("nothing is left on a signal that outlives what was asked", async () => {
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    const batcher = new Batcher<number, number>(async (items) => items, { limit: 10 });

    await Promise.all([1, 2, 3].map((item) => batcher.ask(item, { ...asking, signal })));
    await new Promise(setImmediate);

    expect(removed).toHaveBeenCalledTimes(added.mock.calls.length);
  });
});
