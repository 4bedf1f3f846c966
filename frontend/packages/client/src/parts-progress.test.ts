import { expect, test } from "vitest";
import { PartsProgress } from "./parts-progress.ts";
import type { TransferState } from "./transport.ts";

function follow(taken = 0): { progress: PartsProgress; states: (number | string)[] } {
  const states: (number | string)[] = [];
  const onState = (state: TransferState) => states.push("bytes" in state ? state.bytes : state.status);
  return { progress: new PartsProgress(taken, onState), states };
}

test("parts add up, those included that the store took before", () => {
  const { progress, states } = follow(1000);

  progress.moved(11, 0);
  progress.moved(12, 30);
  progress.moved(11, 50);
  progress.took(11, 100);
  progress.moved(12, 60);

  expect(states).toEqual([1000, 1030, 1080, 1130, 1160]);
});

test("a part that begins anew takes back its own bytes only", () => {
  const { progress, states } = follow();
  progress.moved(1, 40);
  progress.moved(2, 50);

  progress.stopped(1);
  progress.moved(1, 10);

  expect(states.slice(2)).toEqual([50, 60]);
});

test("waiting is told when nothing else moves", () => {
  const { progress, states } = follow();
  progress.moved(1, 40);
  progress.moved(2, 50);

  progress.waits();
  progress.stopped(1);
  progress.stopped(2);
  progress.waits();

  expect(states.slice(2)).toEqual([90, 50, "waiting", "waiting"]);
});
