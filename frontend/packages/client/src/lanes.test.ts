import { describe, expect, test } from "vitest";
import { StoreUnreachable } from "./failures.ts";
import { Lanes } from "./lanes.ts";

const { signal } = new AbortController();

/** Work that goes on until it is told to end. */
function work() {
  let end = () => {};
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { run: () => done, end: () => end() };
}

describe("lanes", () => {
  test("let in so many at once, and the next in their order", async () => {
    const lanes = new Lanes({ most: 2, first: 2 });
    const begun: number[] = [];
    const works = [work(), work(), work(), work()];
    const all = works.map(({ run }, index) =>
      lanes.use(signal, () => {
        begun.push(index);
        return run();
      }),
    );
    await expect.poll(() => begun).toEqual([0, 1]);

    works[1]?.end();
    await expect.poll(() => begun).toEqual([0, 1, 2]);

    for (const { end } of works) {
      end();
    }
    await Promise.all(all);
    expect(begun).toEqual([0, 1, 2, 3]);
  });

  test("become more while all goes well, up to the most", async () => {
    const lanes = new Lanes({ most: 4, first: 2 });
    const limits: number[] = [];

    for (let times = 0; times < 8; times += 1) {
      await lanes.use(signal, async () => {});
      limits.push(lanes.limit);
    }

    expect(limits).toEqual([2, 3, 3, 3, 4, 4, 4, 4]);
  });

  test("become half as many after a failure of overload, and never none", async () => {
    const lanes = new Lanes({ most: 5, first: 5 });
    const overload = () => Promise.reject(new StoreUnreachable("reset"));
    const limits: number[] = [];

    for (let times = 0; times < 4; times += 1) {
      await expect(lanes.use(signal, overload)).rejects.toBeInstanceOf(StoreUnreachable);
      limits.push(lanes.limit);
    }

    expect(limits).toEqual([2, 1, 1, 1]);
  });

  test("stay as many after a refusal that says nothing of the line", async () => {
    const lanes = new Lanes({ most: 4, first: 4 });

    await expect(lanes.use(signal, () => Promise.reject(new Error("no")))).rejects.toThrow("no");

    expect(lanes.limit).toBe(4);
  });

  test("are not taken by whoever gave up waiting", async () => {
    const lanes = new Lanes({ most: 1, first: 1 });
    const controller = new AbortController();
    const first = work();
    const begun: string[] = [];
    const running = lanes.use(signal, first.run);
    const impatient = lanes.use(controller.signal, async () => {
      begun.push("impatient");
    });
    const patient = lanes.use(signal, async () => {
      begun.push("patient");
    });

    controller.abort(new Error("enough"));
    first.end();

    await expect(impatient).rejects.toThrow("enough");
    await Promise.all([running, patient]);
    expect(begun).toEqual(["patient"]);
  });
});
