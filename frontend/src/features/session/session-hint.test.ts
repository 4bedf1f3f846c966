import { expect, test } from "vitest";
import { safeStorage } from "../../shared/safe-storage.ts";
import { SessionHint } from "./session-hint.ts";

const inMemory = () =>
  safeStorage(() => {
    throw new DOMException("there is no browser here", "SecurityError");
  });

test("a hint is what was written, until it is cleared", () => {
  const hint = new SessionHint(inMemory());

  hint.write({ method: "oidc", username: "Ada" });
  expect(hint.read()).toEqual({ method: "oidc", username: "Ada" });

  hint.clear();
  expect(hint.read()).toBeNull();
});

test.each(["", "{", "null", "[]", '{"username":"ada"}', '{"method":"magic","username":"ada"}'])(
  "%j stored is no hint",
  (stored) => {
    const storage = inMemory();
    storage.setItem("session", stored);

    expect(new SessionHint(storage).read()).toBeNull();
  },
);
