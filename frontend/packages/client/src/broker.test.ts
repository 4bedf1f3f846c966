import { describe, expect, test } from "vitest";
import { fakeNetwork, refuse } from "../testing/fake-network.ts";
import { Broker } from "./broker.ts";
import { BrokerUnreachable } from "./failures.ts";
import { Problem } from "./problem.ts";

const { signal } = new AbortController();

function connect(...[answer, token]: Parameters<typeof fakeNetwork>) {
  const { options, requests, refused } = fakeNetwork(answer, token);
  return { broker: new Broker(options), requests, refused };
}

describe("a call", () => {
  test("carries the token and JSON, and answers with what the broker said", async () => {
    const { broker, requests } = connect(() => Response.json({ file: { id: "f1" } }));

    const file = await broker.completeUpload("u1", {}, { signal });

    expect(file).toEqual({ id: "f1" });
    const sent = requests.map(({ method, url, headers }) => [
      method,
      url,
      headers.get("authorization"),
      headers.get("content-type"),
    ]);
    expect(sent).toEqual([
      ["POST", "https://broker.example/v1/uploads/u1/complete", "Bearer t0ken", "application/json"],
    ]);
    expect(await requests[0]?.text()).toBe("{}");
  });

  test("about parts names them, and asks for the next page of them", async () => {
    const part = { number: 7, checksum: "crc32c:4waSgw==" };
    const signed = { number: 7, method: "PUT", url: "https://store.example/7" };
    const { broker, requests } = connect(() => Response.json({ parts: [signed], file: { id: "f1" } }));

    expect(await broker.signParts("u/1", [part], { signal })).toEqual([signed]);
    await broker.completeUpload("u/1", { parts: [part] }, { signal });
    await broker.readUpload("u/1", { fromPart: 1001, signal });

    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "POST https://broker.example/v1/uploads/u%2F1/parts",
      "POST https://broker.example/v1/uploads/u%2F1/complete",
      "GET https://broker.example/v1/uploads/u%2F1?from_part=1001",
    ]);
    expect(await requests[0]?.json()).toEqual({ parts: [part] });
    expect(await requests[1]?.json()).toEqual({ parts: [part] });
  });

  test("for many at once answers for each with what became of it", async () => {
    const problem = { type: "urn:broker:problem:invalid-name", status: 422 };
    const { broker, requests } = connect(() =>
      Response.json({ items: [{ file: { id: "f1" } }, { problem }] }),
    );

    const completed = await broker.completeUploads([{ id: "u1" }, { id: "u2" }], { signal });
    await broker.createUploads([{ name: "a", size: 1, type: "x/y" }], { idempotencyKey: "k", signal });

    expect(completed).toEqual([{ id: "f1" }, expect.any(Problem)]);
    expect(completed[1]).toMatchObject({ slug: "invalid-name", status: 422 });
    expect(await requests[0]?.json()).toEqual({ uploads: [{ id: "u1" }, { id: "u2" }] });
    expect(
      requests.map(({ url, headers }) => [new URL(url).pathname, headers.get("idempotency-key")]),
    ).toEqual([
      ["/v1/uploads/batch/complete", null],
      ["/v1/uploads/batch", "k"],
    ]);
  });

  test("that creates carries the key by which the broker knows a second try", async () => {
    const { broker, requests } = connect(() => Response.json({ id: "u1" }));

    await broker.createUpload({ name: "a", size: 1, type: "x/y" }, { idempotencyKey: "k", signal });

    expect(requests[0]?.headers.get("idempotency-key")).toBe("k");
  });

  test("of nobody carries no token", async () => {
    const { broker, requests } = connect(() => Response.json({}), null);

    await broker.readMe({ signal });

    expect(requests[0]?.headers.has("authorization")).toBe(false);
  });

  test("cannot be led to another path by an id", async () => {
    const { broker, requests } = connect(() => new Response(null, { status: 204 }));

    await broker.deleteFile("../me?x=1#y", { signal });

    expect(requests[0]?.url).toBe("https://broker.example/v1/files/..%2Fme%3Fx%3D1%23y");
  });

  test("asks for the next page with the cursor as it was given", async () => {
    const { broker, requests } = connect(() => Response.json({ items: [], next_cursor: null }));

    await broker.listFiles({ limit: 50, cursor: null }, { signal });
    await broker.listFiles({ limit: 50, cursor: "a+b/c=" }, { signal });
    await broker.listFolders({ parent: "a b", cursor: "c" }, { signal });

    expect(requests.map(({ url }) => new URL(url).search)).toEqual([
      "?limit=50",
      "?limit=50&cursor=a%2Bb%2Fc%3D",
      "?parent=a+b&cursor=c",
    ]);
  });
});

