import { describe, expect, test } from "vitest";
import { safeStorage } from "../../shared/safe-storage.ts";
import { SessionStore } from "./session-store.ts";

const ISSUED = { access_token: "t1", expires_in: 900, token_type: "Bearer" } as const;

function createStorage() {
  return safeStorage(() => {
    throw new DOMException("there is no browser here", "SecurityError");
  });
}

function reload(storage: ReturnType<typeof createStorage>, now: number): SessionStore {
  return new SessionStore({ storage, now: () => now });
}

describe("a session", () => {
  test("survives a reload until its token expires", () => {
    const storage = createStorage();
    reload(storage, 1_000).signIn("ada", ISSUED);

    const session = { status: "signed-in", username: "ada", token: "t1", expiresAt: 901_000 };
    expect(reload(storage, 900_999).getSnapshot()).toEqual(session);
    expect(reload(storage, 901_000).getSnapshot()).toEqual({ status: "ended", username: "ada" });
  });

  test("ends when its token is refused, and is not stored any more", () => {
    const storage = createStorage();
    const store = reload(storage, 0);
    store.signIn("ada", ISSUED);

    store.end("t1");

    expect(store.getSnapshot()).toEqual({ status: "ended", username: "ada" });
    expect(store.token()).toBeNull();
    expect(reload(storage, 0).getSnapshot()).toEqual({ status: "signed-out" });
  });

  test("is not ended by a late answer to an older token", () => {
    const store = reload(createStorage(), 0);
    store.signIn("ada", ISSUED);
    store.signIn("ada", { ...ISSUED, access_token: "t2" });

    store.end("t1");
    store.end(null);

    expect(store.token()).toBe("t2");
  });

  test("that a person signs out of leaves nothing behind", () => {
    const storage = createStorage();
    const store = reload(storage, 0);
    store.signIn("ada", ISSUED);

    store.signOut();

    expect(store.getSnapshot()).toEqual({ status: "signed-out" });
    expect(storage.getItem("session")).toBeNull();
  });

  test.each(["", "{", "null", "[]", '{"username":"ada"}', '{"username":1,"token":"t","expiresAt":9}'])(
    "stored as %j is no session",
    (stored) => {
      const storage = createStorage();
      storage.setItem("session", stored);

      expect(reload(storage, 0).getSnapshot()).toEqual({ status: "signed-out" });
    },
  );
});
