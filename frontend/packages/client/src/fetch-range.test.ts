/// <reference types="node" />
import { once } from "node:events";
import type { RequestListener } from "node:http";
import { expect, test } from "vitest";
import { serving } from "../testing/serving.ts";
import { fetchRange } from "./fetch-range.ts";

/** Fetch the first ten bytes of a store that answers so. */
async function fetchTen(answer: RequestListener, signal = new AbortController().signal): Promise<string> {
  let text = "";
  await serving({ size: 100, answer }, async (download) => {
    const request = { ...download, headers: { "x-asked-for": "this" } };
    for await (const chunk of fetchRange(request, { start: 0, end: 10, signal })) {
      text += new TextDecoder().decode(chunk);
    }
  });
  return text;
}

test("what is asked for is what was presigned, and so many bytes of it", async () => {
  const asked: unknown[] = [];

  const text = await fetchTen(({ method, headers }, response) => {
    asked.push([method, headers["x-asked-for"], headers.range]);
    response.writeHead(206).end("0123456789");
  });

  expect(text).toBe("0123456789");
  expect(asked).toEqual([["GET", "this", "bytes=0-9"]]);
});

test.each([
  [400, "<Error><Code>RequestTimeout</Code></Error>", { status: 400, code: "RequestTimeout" }],
  [502, "", { status: 502, code: null }],
  [200, "the whole, of a store that knows no ranges", { name: "StoreRefused", status: 200 }],
  [206, "012345678", { name: "StoreUnreachable" }],
  [206, "0123456789+", { name: "StoreUnreachable" }],
])("an answer of %i that is %j is not taken for the bytes", async (status, content, expected) => {
  const fetching = fetchTen((_, response) => response.writeHead(status).end(content));

  await expect(fetching).rejects.toMatchObject(expected);
});

test("who gives up hears their own reason", async () => {
  const stop = new AbortController();
  const reason = new Error("nobody wants it");

  await expect(fetchTen(() => stop.abort(reason), stop.signal)).rejects.toBe(reason);
});

test("whoever stops before the end lets go of the connection", async () => {
  const closed: Promise<unknown>[] = [];
  const answer: RequestListener = (_, response) => {
    closed.push(once(response, "close"));
    response.writeHead(206).write("some");
  };

  await serving({ size: 100, answer }, async (download) => {
    const fetching = fetchRange(download, { start: 0, end: 10, signal: new AbortController().signal });
    await fetching.next();
    await fetching.return();

    expect(await Promise.all(closed)).toHaveLength(1);
  });
});
