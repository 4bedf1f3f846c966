/// <reference types="node" />
import { expect, test } from "vitest";
import { createClient } from "./node.ts";

test.each(["", "files.example.org", "localhost:8000", "ftp://files.example.org", "http://"])(
  "%j is told to be no address at once",
  (baseUrl) => {
    expect(() => createClient({ baseUrl, token: "t" })).toThrow("is not an address");
  },
);

test("a token that a program forgot to set is told at once", () => {
  const token = process.env.NOBODY_SETS_THIS as string;

  expect(() => createClient({ baseUrl: "https://files.example.org", token })).toThrow("Give a token");
});
