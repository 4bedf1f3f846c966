import { type Me, UploadQueue } from "@broker/client";
import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { DEFAULT_RULES } from "../../packages/client/testing/default-rules.ts";
import { FakeService, problem } from "../../packages/client/testing/fake-service.ts";
import { type FilePages, flatten } from "../features/files/file-pages.ts";
import { FILES_KEY } from "../features/files/use-files.ts";
import { ME_KEY } from "../features/session/use-me.ts";
import { followUploads } from "./follow-uploads.ts";

const LIST = [...FILES_KEY, { folder: "" }];
const NOTHING_YET: FilePages = { pages: [{ items: [], next_cursor: null }], pageParams: [null] };

const ME: Me = {
  subject: "ada",
  tenant: "home",
  scopes: [],
  trash_days: null,
  policies: [],
  usage: { files: 0, bytes: 0, pending: 0, pending_bytes: 0 },
};

test("what completes stands in the list, newest first, and counts; what fails does not", async () => {
  const service = new FakeService();
  service.faults.create = [problem("invalid-name", 422)];
  const queue = new UploadQueue(service);
  const queries = new QueryClient();
  queries.setQueryData(LIST, NOTHING_YET);
  queries.setQueryData(ME_KEY, ME);
  followUploads(queue, queries);

  queue.add(
    ["refused", "first", "second"].map((name) => new File(["12345"], name)),
    DEFAULT_RULES,
  );

  await expect
    .poll(() => queries.getQueryData<Me>(ME_KEY)?.usage)
    .toEqual({ files: 2, bytes: 10, pending: 0, pending_bytes: 0 });
  const names = flatten(queries.getQueryData<FilePages>(LIST) ?? NOTHING_YET).map(({ name }) => name);
  expect(names).toEqual(["second", "first"]);
  expect(queries.getQueryState(LIST)?.isInvalidated).toBe(true);
});
