import { Broker } from "./broker.ts";
import { checksum } from "./checksum.ts";
import { Client, type ClientOptions } from "./client.ts";
import { type DownloadOptions, downloadStream } from "./download-stream.ts";
import { Lanes } from "./lanes.ts";
import { whenOnline } from "./online.ts";
import { sleep } from "./retry.ts";
import { sendBlob } from "./send-blob.ts";
import { UploadClaims } from "./upload-claims.ts";

/** A client whose files are `File`s of a page. */
export class BrowserClient extends Client {
  readonly #broker: Broker;

  constructor(broker: Broker) {
    super(broker, {
      broker,
      checksum,
      send: sendBlob,
      timer: { now: Date.now, sleep, random: Math.random, online: whenOnline },
      claims: new UploadClaims(),
      lanes: new Lanes(),
    });
    this.#broker = broker;
  }

  /** Fetch a file, see `downloadStream`. */
  download(id: string, options: DownloadOptions = {}): ReadableStream<Uint8Array> {
    return downloadStream(this.#broker, id, options);
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
