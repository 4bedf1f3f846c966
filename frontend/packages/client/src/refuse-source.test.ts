import { expect, test } from "vitest";
import { refuseSource } from "./refuse-source.ts";

const ANY = { types: [], extensions: [], min_size: 0, max_size: 100 };
const FILE = { name: "a.PNG", type: "image/png", size: 10 };

test.each([
  [{}, null],
  [{ types: ["image/*"] }, null],
  [{ types: ["text/plain", "image/png"] }, null],
  [{ types: ["image/p"] }, "types"],
  [{ types: ["video/*"] }, "types"],
  [{ extensions: [".jpg", ".png"] }, null],
  [{ extensions: [".jpg"] }, "extensions"],
  [{ min_size: 10 }, null],
  [{ min_size: 11 }, "min_size"],
])("a policy of %o refuses a PNG of 10 bytes by %s", (rules, rule) => {
  expect(refuseSource(FILE, { ...ANY, ...rules })).toEqual(rule && expect.objectContaining({ rule }));
});

test("a file that is too large is told the limit", () => {
  expect(refuseSource({ ...FILE, size: 101 }, ANY)).toMatchObject({ name: "SourceTooLarge", limit: 100 });
});

test("a file of no known type is of bytes", () => {
  const rules = { ...ANY, types: ["application/octet-stream"] };

  expect(refuseSource({ ...FILE, type: "" }, rules)).toBeNull();
});
