import { Problem } from "@broker/client";
import { describe, expect, test } from "vitest";
import { fakeNetwork, refuse } from "../../packages/client/testing/fake-network.ts";
import { PageBroker } from "./page-broker.ts";

const { signal } = new AbortController();

function connect(answer: Parameters<typeof fakeNetwork>[0]) {
  const { options, requests, refused } = fakeNetwork(answer);
  return { broker: new PageBroker(options), requests, refused };
}

const CREDENTIALS = { username: "ada", password: "secret" };
const KEY = { token: "l1nk", password: "open sesame" };

describe("a call that nobody need be signed in for", () => {
  const calls: [string, (broker: PageBroker) => Promise<unknown>, unknown][] = [
    ["POST /v1/session", (broker) => broker.signIn(CREDENTIALS, { signal }), CREDENTIALS],
    ["GET /v1/sign-in", (broker) => broker.readSignInOptions({ signal }), null],
    ["POST /v1/shared", (broker) => broker.openShare(KEY, { signal }), KEY],
    [
      "POST /v1/shared/folders",
      (broker) => broker.listSharedFolders({ ...KEY, parent: "a" }, { signal }),
      { ...KEY, parent: "a" },
    ],
    [
      "POST /v1/shared/files",
      (broker) => broker.listSharedFiles({ ...KEY, folder: "a" }, { signal }),
      { ...KEY, folder: "a" },
    ],
    ["POST /v1/shared/download", (broker) => broker.downloadShare(KEY, { signal }), KEY],
    ["POST /v1/shared/session", (broker) => broker.beginReceiving(KEY, { signal }), KEY],
  ];

  test.each(calls)("carries no token: %s", async (target, call, body) => {
    const { broker, requests } = connect(() => Response.json({}));

    await call(broker);

    const sent = requests.map(({ method, url }) => `${method} ${new URL(url).pathname}`);
    expect(sent).toEqual([target]);
    expect(requests[0]?.headers.has("authorization")).toBe(false);
    expect(JSON.parse((await requests[0]?.text()) || "null")).toEqual(body);
  });
});

describe("signing in", () => {
  test("with a wrong password says so, and tells of no token that was refused", async () => {
    const { broker, refused } = connect(() => refuse(401, "wrong-credentials"));

    await expect(broker.signIn(CREDENTIALS, { signal })).rejects.toMatchObject({
      slug: "wrong-credentials",
    });

    expect(refused).toEqual([]);
  });
});

describe("a call by cookie", () => {
  test("proves that it comes from the page, and carries no token", async () => {
    const { broker, requests } = connect(() => Response.json({ access_token: "t2" }));

    await broker.renewSession({ signal });
    await broker.signOut({ signal });

    const sent = requests.map(({ method, url, headers, credentials }) => [
      `${method} ${new URL(url).pathname}`,
      headers.get("x-broker-csrf"),
      headers.get("authorization"),
      credentials,
    ]);
    expect(sent).toEqual([
      ["POST /v1/session/refresh", "1", null, "same-origin"],
      ["DELETE /v1/session", "1", null, "same-origin"],
    ]);
  });

  test("that is refused renews nothing, and ends nothing", async () => {
    const { broker, requests, refused } = connect(() => refuse(401, "session-ended"));

    await expect(broker.renewSession({ signal })).rejects.toMatchObject({ slug: "session-ended" });

    expect(requests.length).toBe(1);
    expect(refused).toEqual([]);
  });
});

describe("a call", () => {
  test("about thumbnails names the files, and answers with those that have one", async () => {
    const request = { method: "GET", url: "https://store.example/f1.thumbnail" };
    const { broker, requests } = connect(() => Response.json({ items: [{ file: "f1", request }] }));

    const found = await broker.listThumbnails(["f1", "f2"], { signal });

    expect(found).toEqual([{ file: "f1", request }]);
    expect(requests[0]?.url).toBe("https://broker.example/v1/files/thumbnails");
    expect(await requests[0]?.json()).toEqual({ ids: ["f1", "f2"] });
  });

  test("that changes files names them, and what is to become of them", async () => {
    const { broker, requests } = connect(() => Response.json({ items: [{ file: { id: "f1" } }] }));

    expect(await broker.changeFiles(["f1"], { folder: "a" }, { signal })).toEqual([{ id: "f1" }]);

    expect(requests[0]?.url).toBe("https://broker.example/v1/files/batch");
    expect(await requests[0]?.json()).toEqual({ ids: ["f1"], folder: "a" });
  });

  test("that deletes files answers with why one was not deleted", async () => {
    const problem = { type: "urn:broker:problem:not-found", status: 404 };
    const { broker, requests } = connect(() => Response.json({ items: [{}, { problem }] }));

    const deleted = await broker.deleteFiles(["f1", "f2"], { signal });

    expect(deleted).toEqual([null, expect.any(Problem)]);
    expect(deleted[1]).toMatchObject({ slug: "not-found", status: 404 });
    expect(requests[0]?.url).toBe("https://broker.example/v1/files/batch/delete");
    expect(await requests[0]?.json()).toEqual({ ids: ["f1", "f2"] });
  });
});
