// Print how many bytes the engine takes in a page, gzipped: `node size.mjs DIRECTORY_OF_VITE ENTRY`. What only
// policies of SHA-256 load is left out.
import { gzipSync } from "node:zlib";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [, , root, entry] = process.argv;
const { build } = await import(pathToFileURL(createRequire(`${root}/`).resolve("vite")).href);
const options = { write: false, lib: { entry, formats: ["es"] }, minify: true, modulePreload: false };
const [{ output }] = await build({
  configFile: false,
  logLevel: "error",
  root,
  build: options,
  worker: { format: "es" },
});
const loaded = output.filter(({ fileName }) => !fileName.includes("sha256"));
const sizes = loaded.map(({ code, source }) => gzipSync(code ?? source).length);
console.log(sizes.reduce((sum, size) => sum + size, 0));
