// Print the page's script in one piece: `node build.mjs DIRECTORY_OF_VITE`.
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const [, , root] = process.argv;
const { build } = await import(pathToFileURL(createRequire(`${root}/`).resolve("vite")).href);
const entry = fileURLToPath(new URL("page.js", import.meta.url));
const options = { write: false, lib: { entry, formats: ["es"], name: "page" } };
const [{ output }] = await build({ configFile: false, logLevel: "error", build: options });
console.log(output[0].code);
