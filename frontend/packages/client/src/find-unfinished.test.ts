import { expect, test } from "vitest";
import type { Broker } from "./broker.ts";
import { findUnfinished } from "./find-unfinished.ts";
import { UploadClaims } from "./upload-claims.ts";
import type { PendingMultipart, PendingUpload } from "./wire.ts";

const WANTED = {
  folder: "films",
  policy: "default",
  name: "a.mp4",
  size: 1000,
  fingerprint: "f1:00",
  except: new Set(["dead"]),
};

function pending(changes: Partial<PendingMultipart> = {}): PendingUpload {
  return {
    id: "found",
    status: "pending",
    method: "multipart",
    name: "a.mp4",
    folder: "films",
    size: 1000,
    type: "video/mp4",
    checksum: null,
    fingerprint: "f1:00",
    policy: "default",
    created_at: "2026-11-22T12:00:00Z",
    expires_at: "2026-11-23T12:00:00Z",
    checksum_algorithm: "crc32c",
    part_size: 100,
    part_count: 10,
    ...changes,
  };
}

/** Find among these pages; tells the id, and by which cursors was asked. */
async function find(...pages: (readonly PendingUpload[])[]) {
  const asked: unknown[] = [];
  const broker = {
    listPending: async ({ cursor }: Parameters<Broker["listPending"]>[0]) => {
      asked.push(cursor);
      const items = pages[asked.length - 1] ?? [];
      return { items, next_cursor: asked.length < pages.length ? `page ${asked.length + 1}` : null };
    },
  };
  const { signal } = new AbortController();
  const found = await findUnfinished({ broker, claims: new UploadClaims() }, WANTED, { signal });
  return { id: found?.id ?? null, asked };
}

test.each<[string, Partial<PendingMultipart>]>([
  ["another folder", { folder: "" }],
  ["another policy", { policy: "avatars" }],
  ["another name", { name: "b.mp4" }],
  ["another size", { size: 1001 }],
  ["other bytes", { fingerprint: "f1:01" }],
  ["bytes that nobody has looked at", { fingerprint: null }],
  ["what never completes", { id: "dead" }],
])("an upload of %s is not gone on with", async (_, changes) => {
  expect((await find([pending(changes)])).id).toBeNull();
});

test("an upload of the same file is found on whichever page it is", async () => {
  const { id, asked } = await find([pending({ name: "b.mp4" })], [pending()], [pending({ id: "later" })]);

  expect(id).toBe("found");
  expect(asked).toEqual([undefined, "page 2"]);
});
