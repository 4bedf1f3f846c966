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

/** Have minutes pass in a moment, and no time between two tries; says how long was to be waited. */
function hasten(): number[] {
  const asked: number[] = [];
  const later = globalThis.setTimeout;
  vi.stubGlobal("setTimeout", (act: () => void, milliseconds: number, ...rest: unknown[]) => {
    asked.push(milliseconds);
    return later(act, milliseconds / 100, ...rest);
  });
  vi.spyOn(Math, "random").mockReturnValue(0);
  return asked;
}

test.each([
  ["in the middle", 30, "01234", ["bytes=0-9", "bytes=5-9"]],
  ["before its answer", 120, "", ["bytes=0-9", "bytes=0-9"]],
])("a download that stands still %s for %i s is taken up", async (_, seconds, first, expected) => {
  const waits = hasten();
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

    expect(await content).toBe("0123456789");
  });

  expect(asked).toEqual(expected);
  expect(waits).toContain(seconds * 1000);
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
