import { describe, expect, test } from "vitest";
import { HOME, parseRoute, type Route, writeRoute } from "./route.ts";

describe("a route", () => {
  test.each<[Route, string]>([
    [HOME, "#/files"],
    [{ page: "files", folder: "photos/2026", q: "" }, "#/files/photos/2026"],
    [{ page: "files", folder: "100% ü?/#a", q: "x&y" }, "#/files/100%25%20%C3%BC%3F/%23a?q=x%26y"],
    [{ page: "trash" }, "#/trash"],
    [{ page: "links" }, "#/links"],
    [{ page: "admin", tab: "audit" }, "#/admin/audit"],
  ])("%o is written as %s and read again", (route, written) => {
    expect(writeRoute(route)).toBe(written);
    expect(parseRoute(written)).toEqual(route);
  });

  test.each(["#/admin", "#/admin/nothing"])("%j leads to the first of the administrator's tabs", (hash) => {
    expect(parseRoute(hash)).toEqual({ page: "admin", tab: "users" });
  });

  test.each(["", "#", "#/", "#/nothing", "#/files/%"])("%j leads home", (hash) => {
    expect(parseRoute(hash)).toEqual(HOME);
  });
});
