import { randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import type { Broker } from "../broker.ts";
import { ChecksumMismatch, StoreRefused } from "../failures.ts";
import { type ByteRange, fetchRange } from "../fetch-range.ts";
import type { Lanes } from "../lanes.ts";
import { persist, type Timer } from "../retry.ts";
import type { Work } from "../transport.ts";
import { createVerifier } from "../verify.ts";
import type { Download } from "../wire.ts";
import { DiskFile } from "./disk-file.ts";
import { nativeHashers } from "./native-hashers.ts";
import { partialName } from "./partial-name.ts";

const RANGE = 16 * 1024 * 1024;
const CHUNK = 4 * 1024 * 1024;
const PARALLEL = 4;

/** What an unfinished download has fetched, as the Python client notes it too. */
interface Notes {
  readonly file: string;
  readonly size: number;
  readonly checksum: string | null;
  readonly ranges: number[];
}

interface Surroundings {
  readonly broker: Pick<Broker, "downloadFile">;
  readonly lanes: Pick<Lanes, "use">;
  readonly timer: Timer;
}

/**
 * Fetch a file to a path: ranges side by side into a file beside it, verified, and only then named so. Cut short, the
 * same call goes on where it was, also when the Python client had begun. Nothing is fetched of what is there already.
 *
 * @throws ChecksumMismatch after which nothing is left; Error for a path that no file can have.
 */
export async function downloadFile(
  id: string,
  path: string,
  { broker, lanes, timer }: Surroundings,
  { signal, onProgress }: Work,
): Promise<void> {
  await refuseOthers(path);
  const sign = (until: AbortSignal) =>
    persist(() => broker.downloadFile(id, {}, { signal: until }), { timer, signal: until });
  let download = await sign(signal);
  if (await isThere(path, download, signal)) {
    onProgress(download.size);
    return;
  }
  const partial = join(dirname(path), partialName(basename(path)));
  const notes = await readNotes(partial, { file: id, size: download.size, checksum: download.checksum });
  const count = Math.ceil(download.size / RANGE);
  const missing = Array.from({ length: count }, (_, index) => index).filter(
    (index) => !notes.ranges.includes(index),
  );
  const lengthOf = (index: number) => Math.min(RANGE, download.size - index * RANGE);
  let fetched = notes.ranges.reduce((sum, index) => sum + lengthOf(index), 0);

  const target = await open(partial, notes.ranges.length > 0 ? "r+" : "w+", 0o600);
  const stop = new AbortController();
  const ending = AbortSignal.any([signal, stop.signal]);
  const drain = async () => {
    for (let index = missing.shift(); index !== undefined; index = missing.shift()) {
      const start = index * RANGE;
      const end = start + lengthOf(index);
      const attempt = () =>
        lanes.use(ending, () => fetchInto(target, download, { start, end, signal: ending }));
      const options = { timer, signal: ending };
      try {
        await persist(attempt, options);
      } catch (error) {
        if (!(error instanceof StoreRefused && error.status === 403)) {
          throw error;
        }
        download = await sign(ending);
        await persist(attempt, options);
      }
      fetched += end - start;
      onProgress(fetched);
      await target.sync(); // what is noted has to be there after a power failure too
      notes.ranges.push(index);
      await writeNotes(partial, notes);
    }
  };
  const drains: Promise<void>[] = [];
  try {
    await target.truncate(download.size);
    drains.push(...Array.from({ length: PARALLEL }, drain)); // now: nobody would hear of one that fails earlier
    await Promise.all(drains);
  } finally {
    stop.abort();
    await Promise.allSettled(drains);
    await target.close();
  }
  await verify(partial, download, signal);
  await rename(partial, path);
  await rm(`${partial}.json`, { force: true });
}

/** Nothing but a file gives way: a device would be gone, and a directory is told before gigabytes are fetched. */
async function refuseOthers(path: string): Promise<void> {
  const there = await stat(path).catch(() => null);
  if (there === null ? path.endsWith(sep) : !there.isFile()) {
    throw new Error(`${path} is not a regular file`);
  }
}

/** What the disk says is not the store's fault: a disk that is full stays so however often it is tried. */
async function fetchInto(target: FileHandle, download: Download, range: ByteRange): Promise<void> {
  let at = range.start;
  for await (const chunk of fetchRange(download, range)) {
    await target.write(chunk, 0, chunk.byteLength, at);
    at += chunk.byteLength;
  }
}

/** What cannot be read gives way. */
async function isThere(path: string, download: Download, signal: AbortSignal): Promise<boolean> {
  try {
    return (await stat(path)).size === download.size && (await isWhole(path, download, signal)) === true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

/** Say whether a file is what it should be; null where nothing is known of that. */
async function isWhole(path: string, download: Download, signal: AbortSignal): Promise<boolean | null> {
  const bytes = await DiskFile.open(path);
  const verifier = await createVerifier(download.checksum, download.part_size, nativeHashers);
  for (let offset = 0; offset < bytes.size; offset += CHUNK) {
    signal.throwIfAborted();
    verifier.update(new Uint8Array(await bytes.slice(offset, offset + CHUNK).arrayBuffer()));
  }
  return verifier.end();
}

async function verify(partial: string, download: Download, signal: AbortSignal): Promise<void> {
  if ((await isWhole(partial, download, signal)) === false) {
    await rm(partial, { force: true });
    await rm(`${partial}.json`, { force: true });
    throw new ChecksumMismatch("What was fetched is not the file");
  }
}

async function readNotes(partial: string, wanted: Omit<Notes, "ranges">): Promise<Notes> {
  try {
    await stat(partial);
    const known = JSON.parse(await readFile(`${partial}.json`, "utf8")) as Notes;
    const isSame =
      known.file === wanted.file && known.size === wanted.size && known.checksum === wanted.checksum;
    if (isSame) {
      return known;
    }
  } catch {
    // there are none, or they say nothing
  }
  return { ...wanted, ranges: [] };
}

/** Several ranges may end at once: the last note that is written names them all. */
async function writeNotes(partial: string, notes: Notes): Promise<void> {
  const fresh = `${partial}.json.${randomBytes(4).toString("hex")}`;
  await writeFile(fresh, JSON.stringify(notes), { mode: 0o600 });
  await rename(fresh, `${partial}.json`);
}
