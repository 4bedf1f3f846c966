/// <reference types="node" />
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { FakeService } from "../../testing/fake-service.ts";
import { serving } from "../../testing/serving.ts";
import { crc32c, formatCrc32c } from "../crc32c.ts";
import { downloadFile } from "./download-file.ts";

const FULL = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });

afterEach(() => vi.restoreAllMocks());

/** Have what is done to any file fail, as on a full disk. */
async function fillDisk(directory: string, { at }: { at: "write" | "truncate" }): Promise<void> {
  const file = await open(join(directory, "any"), "w");
  vi.spyOn(Object.getPrototypeOf(file), at).mockRejectedValue(FULL);
  await file.close();
}

test("a full disk is told at once, and as what it is", async () => {
  const directory = await mkdtemp(join(tmpdir(), "download-"));
  const answer = (_: unknown, response: ServerResponse) => response.writeHead(206).end("0123456789");
  const { lanes, timer, waits } = new FakeService();
  const work = { signal: new AbortController().signal, onProgress: () => {} };
  await fillDisk(directory, { at: "write" });

  await serving({ size: 10, answer }, async (download) => {
    const surroundings = { broker: { downloadFile: async () => download }, lanes, timer };
    const downloading = downloadFile("id", join(directory, "film.mp4"), surroundings, work);

    await expect(downloading).rejects.toBe(FULL);
  });

  expect(waits).toEqual([]);
  await rm(directory, { recursive: true });
});

test("a disk without room is told before anything is fetched", async () => {
  const directory = await mkdtemp(join(tmpdir(), "download-"));
  const { lanes, timer } = new FakeService();
  const use = vi.spyOn(lanes, "use");
  const work = { signal: new AbortController().signal, onProgress: () => {} };
  await fillDisk(directory, { at: "truncate" });

  await serving({ size: 10, answer: () => {} }, async (download) => {
    const surroundings = { broker: { downloadFile: async () => download }, lanes, timer };
    const downloading = downloadFile("id", join(directory, "film.mp4"), surroundings, work);

    await expect(downloading).rejects.toBe(FULL);
  });

  expect(use).not.toHaveBeenCalled();
  await rm(directory, { recursive: true });
});

test.each(["directory", "missing/"])("nothing but a file gives way to a download: %s", async (place) => {
  const root = await mkdtemp(join(tmpdir(), "download-"));
  await mkdir(join(root, "directory"));
  const { lanes, timer } = new FakeService();
  const downloadFileOf = vi.fn();
  const work = { signal: new AbortController().signal, onProgress: () => {} };

  const downloading = downloadFile(
    "id",
    `${root}/${place}`,
    { broker: { downloadFile: downloadFileOf }, lanes, timer },
    work,
  );

  await expect(downloading).rejects.toThrow("is not a regular file");
  expect(downloadFileOf).not.toHaveBeenCalled();
  await rm(root, { recursive: true });
});

test("a range whose answer ends too soon is fetched again, also where no checksum would tell", async () => {
  const directory = await mkdtemp(join(tmpdir(), "download-"));
  const path = join(directory, "film.mp4");
  const answers = ["01234", "0123456789"];
  const answer = (_: unknown, response: ServerResponse) => response.writeHead(206).end(answers.shift());
  const { lanes, timer, waits } = new FakeService();
  const work = { signal: new AbortController().signal, onProgress: () => {} };

  await serving({ size: 10, answer }, async (download) => {
    await downloadFile("id", path, { broker: { downloadFile: async () => download }, lanes, timer }, work);
  });

  expect(await readFile(path, "utf8")).toBe("0123456789");
  expect(waits).toHaveLength(1);
  await rm(directory, { recursive: true });
});

test.each([
  ["the same file", "0123456789", 0],
  ["another file of its size", "9876543210", 1],
  ["a shorter one", "01234", 1],
])("what is there is fetched only if it is not the file: %s", async (_, content, requests) => {
  const directory = await mkdtemp(join(tmpdir(), "download-"));
  const path = join(directory, "film.mp4");
  await writeFile(path, content);
  const answer = vi.fn((_: unknown, response: ServerResponse) => response.writeHead(206).end("0123456789"));
  const { lanes, timer } = new FakeService();
  const onProgress = vi.fn();
  const work = { signal: new AbortController().signal, onProgress };
  const checksum = formatCrc32c(crc32c(new TextEncoder().encode("0123456789")));

  await serving({ size: 10, answer }, async (signed) => {
    const download = { ...signed, checksum };
    await downloadFile("id", path, { broker: { downloadFile: async () => download }, lanes, timer }, work);
  });

  expect(await readFile(path, "utf8")).toBe("0123456789");
  expect(answer).toHaveBeenCalledTimes(requests);
  expect(onProgress).toHaveBeenLastCalledWith(10);
  await rm(directory, { recursive: true });
});
