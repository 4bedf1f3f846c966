import { UploadQueue } from "@broker/client";
import { QueryClient } from "@tanstack/react-query";
import { beforeEach, expect, test } from "vitest";
import { DEFAULT_RULES } from "../../packages/client/testing/default-rules.ts";
import { FakeService, problem } from "../../packages/client/testing/fake-service.ts";
import { SessionStore } from "../features/session/session-store.ts";
import { followSession } from "./follow-session.ts";

const ADA = { subject: "ada", username: "Ada", token: "t1", expiresIn: 900 };
const BOB = { ...ADA, subject: "bob" };
const LIST = ["files"];

let service: FakeService;
let queue: UploadQueue;
let queries: QueryClient;
let session: SessionStore;

const statuses = () => queue.getSnapshot().map(({ state }) => state.status);

/** Ada is signed in and has a list; her upload is stopped by the end of her session. */
beforeEach(async () => {
  service = new FakeService();
  queue = new UploadQueue(service);
  queries = new QueryClient();
  session = new SessionStore();
  followSession({ queue, session }, queries);

  session.signIn(ADA);
  queries.setQueryData(LIST, ["hers"]);
  service.faults.complete = [problem("expired-token", 401)];
  queue.add([new File(["x"], "a.txt")], DEFAULT_RULES);
  await expect.poll(statuses).toEqual(["failed"]);
  session.end("t1");
});

test("the end of a session leaves the uploads as they are", () => {
  expect(statuses()).toEqual(["failed"]);
});

test("the same person goes on where the session ended", async () => {
  session.signIn({ ...ADA, token: "t2" });

  await expect.poll(statuses).toEqual(["completed"]);
  expect(service.count("send")).toBe(1);
  expect(queries.getQueryData(LIST)).toEqual(["hers"]);
});

test("another person sees nothing of the one before", async () => {
  session.signIn({ ...BOB, token: "t2" });

  await expect.poll(statuses).toEqual([]);
  expect(queries.getQueryData(LIST)).toBeUndefined();
});

test("signing out leaves nothing behind", async () => {
  session.signOut();

  await expect.poll(statuses).toEqual([]);
  expect(queries.getQueryData(LIST)).toBeUndefined();
});

test("a token that is renewed changes nothing", async () => {
  session.signIn(ADA);
  await expect.poll(statuses).toEqual(["completed"]);
  queries.setQueryData(LIST, ["hers"]);

  session.signIn({ ...ADA, token: "t2" });

  expect(statuses()).toEqual(["completed"]);
  expect(queries.getQueryState(LIST)?.isInvalidated).toBe(false);
});

test("how one may sign in is the same for everybody", async () => {
  await queries.prefetchQuery({ queryKey: ["sign-in"], queryFn: () => "so", meta: { isPublic: true } });

  session.signOut();

  expect(queries.getQueryData(["sign-in"])).toBe("so");
});
