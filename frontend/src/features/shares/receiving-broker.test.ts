import { Problem } from "@broker/client";
import { afterEach, expect, test, vi } from "vitest";
import { safeStorage } from "../../shared/safe-storage.ts";
import { ReceivingBroker } from "./receiving-broker.ts";

const LINK = { token: "a link", password: "open sesame" };
const { signal } = new AbortController();

afterEach(() => vi.unstubAllGlobals());

/** Stand in for the broker, which takes the newest of its tokens alone. */
function answering({ hasEnded = false } = {}) {
  const seen: string[] = [];
  let issued = 0;
  let good = 0;
  vi.stubGlobal("fetch", async (url: string, { body, headers }: { body?: string; headers: HeadersInit }) => {
    const token = new Headers(headers).get("authorization");
    seen.push(`${url} ${token ?? body}`);
    if (url === "/v1/shared/session") {
      if (hasEnded) {
        return problem(410, "share-expired");
      }
      issued += 1;
      good = issued;
      return Response.json({ access_token: `token ${issued}`, expires_in: 900, token_type: "Bearer" });
    }
    return token === `Bearer token ${good}` ? Response.json({ id: "1" }) : problem(401, "expired-token");
  });
  return { seen, expire: () => (good = 0) };
}

function problem(status: number, slug: string): Response {
  return Response.json({ type: `urn:broker:problem:${slug}`, status }, { status });
}

test("there is a token before the first call, got with the link", async () => {
  const { seen } = answering();
  const broker = new ReceivingBroker(LINK);

  await broker.begin();
  await broker.begin();
  await broker.readUpload("1", { signal });

  expect(seen).toEqual([`/v1/shared/session ${JSON.stringify(LINK)}`, "/v1/uploads/1 Bearer token 1"]);
});

test("calls that are refused at the same time get one new token, and are made again", async () => {
  const { seen, expire } = answering();
  const broker = new ReceivingBroker(LINK);
  await broker.begin();
  expire();

  await Promise.all(["1", "2", "3"].map((id) => broker.readUpload(id, { signal })));

  expect(seen.filter((each) => each.startsWith("/v1/shared/session"))).toHaveLength(2);
});

test("the policy that a link goes by is read by the link", async () => {
  const folder = { kind: "receive", policy: "photos", single_put_max: 5 };
  const fetch = vi.fn<typeof globalThis.fetch>(async () => Response.json(folder));
  vi.stubGlobal("fetch", fetch);

  const policies = await new ReceivingBroker(LINK).readPolicies({ signal });

  expect(policies).toEqual([{ ...folder, name: "photos" }]);
  expect(fetch).toHaveBeenCalledWith(
    "/v1/shared",
    expect.objectContaining({ method: "POST", body: JSON.stringify(LINK) }),
  );
});

test("a link that has ended is told as such", async () => {
  answering({ hasEnded: true });

  const beginning = new ReceivingBroker(LINK).begin();

  await expect(beginning).rejects.toSatisfy(
    (error) => error instanceof Problem && error.slug === "share-expired",
  );
});

test("what was begun in this browser is found again after a reload, and nothing else", async () => {
  const uploads = new Map([
    ["1", { id: "1", method: "multipart", status: "pending" }],
    ["2", { id: "2", method: "multipart", status: "pending" }],
    ["3", { id: "3", method: "single", status: "pending" }],
  ]);
  const ids = [...uploads.keys()];
  vi.stubGlobal("fetch", async (url: string, { method }: { method: string }) => {
    const found = uploads.get(method === "POST" ? (ids.shift() ?? "") : url.slice("/v1/uploads/".length));
    return found === undefined ? problem(404, "not-found") : Response.json(found);
  });
  const storage = safeStorage(() => {
    throw new DOMException("there is no browser here", "SecurityError");
  });
  const before = new ReceivingBroker(LINK, storage);
  for (const name of ["a", "b", "c"]) {
    const upload = { name, size: 1, type: "text/plain" };
    await before.createUpload(upload, { idempotencyKey: name, signal });
  }

  const after = new ReceivingBroker({ token: LINK.token }, storage);
  const found = await after.listPending({ signal });
  uploads.delete("1");
  uploads.set("2", { id: "2", method: "multipart", status: "completed" });
  const left = await after.listPending({ signal });

  expect(found.items.map(({ id }) => id)).toEqual(["1", "2"]);
  expect(left).toEqual({ items: [], next_cursor: null });
});
