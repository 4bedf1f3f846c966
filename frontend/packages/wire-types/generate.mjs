// Print the TypeScript types of what the broker takes and answers, from its OpenAPI document on stdin.

import { stdin, stdout } from "node:process";
import { text } from "node:stream/consumers";
import openapiTS, { astToString } from "openapi-typescript";

const HEADING = "// Made by `make types` of broker/schemas: not to be changed by hand.\n\n";

/** Of an operation only its query: shapes have names of their own, and problems are alike (problem.ts). */
function keepQueries(paths) {
  return Object.fromEntries(
    Object.entries(paths).flatMap(([path, operations]) => {
      const kept = Object.entries(operations).flatMap(([method, { operationId, parameters = [] }]) => {
        const query = parameters.filter((each) => each.in === "query");
        return query.length === 0 ? [] : [[method, { operationId, parameters: query, responses: {} }]];
      });
      return kept.length === 0 ? [] : [[path, Object.fromEntries(kept)]];
    }),
  );
}

const document = JSON.parse(await text(stdin));
const nodes = await openapiTS(
  { ...document, paths: keepQueries(document.paths) },
  { immutable: true, defaultNonNullable: false },
);
stdout.write(HEADING + astToString(nodes));
