import type { Broker } from "./broker.ts";
import type { Cancellable } from "./client.ts";
import { fetchVerified } from "./fetch-verified.ts";
import { whenOnline } from "./online.ts";
import { sleep } from "./retry.ts";
import { streamOf } from "./stream-of.ts";

export interface DownloadOptions extends Cancellable {
  /** Told the bytes fetched so far. */
  readonly onProgress?: (bytes: number) => void;
}

/**
 * Fetch a file, verified as it comes; a broken connection is taken up where it broke.
 *
 * The stream fails at its end with `ChecksumMismatch` where the bytes are not the file's: whoever writes them
 * to disk (`stream.pipeTo(await handle.createWritable())`) then has nothing written.
 */
export function downloadStream(
  broker: Pick<Broker, "downloadFile">,
  id: string,
  { signal = new AbortController().signal, onProgress = () => {} }: DownloadOptions = {},
): ReadableStream<Uint8Array> {
  const timer = { now: Date.now, sleep, random: Math.random, online: whenOnline };
  const stop = new AbortController();
  const work = { signal: AbortSignal.any([signal, stop.signal]), onProgress };
  return streamOf(fetchVerified(id, { broker, timer }, work), () => stop.abort());
}
