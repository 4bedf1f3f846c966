/// <reference types="node" />
import { once } from "node:events";
import { access, mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import type { RequestListener, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { FakeService } from "../../testing/fake-service.ts";
import { serving } from "../../testing/serving.ts";
import { crc32c, formatCrc32c } from "../crc32c.ts";
import { ChecksumMismatch } from "../failures.ts";
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

test.each([
  ["crc32c:AAAAAA==", null],
  ["sha256:AAAA-2", 5],
])(
  "bytes without the checksum %s are never taken for the file, and nothing is left",
  async (checksum, part_size) => {
    const directory = await mkdtemp(join(tmpdir(), "download-"));
    const answer = (_: unknown, response: ServerResponse) => response.writeHead(206).end("0123456789");
    const { lanes, timer } = new FakeService();
    const work = { signal: new AbortController().signal, onProgress: () => {} };

    await serving({ size: 10, answer }, async (download) => {
      const broker = { downloadFile: async () => ({ ...download, checksum, part_size }) };
      const downloading = downloadFile("id", join(directory, "film.mp4"), { broker, lanes, timer }, work);

      await expect(downloading).rejects.toThrow(ChecksumMismatch);
    });

    expect(await readdir(directory)).toEqual([]);
    await rm(directory, { recursive: true });
  },
);

test("a file that nobody wants any more when it is verified is not there", async () => {
  const directory = await mkdtemp(join(tmpdir(), "download-"));
  const answer = (_: unknown, response: ServerResponse) => response.writeHead(206).end("0123456789");
  const { lanes, timer } = new FakeService();
  const stop = new AbortController();
  const work = { signal: stop.signal, onProgress: () => stop.abort(new Error("nobody wants it")) };

  await serving({ size: 10, answer }, async (download) => {
    const surroundings = { broker: { downloadFile: async () => download }, lanes, timer };
    const downloading = downloadFile("id", join(directory, "film.mp4"), surroundings, work);

    await expect(downloading).rejects.toThrow("nobody wants it");
  });

  expect(await readdir(directory)).toEqual(["film.mp4.part", "film.mp4.part.json"]);
  await rm(directory, { recursive: true });
});

const RANGE = 16 * 1024 * 1024;

test("a download that was cut short goes on where it was", { timeout: 30_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), "download-"));
  const path = join(directory, "film.mp4");
  const size = RANGE + 4;
  const asked: (string | undefined)[] = [];
  const told: number[] = [];
  const answer: RequestListener = async ({ headers: { range } }, response) => {
    asked.push(range);
    if (range !== `bytes=0-${RANGE - 1}`) {
      response.writeHead(206).end("last");
    } else if (asked.length <= 2) {
      await vi.waitFor(() => access(`${path}.part.json`), { timeout: 20_000 });
      response.writeHead(400).end();
    } else {
      response.writeHead(206).end(Buffer.alloc(RANGE, "first"));
    }
  };
  const { lanes, timer } = new FakeService();
  const work = { signal: new AbortController().signal, onProgress: (bytes: number) => told.push(bytes) };

  await serving({ size, answer }, async (download) => {
    const surroundings = { broker: { downloadFile: async () => download }, lanes, timer };
    await expect(downloadFile("id", path, surroundings, work)).rejects.toMatchObject({ status: 400 });

    expect(await readdir(directory)).toEqual(["film.mp4.part", "film.mp4.part.json"]);
    expect(JSON.parse(await readFile(`${path}.part.json`, "utf8"))).toEqual({
      file: "id",
      size,
      checksum: null,
      ranges: [1],
    });
    for (const left of ["film.mp4.part", "film.mp4.part.json"]) {
      expect((await stat(join(directory, left))).mode & 0o777).toBe(0o600);
    }

    await downloadFile("id", path, surroundings, work);
  });

  expect(asked.slice(2)).toEqual([`bytes=0-${RANGE - 1}`]);
  expect(told).toEqual([4, size]);
  const expected = Buffer.concat([Buffer.alloc(RANGE, "first"), Buffer.from("last")]);
  expect(expected.equals(await readFile(path))).toBe(true);
  expect(await readdir(directory)).toEqual(["film.mp4"]);
  await rm(directory, { recursive: true });
});

