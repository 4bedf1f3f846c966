/// <reference types="node" />
import { appendFile, mkdtemp, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SourceUnreadable } from "../failures.ts";
import { DiskFile } from "./disk-file.ts";

const MIB = 1024 * 1024;
const CONTENT = Buffer.concat(["a", "b", "c"].map((letter) => Buffer.alloc(MIB, letter)));
const CHOSEN = new Date("2026-11-22T12:00:00Z");

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "disk-file-"));
  path = join(directory, "film.mp4");
  await writeFile(path, CONTENT);
  await utimes(path, CHOSEN, CHOSEN);
});

afterEach(() => rm(directory, { recursive: true }));

test.each([
  [0, undefined],
  [MIB - 1, 2 * MIB + 1],
  [5, 5],
  [5, 4],
  [3 * MIB - 1, 4 * MIB],
  [4 * MIB, 5 * MIB],
])("from %i to %s there are the bytes that a Blob has there, and in a slice of that", async (start, end) => {
  const file = await DiskFile.open(path);

  const [slice, expected] = [file, new Blob([CONTENT])].map((bytes) => bytes.slice(start, end));

  expect(slice?.size).toBe(expected?.size);
  expect(await textOf(slice)).toBe(await textOf(expected));
  expect(await textOf(slice?.slice(1, 3))).toBe(await textOf(expected?.slice(1, 3)));
});

async function textOf(bytes: { arrayBuffer(): Promise<ArrayBuffer> } | undefined): Promise<string> {
  return new TextDecoder().decode(await bytes?.arrayBuffer());
}

test("a piece stays what it is while the next one is read, for it is still being sent", async () => {
  const file = await DiskFile.open(path);
  const pieces: Uint8Array[] = [];
  const seen: string[] = [];

  for await (const piece of file.stream()) {
    pieces.push(piece);
    seen.push(
      pieces
        .slice(-2)
        .map((each) => String.fromCharCode(each[0] ?? 0, each.at(-1) ?? 0))
        .join(" "),
    );
  }

  expect(seen).toEqual(["aa", "aa bb", "bb cc"]);
});

test.each([
  ["grew", () => appendFile(path, "d")],
  ["shrank", () => truncate(path, 3 * MIB - 1)],
  ["is empty now", () => truncate(path, 0)],
])("a file that %s is not read, though it says that it is as old", async (_, change) => {
  const file = await DiskFile.open(path);

  await change();
  await utimes(path, CHOSEN, CHOSEN);

  await expect(file.arrayBuffer()).rejects.toThrow("was changed");
});

test("a file that is written to while it is read is not read to its end", async () => {
  const file = await DiskFile.open(path);
  const pieces = file.stream();
  await pieces.next();

  await utimes(path, CHOSEN, new Date("2026-11-22T12:00:01Z"));

  await pieces.next();
  await expect(pieces.next()).rejects.toThrow("was changed");
});

test("a file has the name of its path, if it is given no other", async () => {
  expect(await DiskFile.open(path)).toMatchObject({ name: "film.mp4", type: "", size: 3 * MIB });
  expect(await DiskFile.open(path, { name: "a.txt", type: "text/plain" })).toMatchObject({
    name: "a.txt",
    type: "text/plain",
  });
});

test("what is no file has no bytes to be sent", async () => {
  await expect(DiskFile.open(directory)).rejects.toThrow(SourceUnreadable);
});
