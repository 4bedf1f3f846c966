import { expect, test } from "vitest";
import { safeStorage } from "./safe-storage.ts";

test("a browser that blocks storage still remembers for as long as the page lives", () => {
  const storage = safeStorage(() => {
    throw new DOMException("blocked", "SecurityError");
  });

  storage.setItem("theme", "dark");
  expect(storage.getItem("theme")).toBe("dark");

  storage.removeItem("theme");
  expect(storage.getItem("theme")).toBeNull();
});
