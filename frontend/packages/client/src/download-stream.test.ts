/// <reference types="node" />
import { once } from "node:events";
import type { RequestListener, ServerResponse } from "node:http";
import { afterEach, expect, test, vi } from "vitest";
import { serving } from "../testing/serving.ts";
import { downloadStream } from "./download-stream.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Collect the watchdogs of so many seconds, which bark when the test has them; no time passes between two tries. */
function collectWatchdogs(seconds: number): (() => void)[] {
  const watchdogs: (() => void)[] = [];
  const later = globalThis.setTimeout;
  vi.stubGlobal("setTimeout", (act: () => void, milliseconds: number, ...rest: unknown[]) =>
    milliseconds === seconds * 1000 ? watchdogs.push(act) : later(act, milliseconds, ...rest),
  );
  vi.spyOn(Math, "random").mockReturnValue(0);
  return watchdogs;
}

test.each([
  ["in the middle", 30, 2, "01234", ["bytes=0-9", "bytes=5-9"]],
  ["before its answer", 120, 1, "", ["bytes=0-9", "bytes=0-9"]],
])("a download that stands still %s for %i s is taken up", async (_, seconds, reads, first, expected) => {
  const watchdogs = collectWatchdogs(seconds);
  const asked: (string | undefined)[] = [];
  const answer: RequestListener = ({ headers: { range } }, response) => {
    asked.push(range);
    if (asked.length > 1) {
      response.writeHead(206).end("0123456789".slice(first.length));
    } else if (first !== "") {
      response.writeHead(206, { "content-length": 10 }).write(first);
    }
  };

  await serving({ size: 10, answer }, async (download) => {
    const content = new Response(downloadStream({ downloadFile: async () => download }, "id")).text();
    await vi.waitFor(() => expect([asked.length, watchdogs.length]).toEqual([1, reads]), { timeout: 20_000 });
    watchdogs.at(-1)?.();

    expect(await content).toBe("0123456789");
  });

  expect(asked).toEqual(expected);
});

test("a download that nobody wants any more lets go of its connection, also of one that stands still", async () => {
  const answers: ServerResponse[] = [];
  const answer = (_: unknown, response: ServerResponse) => {
    answers.push(response);
    response.writeHead(206, { "content-length": 1000 }).write("some");
  };
  await serving({ size: 1000, answer }, async (download) => {
    const reader = downloadStream({ downloadFile: async () => download }, "id").getReader();
    await reader.read();
    const closed = answers.map((response) => once(response, "close"));

    await reader.cancel();

    expect(await Promise.all(closed)).toHaveLength(1);
  });
});