const NOTES = { file: "id", size: 4, checksum: null, ranges: [0] };

test.each([
  ["another file", { ...NOTES, file: "other" }, true],
  ["a file of another size", { ...NOTES, size: 5 }, true],
  ["a file of other bytes", { ...NOTES, checksum: "crc32c:AAAAAA==" }, true],
  ["a file that nothing tells of", null, true],
  ["this file, but no bytes", NOTES, false],
])("what is left of %s is not taken for a part of this one", async (_, notes, hasBytes) => {
  const directory = await mkdtemp(join(tmpdir(), "download-"));
  const path = join(directory, "a.txt");
  const { lanes, timer } = new FakeService();
  const work = { signal: new AbortController().signal, onProgress: () => {} };
  await writeFile(`${path}.part.json`, JSON.stringify(notes));
  if (hasBytes) {
    await writeFile(`${path}.part`, "left of it");
  }

  await serving(
    { size: 4, answer: (_, response) => response.writeHead(206).end("new!") },
    async (download) => {
      await downloadFile("id", path, { broker: { downloadFile: async () => download }, lanes, timer }, work);
    },
  );

  expect(await readFile(path, "utf8")).toBe("new!");
  expect(await readdir(directory)).toEqual(["a.txt"]);
  await rm(directory, { recursive: true });
});

test.each([
  ["too old is asked for anew", [403], null, 2],
  ["that is no good a second time is not asked for again", [403, 403], 403, 2],
  ["that is refused for another reason is not asked for again", [404], 404, 1],
])("a URL %s", async (_, statuses, status, signed) => {
  const directory = await mkdtemp(join(tmpdir(), "download-"));
  const urls: (string | undefined)[] = [];
  const answer: RequestListener = ({ url }, response) => {
    urls.push(url);
    response.writeHead(statuses[urls.length - 1] ?? 206).end("0123456789");
  };
  const { lanes, timer } = new FakeService();
  const work = { signal: new AbortController().signal, onProgress: () => {} };

  await serving({ size: 10, answer }, async (download) => {
    let count = 0;
    const sign = async () => ({ ...download, url: `${download.url}${++count}` });
    const surroundings = { broker: { downloadFile: sign }, lanes, timer };
    const downloading = downloadFile("id", join(directory, "a.txt"), surroundings, work);

    await (status === null ? downloading : expect(downloading).rejects.toMatchObject({ status }));
  });

  expect(urls).toEqual(["/1", "/2"].slice(0, signed));
  await rm(directory, { recursive: true });
});

test.each(["the other fails", "nobody wants it"])(
  "a range that stands still is let go of when %s",
  async (why) => {
    const directory = await mkdtemp(join(tmpdir(), "download-"));
    const stop = new AbortController();
    const closed: Promise<unknown>[] = [];
    const answer: RequestListener = async ({ headers: { range } }, response) => {
      if (range === `bytes=0-${RANGE - 1}`) {
        closed.push(once(response, "close"));
        response.writeHead(206).write("some");
        return;
      }
      await vi.waitFor(() => expect(closed).toHaveLength(1), { timeout: 20_000 });
      if (why === "the other fails") {
        response.writeHead(400).end();
      } else {
        stop.abort(new Error(why));
      }
    };
    const { lanes, timer } = new FakeService();
    const work = { signal: stop.signal, onProgress: () => {} };

    await serving({ size: RANGE + 4, answer }, async (download) => {
      const surroundings = { broker: { downloadFile: async () => download }, lanes, timer };
      const downloading = downloadFile("id", join(directory, "film.mp4"), surroundings, work);

      await expect(downloading).rejects.toThrow(why === "the other fails" ? "400" : why);
      await Promise.all(closed);
    });

    await rm(directory, { recursive: true });
  },
);
