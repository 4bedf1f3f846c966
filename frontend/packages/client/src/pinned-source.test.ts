import { expect, test, vi } from "vitest";
import { PinnedSource } from "./pinned-source.ts";
import { SMALL } from "./source.ts";

test("a pinned source has the facts and the bytes of the file", async () => {
  const source = new PinnedSource(new File(["abcdef"], "a.txt", { type: "text/plain" }));

  const { name, type, size } = source;

  expect({ name, type, size }).toEqual({ name: "a.txt", type: "text/plain", size: 6 });
  expect(await new Response(await source.slice(1, 3).arrayBuffer()).text()).toBe("bc");
  expect(await new Response(await source.arrayBuffer()).text()).toBe("abcdef");
  expect(await new Response(source.stream() as ReadableStream).text()).toBe("abcdef");
});

test("a large file is asked for its size once, and cut once", () => {
  const file = new File([new Uint8Array(SMALL + 1)], "a.bin");
  const size = vi.spyOn(file, "size", "get");
  const slice = vi.spyOn(file, "slice");

  const source = new PinnedSource(file);
  source.slice();
  source.slice(0, source.size);
  source.slice(2, source.size);
  source.slice(0, 2);

  expect([size.mock.calls.length, slice.mock.calls.length]).toEqual([1, 1]);
});

test("a small file is read once until it is released", async () => {
  const file = new File(["abcdef"], "a.txt");
  const read = vi.spyOn(file, "arrayBuffer");
  const slice = vi.spyOn(file, "slice");
  const source = new PinnedSource(file);

  await source.slice().arrayBuffer();
  await source.slice().arrayBuffer();
  const before = read.mock.calls.length;
  source.release();
  await source.arrayBuffer();

  expect([before, read.mock.calls.length, slice.mock.calls.length]).toEqual([1, 2, 0]);
});

test("a small file that has another size by now is not taken for what it was", async () => {
  const file = new File(["abcdef"], "a.txt");
  const source = new PinnedSource(file);
  vi.spyOn(file, "arrayBuffer").mockResolvedValue(new ArrayBuffer(7));

  await expect(source.arrayBuffer()).rejects.toThrow("a.txt was changed");
});
