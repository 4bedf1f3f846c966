/// <reference types="node" />
import { expect, test } from "vitest";
import { named } from "./named.ts";

const FILE = new File(["hello"], "own.txt", { type: "text/plain" });

test.each([
  ["a File", FILE, {}, { name: "own.txt", type: "text/plain" }],
  ["a File by another name", FILE, { name: "other.md" }, { name: "other.md", type: "text/plain" }],
  ["a File of another type", FILE, { type: "text/csv" }, { name: "own.txt", type: "text/csv" }],
  ["a Blob", new Blob(["hello"]), { name: "blob.txt" }, { name: "blob.txt", type: "" }],
  ["a Buffer", Buffer.from("hello"), { name: "b.txt", type: "text/x" }, { name: "b.txt", type: "text/x" }],
])("%s is taken as it is called", async (_, given, naming, expected) => {
  const source = named(given, naming);

  expect(source).toMatchObject({ ...expected, size: 5 });
  expect(await new Response(source.slice(1, 4).stream() as ReadableStream).text()).toBe("ell");
  expect(new TextDecoder().decode(await source.arrayBuffer())).toBe("hello");
});

test("a buffer that is written to afterwards is sent as it was", async () => {
  const buffer = Buffer.from("hello");
  const source = named(buffer, { name: "b.txt" });

  buffer.fill("x");

  expect(new TextDecoder().decode(await source.arrayBuffer())).toBe("hello");
});

test("bytes without a name are refused", () => {
  expect(() => named(new Blob(["hello"]), {})).toThrow("Bytes need a name");
});
