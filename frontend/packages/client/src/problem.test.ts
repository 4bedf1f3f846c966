import { expect, test } from "vitest";
import { decodeProblem } from "./problem.ts";

test("a refusal carries its slug, its sentence, its members and the wait it asks for", () => {
  const body = JSON.stringify({
    type: "urn:broker:problem:object-too-large",
    title: "The file is too large",
    status: 422,
    detail: "Files may have at most 100 bytes.",
    field: "size",
    limit: 100,
  });

  const problem = decodeProblem(422, body, "2");

  expect({ ...problem }).toEqual({
    name: "Problem",
    status: 422,
    slug: "object-too-large",
    detail: "Files may have at most 100 bytes.",
    members: { field: "size", limit: 100 },
    retryAfter: 2000,
  });
});

test.each([
  ["a proxy's page", "<html>Bad gateway</html>"],
  ["nothing", ""],
  ["something else in JSON", '"no"'],
  ["null", "null"],
  ["a type that is no text", '{"type": 7, "detail": ""}'],
])("%s is a refusal without a word", (_, body) => {
  expect(decodeProblem(502, body, null)).toMatchObject({
    status: 502,
    slug: "about:blank",
    detail: null,
    retryAfter: null,
  });
});

test("a date in Retry-After is not taken for a number of seconds", () => {
  expect(decodeProblem(503, "", "Sun, 22 Nov 2026 12:00:00 GMT").retryAfter).toBeNull();
});

test.each([
  ["expired-token", true],
  ["invalid-token", true],
  ["authentication-required", true],
  ["wrong-credentials", false],
  ["insufficient-scope", false],
])("%s means that the session is over: %s", (slug, expected) => {
  const body = JSON.stringify({ type: `urn:broker:problem:${slug}` });

  expect(decodeProblem(401, body, null).isAuthentication).toBe(expected);
});
