import { BrokerUnreachable, Problem, SourceTooLarge, StoreRefused } from "@broker/client";
import { expect, test } from "vitest";
import { explainError } from "./explain-error.ts";

function problem(slug: string, detail: string | null): Problem {
  return new Problem({ status: 422, slug, detail, members: {}, retryAfter: null });
}

test.each([
  [
    "our own words come before the broker's",
    problem("wrong-credentials", "Nope."),
    "The user name or the password is wrong.",
  ],
  [
    "the broker's sentence is shown where we have none",
    problem("policy-violation", "Only names with letters are taken."),
    "Only names with letters are taken.",
  ],
  ["a refusal without a word", problem("about:blank", null), "Something went wrong. Try again."],
  [
    "no connection",
    new BrokerUnreachable(),
    "The service does not answer. Check your connection and try again.",
  ],
  [
    "the store's refusal",
    new StoreRefused({ status: 403, code: null }),
    "The storage refused the file (403).",
  ],
  [
    "a file above the limit",
    new SourceTooLarge({ limit: 60_000_000 }),
    "The file is larger than 60 MB, the most that is allowed.",
  ],
  ["a bug says nothing technical", new TypeError("x is undefined"), "Something went wrong. Try again."],
])("%s", (_, error, expected) => {
  expect(explainError(error)).toBe(expected);
});
