import { afterEach, describe, expect, test, vi } from "vitest";
import { crc32c } from "../crc32c.ts";
import { wideCrc32c } from "./wide-crc32c.ts";

const BYTES = Uint8Array.from({ length: 200_000 }, (_, index) => Math.imul(index, 2_654_435_761) >>> 21);

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("the CRC32C of 16 bytes at a time", () => {
  // what is folded at all, one page of memory, two, and odd ends
  test.each([0, 16_383, 16_384, 16_385, 62_191, 62_192, 65_535, 65_536, 65_537, 127_728, 199_999])(
    "is that of the table for %i bytes, wherever they begin",
    (size) => {
      for (const start of [0, 1, 3]) {
        const bytes = BYTES.subarray(start, start + size);

        expect(wideCrc32c(bytes)).toBe(crc32c(bytes));
        expect(wideCrc32c(bytes, 0x1234_5678)).toBe(crc32c(bytes, 0x1234_5678));
      }
    },
  );

  test("is computed without WebAssembly too", async () => {
    vi.stubGlobal("WebAssembly", undefined);
    vi.resetModules();
    const without = await import("./wide-crc32c.ts");

    expect(without.wideCrc32c(BYTES)).toBe(crc32c(BYTES));
  });

  test("sees each bit", () => {
    const bytes = BYTES.slice(0, 70_000);
    const whole = wideCrc32c(bytes);

    for (let at = 0; at < bytes.length; at += 1009) {
      const damaged = bytes.with(at, (bytes[at] as number) ^ (1 << (at % 8)));

      expect(wideCrc32c(damaged)).toBe(crc32c(damaged));
      expect(wideCrc32c(damaged)).not.toBe(whole);
    }
  });
});
