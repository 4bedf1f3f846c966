import { Broker } from "./broker.ts";
import { checksum } from "./checksum.ts";
import { type Cancellable, Client, type ClientOptions } from "./client.ts";
import { fetchVerified } from "./fetch-verified.ts";
import { Lanes } from "./lanes.ts";
import { whenOnline } from "./online.ts";
import { sleep, type Timer } from "./retry.ts";
import { sendBlob } from "./send-blob.ts";
import { UploadClaims } from "./upload-claims.ts";

export interface DownloadOptions extends Cancellable {
  /** Told the bytes fetched so far. */
  readonly onProgress?: (bytes: number) => void;
}

/** A client whose files are `File`s of a page. */
export class BrowserClient extends Client {
  readonly #broker: Broker;
  readonly #timer: Timer;

  constructor(broker: Broker) {
    const timer = { now: Date.now, sleep, random: Math.random, online: whenOnline };
    super(broker, {
      broker,
      checksum,
      send: sendBlob,
      timer,
      claims: new UploadClaims(),
      lanes: new Lanes(),
    });
    this.#broker = broker;
    this.#timer = timer;
  }

  /**
   * Fetch a file, verified as it comes; a broken connection is taken up where it broke.
   *
   * The stream fails at its end with `ChecksumMismatch` where the bytes are not the file's: whoever writes them
   * to disk (`stream.pipeTo(await handle.createWritable())`) then has nothing written.
   */
  download(
    id: string,
    { signal = new AbortController().signal, onProgress = () => {} }: DownloadOptions = {},
  ): ReadableStream<Uint8Array> {
    const chunks = fetchVerified(id, { broker: this.#broker, timer: this.#timer }, { signal, onProgress });
    return new ReadableStream({
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done === true) {
          controller.close();
        } else {
          controller.enqueue(value);
        }
      },
      async cancel() {
        await chunks.return();
      },
    });
  }
}

/** Make a client for a page. */
export function createClient({ baseUrl, token, renew }: ClientOptions): BrowserClient {
  return new BrowserClient(
    new Broker({
      origin: baseUrl.replace(/\/+$/, ""),
      token: typeof token === "string" ? () => token : token,
      ...(renew === undefined ? {} : { renew }),
    }),
  );
}
