// POST /digests {"file": "<id>"}: fetch a file, hash it, and store `<name>.sha256` beside it.
// BROKER_URL and BROKER_TOKEN (of `broker token issue`) say where the broker is and who this back end is.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { createClient, Problem } from "@broker/client";

const { BROKER_URL, BROKER_TOKEN, PORT = "3000" } = process.env;
const client = createClient({ baseUrl: BROKER_URL, token: BROKER_TOKEN });

const server = createServer(async (request, response) => {
  const answer = (status, body) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  if (request.method !== "POST" || request.url !== "/digests") {
    answer(404, { error: "There is only POST /digests." });
    return;
  }
  try {
    const { file } = await json(request);
    answer(201, await storeDigest(String(file)));
  } catch (error) {
    if (error instanceof Problem) {
      answer(error.status, { error: error.message }); // of a file that is not there, or not ours
    } else {
      console.error(error);
      answer(500, { error: "Something went wrong." });
    }
  }
});

/** The bytes go to a disk of ours and never into memory, however many they are. */
async function storeDigest(id) {
  const directory = await mkdtemp(join(tmpdir(), "digest-"));
  const path = join(directory, "file");
  try {
    const { name } = await client.files.get(id);
    await client.download(id, path);
    const hash = createHash("sha256");
    await pipeline(createReadStream(path), hash);
    const digest = hash.digest("hex");
    const text = `${digest}  ${name}\n`;
    const stored = await client.upload(new File([text], `${name}.sha256`, { type: "text/plain" }));
    return { digest, file: stored.id };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

server.listen(Number(PORT), "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
