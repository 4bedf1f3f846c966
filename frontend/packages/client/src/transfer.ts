import type { Broker } from "./broker.ts";
import { StoreRefused, UploadClosed } from "./failures.ts";
import { Problem } from "./problem.ts";
import { persist, type Timer } from "./retry.ts";
import type { StoreAnswer } from "./send-blob.ts";
import type { CompletedUpload, PendingUpload, PresignedRequest, StoredFile } from "./wire.ts";

interface Work {
  readonly signal: AbortSignal;
  readonly onProgress: (bytes: number) => void;
}

/** What a transfer needs from the outside. */
export interface Transport {
  readonly broker: Pick<Broker, "createUpload" | "readUpload" | "completeUpload" | "abortUpload">;
  /** Compute the checksum that is declared, such as `crc32c:4waSgw==`. */
  readonly checksum: (blob: Blob, work: Work) => Promise<string>;
  /** Resolve with any answer of the store; reject only when there is none. */
  readonly send: (request: PresignedRequest, blob: Blob, work: Work) => Promise<StoreAnswer>;
  readonly timer: Timer;
}

/** What a transfer is doing. `bytes` counts what is hashed or sent so far. */
export type TransferState =
  | { readonly status: "checking"; readonly bytes: number }
  | { readonly status: "sending"; readonly bytes: number }
  /** The last try failed; the next begins by itself. */
  | { readonly status: "waiting" }
  /** The store took every byte; the broker verifies them. */
  | { readonly status: "confirming" };

export interface Run {
  readonly signal: AbortSignal;
  readonly onState: (state: TransferState) => void;
}

/** After these the upload can never complete: another one has to be created. */
const CLOSED_SLUG = new Set(["not-found", "upload-aborted", "upload-expired", "upload-rejected"]);

/**
 * Store one file by one PUT: checksum, create, send, complete.
 *
 * `run` may be called again after a failure. It then goes on where it stopped: what is hashed is not hashed
 * again, and what the store holds is not sent again.
 */
export class Transfer {
  readonly #file: File;
  readonly #transport: Transport;
  #checksum: string | null = null;
  #upload: PendingUpload | CompletedUpload | null = null;
  #isDelivered = false;

  constructor(file: File, transport: Transport) {
    this.#file = file;
    this.#transport = transport;
  }

  /** @throws Problem, BrokerUnreachable, StoreRefused, StoreUnreachable, SourceUnreadable, UploadClosed */
  async run(run: Run): Promise<StoredFile> {
    this.#checksum ??= await this.#hash(run);
    this.#upload = await this.#open(this.#checksum, run);
    const file = await this.#finish(this.#upload, run);
    this.#forget();
    return file;
  }

  /**
   * Tell the broker that this upload is not wanted any more.
   *
   * Resolves with the file when that came too late, else with null. The caller has aborted `run` already.
   */
  async abandon({ signal }: { signal: AbortSignal }): Promise<StoredFile | null> {
    const upload = this.#upload;
    if (upload === null) {
      return null;
    }
    this.#forget();
    const { broker } = this.#transport;
    try {
      await broker.abortUpload(upload.id, { signal });
      return null;
    } catch (error) {
      if (!(error instanceof Problem && error.slug === "upload-completed")) {
        throw error;
      }
      const late = await broker.readUpload(upload.id, { signal });
      return late.status === "completed" ? late.file : null;
    }
  }

  #hash({ signal, onState }: Run): Promise<string> {
    const report = (bytes: number) => onState({ status: "checking", bytes });
    report(0);
    return this.#transport.checksum(this.#file, { signal, onProgress: report });
  }

  /** Create the upload, or find out what became of the one that an earlier run created. */
  async #open(checksum: string, run: Run): Promise<PendingUpload | CompletedUpload> {
    const { broker } = this.#transport;
    const { name, size, type } = this.#file;
    const known = this.#upload;
    if (known !== null && this.#isDelivered) {
      return known;
    }
    run.onState({ status: "sending", bytes: 0 });
    if (known !== null) {
      const left = await this.#persist(run, () => this.#reread(known.id, run.signal));
      if (left !== null) {
        return left;
      }
    }
    const declared = { name, size, type: type || "application/octet-stream", checksum };
    return await this.#persist(run, () => broker.createUpload(declared, { signal: run.signal }));
  }

  async #finish(upload: PendingUpload | CompletedUpload, run: Run): Promise<StoredFile> {
    if (upload.status === "completed") {
      return upload.file;
    }
    if (!this.#isDelivered) {
      await this.#deliver(upload, run);
      this.#isDelivered = true;
    }
    return await this.#confirm(upload.id, run);
  }

  /** Every try may have its URL renewed once: it may have expired, or the clock may be wrong by a little. */
  async #deliver(upload: PendingUpload, run: Run): Promise<void> {
    let { request } = upload;
    await this.#persist(run, async () => {
      const answer = await this.#send(request, run);
      if (answer.status !== 403) {
        assertTaken(answer);
        return;
      }
      const renewed = await this.#reread(upload.id, run.signal);
      if (renewed === null) {
        throw new UploadClosed("The upload ended elsewhere");
      }
      if (renewed.status === "pending") {
        request = renewed.request;
        assertTaken(await this.#send(request, run));
      }
    });
  }

  #send(request: PresignedRequest, { signal, onState }: Run): Promise<StoreAnswer> {
    const report = (bytes: number) => onState({ status: "sending", bytes: Math.min(bytes, this.#file.size) });
    report(0);
    return this.#transport.send(request, this.#file, { signal, onProgress: report });
  }

  async #confirm(id: string, run: Run): Promise<StoredFile> {
    const { signal, onState } = run;
    try {
      return await this.#persist(run, () => {
        onState({ status: "confirming" });
        return this.#transport.broker.completeUpload(id, { signal });
      });
    } catch (error) {
      if (error instanceof Problem && error.slug === "upload-incomplete") {
        this.#isDelivered = false;
      } else if (isClosed(error)) {
        this.#forget();
        this.#checksum = null; // what was declared did not hold: look at the file again
      }
      throw error;
    }
  }

  /** Read the upload, its request freshly signed; null when it can never complete any more. */
  async #reread(id: string, signal: AbortSignal): Promise<PendingUpload | CompletedUpload | null> {
    try {
      const upload = await this.#transport.broker.readUpload(id, { signal });
      if (upload.status === "pending" || upload.status === "completed") {
        return upload;
      }
    } catch (error) {
      if (!isClosed(error)) {
        throw error;
      }
    }
    this.#forget();
    return null;
  }

  #forget(): void {
    this.#upload = null;
    this.#isDelivered = false;
  }

  #persist<T>({ signal, onState }: Run, action: () => Promise<T>): Promise<T> {
    const onWait = () => onState({ status: "waiting" });
    return persist(action, { timer: this.#transport.timer, signal, onWait });
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof Problem && CLOSED_SLUG.has(error.slug);
}

/**
 * 412 on a PUT that may not overwrite says that an object is there: an earlier try whose answer was lost.
 * The broker decides whether it is the right one.
 */
function assertTaken(answer: StoreAnswer): void {
  if (answer.status >= 300 && answer.status !== 412) {
    throw new StoreRefused(answer);
  }
}
