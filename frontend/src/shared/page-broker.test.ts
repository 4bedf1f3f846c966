import { Problem } from "@broker/client";
import { describe, expect, test } from "vitest";
import { fakeNetwork, refuse } from "../../packages/client/testing/fake-network.ts";
import { PageBroker } from "./page-broker.ts";

const { signal } = new AbortController();

function connect(answer: Parameters<typeof fakeNetwork>[0]) {
  const { options, requests, refused } = fakeNetwork(answer);
  return { broker: new PageBroker(options), requests, refused };
}

describe("signing in", () => {
  test("carries no token", async () => {
    const { broker, requests } = connect(() => Response.json({}));

    await broker.signIn({ username: "ada", password: "secret" }, { signal });

    expect(requests[0]?.headers.has("authorization")).toBe(false);
    expect(await requests[0]?.json()).toEqual({ username: "ada", password: "secret" });
  });

  test("with a wrong password says so, and tells of no token that was refused", async () => {
    const { broker, refused } = connect(() => refuse(401, "wrong-credentials"));

    await expect(broker.signIn({ username: "a", password: "b" }, { signal })).rejects.toMatchObject({
      status: 401,
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
