// What the tests have the Node.js client do: `node run.mjs upload|many|download|pending ...`, answered in JSON.
import { createClient } from "@broker/client";

const [, , action, ...given] = process.argv;
const { BROKER_URL, BROKER_TOKENS, CLOCK_MINUTES = "0", HASTE = "1" } = process.env;

const now = Date.now;
Date.now = () => now() + Number(CLOCK_MINUTES) * 60_000;

const later = setTimeout;
globalThis.setTimeout = (act, ms, ...rest) => later(act, ms < 30_000 ? ms : ms / Number(HASTE), ...rest); // watchdogs

const tokens = BROKER_TOKENS.split(" ");
const client = createClient({
  baseUrl: BROKER_URL,
  token: () => tokens[0],
  renew: async () => tokens.shift() && tokens.length > 0,
});

const ACTIONS = {
  async upload(path, policy = "default") {
    const told = [];
    const file = await client.upload(path, { policy, onProgress: (bytes) => told.push(bytes) });
    return { ...file, told: told.at(-1) };
  },
  async memory(name, text) {
    return await client.upload(Buffer.from(text), { name, type: "text/plain" });
  },
  async many(...paths) {
    const { signal } = new AbortController();
    return await Promise.all(paths.map((path) => client.upload(path, { signal })));
  },
  async download(id, path) {
    let most = 0; // not what the system calls the maximum: that begins with the process that started this one
    const onProgress = () => {
      most = Math.max(most, process.memoryUsage.rss());
    };
    await client.download(id, path, { onProgress });
    return { rss: most };
  },
  async share(id) {
    const share = await client.shares.create(id, { expiresIn: 60, maxDownloads: 2, password: "open sesame" });
    const listed = await client.shares.list({ file: id });
    await client.shares.revoke(share.id);
    return { share, listed: listed.items, left: (await client.shares.list()).items };
  },
  async shareFolder(path) {
    const shared = await client.shares.createForFolder(path, { maxDownloads: 2 });
    const limits = { maxFiles: 3, maxBytes: 1000, title: "Yours", message: "Thanks", expiresIn: 60 };
    const receiving = await client.shares.receive(path, limits);
    return { made: [receiving, shared], listed: (await client.shares.list({ folder: path })).items };
  },
  async folders() {
    const { folders } = client;
    const paths = async (wanted) => (await folders.list(wanted)).items.map(({ path }) => path);
    const made = await folders.create("empty");
    const moved = await folders.move("inbox", "archive");
    const there = [await paths(), await paths({ parent: "archive" })];
    const at = await folders.trash("archive");
    const left = await paths();
    const restored = await folders.restore("archive", at);
    return { made, moved, there, left, restored, files: (await client.files.list()).items };
  },
  async pending() {
    return (await client.uploads.pending()).items;
  },
};

try {
  console.log(JSON.stringify(await ACTIONS[action](...given)));
} catch (error) {
  console.log(JSON.stringify({ error: error.name, slug: error.slug, status: error.status, text: error.message }));
}