describe("a call whose token has expired", () => {
  /** A broker that takes only the token `good`; `renew` makes it the current one, or says why not. */
  function expire(renew: (refused: string) => Promise<boolean> | boolean, good = "t2") {
    let token = "t1";
    const requests: Request[] = [];
    const refused: (string | null)[] = [];
    const broker = new Broker({
      origin: "https://broker.example",
      token: () => token,
      renew: async (old) => {
        const isRenewed = await renew(old);
        token = isRenewed ? "t2" : token;
        return isRenewed;
      },
      onTokenRefused: (old) => refused.push(old),
      fetch: async (input, init) => {
        const request = new Request(input, init);
        requests.push(request);
        const isGood = request.headers.get("authorization") === `Bearer ${good}`;
        return isGood ? Response.json({ parts: [], file: { id: "f1" } }) : refuse(401, "expired-token");
      },
    });
    return { broker, requests, refused };
  }

  test("has it renewed and is made again, the same", async () => {
    const { broker, requests, refused } = expire(() => true);

    await broker.signParts("u1", [{ number: 7, checksum: "crc32c:4waSgw==" }], { signal });

    const sent = requests.map(({ method, url, headers }) => [method, url, headers.get("authorization")]);
    expect(sent).toEqual([
      ["POST", "https://broker.example/v1/uploads/u1/parts", "Bearer t1"],
      ["POST", "https://broker.example/v1/uploads/u1/parts", "Bearer t2"],
    ]);
    expect(await requests[1]?.json()).toEqual(await requests[0]?.json());
    expect(refused).toEqual([]);
  });

  test("creates with the same key, so that nothing is there twice", async () => {
    const { broker, requests } = expire(() => true);

    await broker.createUpload({ name: "a", size: 1, type: "x/y" }, { idempotencyKey: "k", signal });

    expect(requests.map(({ headers }) => headers.get("idempotency-key"))).toEqual(["k", "k"]);
  });

  test("fails as it did when there is no other token", async () => {
    const { broker, requests, refused } = expire(() => false);

    await expect(broker.readMe({ signal })).rejects.toMatchObject({ slug: "expired-token" });

    expect(requests.length).toBe(1);
    expect(refused).toEqual(["t1"]);
  });

  test("is made again once, not for ever", async () => {
    const { broker, requests, refused } = expire(() => true, "none");

    await expect(broker.readMe({ signal })).rejects.toMatchObject({ slug: "expired-token" });

    expect(requests.length).toBe(2);
    expect(refused).toEqual(["t2"]);
  });

  test("ends no session when nobody can say whether there is another token", async () => {
    const { broker, refused } = expire(() => Promise.reject(new BrokerUnreachable("silence")));

    await expect(broker.readMe({ signal })).rejects.toBeInstanceOf(BrokerUnreachable);

    expect(refused).toEqual([]);
  });

  test("does not hold up a caller who gives up", async () => {
    const controller = new AbortController();
    const { broker } = expire(() => {
      controller.abort(new Error("never mind"));
      return new Promise(() => {});
    });

    await expect(broker.readMe({ signal: controller.signal })).rejects.toThrow("never mind");
  });
});

describe("a call without a token", () => {
  test("carries none, though there is one, and answers with what the broker said", async () => {
    const { broker, requests } = connect(() => Response.json({ kind: "file" }));

    const answer = await broker.readWithoutToken("POST", "/v1/shared", { body: { token: "a link" }, signal });

    expect(answer).toEqual({ kind: "file" });
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "POST https://broker.example/v1/shared",
    ]);
    expect(requests[0]?.headers.has("authorization")).toBe(false);
    expect(await requests[0]?.json()).toEqual({ token: "a link" });
  });

  test("that is refused renews nothing, and ends nothing", async () => {
    const { broker, requests, refused } = connect(() => refuse(401, "expired-token"));

    const work = broker.callWithoutToken("DELETE", "/v1/session", { signal });

    await expect(work).rejects.toMatchObject({ slug: "expired-token" });
    expect(requests.length).toBe(1);
    expect(refused).toEqual([]);
  });
});

describe("a call that fails", () => {
  test("rejects with the problem that the broker names", async () => {
    const { broker, refused } = connect(() => refuse(422, "invalid-name"));

    const work = broker.createUpload({ name: "", size: 0, type: "x/y" }, { idempotencyKey: "k", signal });

    await expect(work).rejects.toMatchObject({ slug: "invalid-name", status: 422, detail: "It is so." });
    expect(refused).toEqual([]);
  });

  test("tells which token was refused", async () => {
    const { broker, refused } = connect(() => refuse(401, "expired-token"));

    await expect(broker.readMe({ signal })).rejects.toMatchObject({ status: 401 });

    expect(refused).toEqual(["t0ken"]);
  });

  test.each([
    ["the network is gone", () => Promise.reject(new TypeError("Failed to fetch"))],
    ["it takes too long", () => Promise.reject(new DOMException("late", "TimeoutError"))],
    ["something else answers", () => new Response("<html>Welcome to the hotel</html>")],
  ])("says that the broker is unreachable when %s", async (_, answer) => {
    const { broker } = connect(answer);

    await expect(broker.readMe({ signal })).rejects.toBeInstanceOf(BrokerUnreachable);
  });

  test("rejects with the caller's reason when the caller gives up", async () => {
    const controller = new AbortController();
    const { broker } = connect((request) => {
      controller.abort(new Error("never mind"));
      request.signal.throwIfAborted();
      return Response.json({});
    });

    await expect(broker.readMe({ signal: controller.signal })).rejects.toThrow("never mind");
  });
});
