import { expect, test } from "vitest";
import vectors from "../../../../../tests/vectors/partial_name.json";
import { partialName } from "./partial-name.ts";

test.each(vectors.names)("an unfinished download of $name has the same name in every client", (vector) => {
  expect(partialName(vector.name)).toBe(vector.partial);
});
