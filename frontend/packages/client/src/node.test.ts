/// <reference types="node" />
import { expect, test } from "vitest";
import { createClient } from "./node.ts";

test.each([
  "",
  "files.example.org",
  "localhost:8000",
  "ftp://files.example.org",
  "http://",
  "https://eve@files",
  "https://files/?a",
])("%j is told to be no address at once", (baseUrl) => {
  expect(() => createClient({ baseUrl, token: "t" })).toThrow("is not an address");
});

const WRONG = [process.env.NOBODY_SETS_THIS as string, "", "two\nlines", "größe"];

test.each(WRONG)("%j is told to be no token at once", (token) => {
  expect(() => createClient({ baseUrl: "https://files.example.org", token })).toThrow("A token is a text");
});

test.each([...WRONG, Promise.resolve("t") as unknown as string])(
  "%j is told to be no token when a function returns it",
  async (token) => {
    const client = createClient({ baseUrl: "http://127.0.0.1:1", token: () => token });

    await expect(client.upload(Buffer.from("x"), { name: "x" })).rejects.toThrow("A token is a text");
  },
);

test("a token may come from a file with its line break", () => {
  createClient({ baseUrl: "https://files.example.org", token: "eyJ0.eyJz.c2ln\n" });
});
