/// <reference types="node" />
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { serving } from "../testing/serving.ts";
import { downloadStream } from "./download-stream.ts";

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
