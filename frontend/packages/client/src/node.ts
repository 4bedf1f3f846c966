/// <reference types="node" />
// The door of the package in Node.js.
import { checksumBlob } from "./blob-checksum.ts";
import { Broker } from "./broker.ts";
import { Client, type ClientOptions, type UploadOptions } from "./client.ts";
import { Lanes } from "./lanes.ts";
import { DiskFile } from "./node/disk-file.ts";
import { downloadFile } from "./node/download-file.ts";
import { type Naming, named } from "./node/named.ts";
import { nativeHashers } from "./node/native-hashers.ts";
import { sendBytes } from "./node/send-bytes.ts";
import { whenOnline } from "./online.ts";
import { sleep } from "./retry.ts";
import type { Source } from "./source.ts";
import type { Transport } from "./transport.ts";
import { UploadClaims } from "./upload-claims.ts";
import type { StoredFile } from "./wire.ts";

export type { ClientOptions, ReceiveOptions, ShareOptions, UploadOptions } from "./client.ts";
export * from "./failures.ts";
export { Problem } from "./problem.ts";
export type { Folder, Page, PendingUpload, Share, StoredFile } from "./wire.ts";

/** Connections to the store; a server has more than a browser allows. */
const MOST_LANES = 8;

/** Without a user, who may have a password, and without a query. */
const ADDRESS = /^https?:\/\/[^/?#@]+(\/[^?#]*)?$/i;

/** RFC 6750 §2.1; files end with a line break. */
const TOKEN = /^\s*[\w.~+/-]+=*\s*$/;

export interface DownloadOptions {
  readonly signal?: AbortSignal;
  /** Told the bytes fetched so far. */
  readonly onProgress?: (bytes: number) => void;
}

/** A client whose files are on disk. */
export class NodeClient extends Client {
  readonly #broker: Broker;
  readonly #transport: Transport;

  constructor(broker: Broker, transport: Transport) {
    super(broker, transport);
    this.#broker = broker;
    this.#transport = transport;
  }

  /** Store the file at a path, or bytes in memory, which need a `name` if they are no `File`. */
  override async upload(
    source: string | Source | Blob | Uint8Array,
    options: UploadOptions & Naming = {},
  ): Promise<StoredFile> {
    const { name, type, ...others } = options;
    const naming = { ...(name === undefined ? {} : { name }), ...(type === undefined ? {} : { type }) };
    return await super.upload(
      typeof source === "string" ? await DiskFile.open(source, naming) : named(source, naming),
      others,
    );
  }

  /** Fetch a file to a path; it is verified before it gets that name. Cut short, the same call goes on. */
  async download(id: string, path: string, options: DownloadOptions = {}): Promise<void> {
    const { signal = new AbortController().signal, onProgress = () => {} } = options;
    const surroundings = {
      broker: this.#broker,
      lanes: this.#transport.lanes,
      timer: this.#transport.timer,
    };
    await downloadFile(id, path, surroundings, { signal, onProgress });
  }
}

/**
 * Make a client for a back end or a script.
 *
 * @throws TypeError for what is no address, of which fetch would say that nobody answers, and for no token.
 */
export function createClient({ baseUrl, token, renew }: ClientOptions): NodeClient {
  if (!(ADDRESS.test(baseUrl) && URL.canParse(baseUrl))) {
    throw new TypeError("baseUrl is not an address such as https://files.example.org");
  }
  const newest = typeof token === "function" ? () => checked(token()) : () => checked(token);
  if (typeof token !== "function") {
    newest(); // what is wrong with it is told at once
  }
  const broker = new Broker({
    origin: baseUrl.replace(/\/+$/, ""),
    token: newest,
    ...(renew === undefined ? {} : { renew }),
  });
  return new NodeClient(broker, {
    broker,
    checksum: (bytes, hashing) => checksumBlob(bytes, hashing, nativeHashers),
    send: sendBytes,
    timer: { now: Date.now, sleep, random: Math.random, online: whenOnline },
    claims: new UploadClaims(),
    lanes: new Lanes({ most: MOST_LANES }),
  });
}

/** Of what no header can hold, such as a promise, fetch would say that nobody answers. */
function checked(token: string): string {
  if (typeof token !== "string" || !TOKEN.test(token)) {
    throw new TypeError("A token is a text without spaces, or a function that returns one");
  }
  return token;
}
