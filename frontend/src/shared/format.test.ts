import { describe, expect, test } from "vitest";
import { formatPercent, formatSize, formatUntil, formatWhen } from "./format.ts";

describe("formatSize", () => {
  test.each([
    [0, "0 bytes"],
    [1, "1 byte"],
    [999, "999 bytes"],
    [1000, "1 kB"],
    [1234, "1.2 kB"],
    [99_949, "99.9 kB"],
    [123_456, "123 kB"],
    [999_500, "1 MB"],
    [16 * 1024 * 1024, "16.8 MB"],
    [5 * 1024 ** 3, "5.4 GB"],
    [5 * 1024 ** 4, "5.5 TB"],
    [2e18, "2,000 PB"],
  ])("%d bytes are %s", (bytes, expected) => {
    expect(formatSize(bytes, "en")).toBe(expected);
  });
});

describe("formatPercent", () => {
  test.each([
    [0, "0%"],
    [0.999, "99%"],
    [1, "100%"],
  ])("%d is %s, never rounded up", (fraction, expected) => {
    expect(formatPercent(fraction, "en")).toBe(expected);
  });
});

describe("formatWhen", () => {
  // local times, so that the test means the same in every time zone
  const now = new Date(2026, 2, 1, 0, 30);

  test.each([
    ["earlier today", new Date(2026, 2, 1, 0, 5), "Today, 00:05"],
    ["late yesterday", new Date(2026, 1, 28, 23, 55), "Yesterday, 23:55"],
    ["before that", new Date(2026, 1, 27, 23, 59), "27 Feb"],
    ["last year", new Date(2025, 11, 31), "31 Dec 2025"],
  ])("is as near as %s needs", (_, date, expected) => {
    expect(formatWhen(date.toISOString(), { now, locale: "en-GB" })).toBe(expected);
  });

  test("begins no sentence behind other words", () => {
    expect(formatUntil(now.toISOString(), { now, locale: "en-GB" })).toBe("00:30 today");
  });
});
