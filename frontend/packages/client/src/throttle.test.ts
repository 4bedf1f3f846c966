import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { throttle } from "./throttle.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test("the first call acts at once, those that follow together, and the last one is never lost", () => {
  const times: number[] = [];
  const start = Date.now();
  const call = throttle(() => times.push(Date.now() - start), 100);

  for (let time = 0; time < 250; time += 10) {
    call();
    vi.advanceTimersByTime(10);
  }
  vi.runAllTimers();

  expect(times).toEqual([0, 100, 200, 300]);
});
