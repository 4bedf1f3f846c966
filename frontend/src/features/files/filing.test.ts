import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { storedFile } from "../../../packages/client/testing/stored-file.ts";
import { PageBroker } from "../../shared/page-broker.ts";
import { Toaster } from "../../shared/toaster.ts";
import { Filing, mayMove } from "./filing.ts";

const here = storedFile({ folder: "a" });

test.each([
  [{ files: [here], folders: [] }, "", true],
  [{ files: [here], folders: [] }, "a", false],
  [{ files: [here], folders: ["b"] }, "a", true],
  [{ files: [], folders: ["a"] }, "a", false],
  [{ files: [], folders: ["a"] }, "a/b", false],
  [{ files: [], folders: ["a"] }, "ab", true],
  [{ files: [], folders: ["a/b"] }, "a", false],
  [{ files: [], folders: ["a/b"] }, "", true],
])("whether %o may be moved to %o: %s", (chosen, to, expected) => {
  expect(mayMove(chosen, to)).toBe(expected);
});

/** A broker that changes none of two files: the name of the first is taken, a policy keeps the other. */
function refusing(): PageBroker {
  const problems = [
    { type: "urn:broker:problem:name-taken", status: 409 },
    { type: "urn:broker:problem:policy-violation", status: 422, detail: "Only pictures go there." },
  ];
  const fetch = async () => Response.json({ items: problems.map((problem) => ({ problem })) });
  return new PageBroker({ token: () => "token", fetch });
}

test("files whose names are taken are asked about, also when others are refused", async () => {
  const toaster = new Toaster();
  const filing = new Filing({ broker: refusing(), queries: new QueryClient(), toaster });
  const files = [storedFile({ id: "1", folder: "a" }), storedFile({ id: "2", folder: "a" })];
  const trashed = files.map((file) => ({ ...file, trashed_at: "2026-11-23T12:00:00Z" }));

  const moved = await filing.move({ files, folders: [] }, "b");
  const restored = await filing.restore(trashed);

  expect(moved).toEqual({ files: [files[0]], change: { folder: "b" } });
  expect(restored).toEqual({ files: [trashed[0]], change: { trashed: false } });
  expect(toaster.getSnapshot()).toMatchObject({ tone: "danger", text: "Only pictures go there." });
});
