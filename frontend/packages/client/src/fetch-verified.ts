import type { Broker } from "./broker.ts";
import { ChecksumMismatch, StoreRefused } from "./failures.ts";
import { fetchRange } from "./fetch-range.ts";
import { backoff, isTransient, persist, type Timer } from "./retry.ts";
import type { Work } from "./transport.ts";
import { createVerifier } from "./verify.ts";

/** So often may the connection break without a byte in between. */
const TRIES = 20;

interface Surroundings {
  readonly broker: Pick<Broker, "downloadFile">;
  readonly timer: Timer;
}

/**
 * Fetch a file piece by piece. A connection that breaks is taken up where it broke, with a fresh URL.
 *
 * @throws ChecksumMismatch after the last piece, if they are not what the broker has verified.
 */
export async function* fetchVerified(
  id: string,
  { broker, timer }: Surroundings,
  { signal, onProgress }: Work,
): AsyncGenerator<Uint8Array, void> {
  const sign = () => persist(() => broker.downloadFile(id, {}, { signal }), { timer, signal });
  let download = await sign();
  const verifier = await createVerifier(download.checksum, download.part_size);
  let fetched = 0;
  for (let failures = 0; fetched < download.size; ) {
    try {
      for await (const chunk of fetchRange(download, { start: fetched, end: download.size, signal })) {
        failures = 0;
        fetched += chunk.byteLength;
        verifier.update(chunk);
        onProgress(fetched);
        yield chunk;
      }
    } catch (error) {
      failures += 1;
      const isOld = error instanceof StoreRefused && error.status === 403;
      if (!(isTransient(error) || isOld) || failures > TRIES) {
        throw error;
      }
      if (!(await timer.online(signal))) {
        await timer.sleep(backoff(failures, error, timer.random), signal);
      }
      download = await sign();
    }
  }
  if (verifier.end() === false) {
    throw new ChecksumMismatch("What was fetched is not the file");
  }
}
