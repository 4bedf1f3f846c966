import { expect, test } from "vitest";
import { SessionStore } from "./session-store.ts";

const ADA = { subject: "ada", username: "Ada", token: "t1", expiresIn: 900 };

test("a session ends when its token is refused", () => {
  const store = new SessionStore();
  store.signIn(ADA);

  store.end("t1");

  expect(store.getSnapshot()).toEqual({ status: "ended", username: "Ada" });
  expect(store.token()).toBeNull();
});

test("a session is not ended by a late answer to an older token", () => {
  const store = new SessionStore();
  store.signIn(ADA);
  store.signIn({ ...ADA, token: "t2" });

  store.end("t1");
  store.end(null);

  expect(store.token()).toBe("t2");
});

test("whoever follows a session hears of every change until he stops", () => {
  const store = new SessionStore();
  const heard: string[] = [];
  const stop = store.subscribe(() => heard.push(store.getSnapshot().status));

  store.restore();
  store.failToRestore(new Error("silence"));
  store.signIn(ADA);
  store.signOut();
  stop();
  store.signIn(ADA);

  expect(heard).toEqual(["restoring", "unknown", "signed-in", "signed-out"]);
});
