import { afterEach, expect, test, vi } from "vitest";
import { UploadClaims } from "./upload-claims.ts";

afterEach(() => vi.unstubAllGlobals());

/** Have the locks of a browser, as far as they are asked for; returns the names of those that are held. */
function stubLocks(): Set<string> {
  const held = new Set<string>();
  const request = async (
    name: string,
    { ifAvailable = false },
    work: (lock: object | null) => Promise<void> | undefined,
  ) => {
    if (!held.has(name)) {
      held.add(name);
      await work({ name });
      held.delete(name);
    } else if (ifAvailable) {
      await work(null);
    } else {
      await new Promise(() => {}); // until it is free
    }
  };
  vi.stubGlobal("navigator", { locks: { request } });
  return held;
}

test("an upload is taken by one in a tab until it is released, also where there are no locks", async () => {
  vi.stubGlobal("navigator", {});
  const claims = new UploadClaims();

  expect(await Promise.all(["a", "a", "b"].map(claims.take))).toEqual([true, false, true]);
  claims.release("a");

  expect(await Promise.all(["a", "b"].map(claims.take))).toEqual([true, false]);
});

test("an upload is taken by one tab until it is released", async () => {
  const held = stubLocks();
  const [one, other] = [new UploadClaims(), new UploadClaims()];

  expect(await one.take("a")).toBe(true);
  expect(await other.take("a")).toBe(false);
  expect([...held]).toEqual(["broker-upload-a"]);
  one.release("a");
  await vi.waitFor(() => expect(held.size).toBe(0));

  expect(await other.take("a")).toBe(true);
  expect(await one.take("a")).toBe(false);
});

test("where a page is given no locks, as without cookies in Firefox, tabs do not know of each other", async () => {
  const refusal = new DOMException("request() is not allowed in this context", "SecurityError");
  vi.stubGlobal("navigator", { locks: { request: () => Promise.reject(refusal) } });
  const [one, other] = [new UploadClaims(), new UploadClaims()];

  expect(await Promise.all([one, one, other].map((tab) => tab.take("a")))).toEqual([true, false, true]);
});
