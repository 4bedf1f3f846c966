import { expect, test } from "vitest";
import { readClaims } from "./read-claims.ts";

/** Write base64url, as a JWT has it. */
function encode(value: string): string {
  const binary = String.fromCharCode(...new TextEncoder().encode(value));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

test("claims are read whatever characters they have", () => {
  const claims = { sub: "größe ✓ 日本", list: ["??>>~~"] };

  expect(readClaims(`h.${encode(JSON.stringify(claims))}.s`)).toEqual(claims);
});

test.each(["", "opaque", "a.b.c", `h.${encode("null")}.s`, `h.${encode("{")}.s`])(
  "%j has no claims",
  (token) => {
    expect(readClaims(token)).toEqual({});
  },
);
