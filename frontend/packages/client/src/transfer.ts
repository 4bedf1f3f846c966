import type { Asking } from "./batcher.ts";
import type { Delivery } from "./delivery.ts";
import { findUnfinished } from "./find-unfinished.ts";
import { fingerprint } from "./fingerprint.ts";
import { MultipartDelivery } from "./multipart-delivery.ts";
import { PinnedSource } from "./pinned-source.ts";
import { Problem } from "./problem.ts";
import { isClosed } from "./read-open.ts";
import { persist } from "./retry.ts";
import { SingleDelivery } from "./single-delivery.ts";
import { DEFAULT_PLACE, type Place, SMALL, type Source } from "./source.ts";
import type { Run, Transport } from "./transport.ts";
import { UploadCalls } from "./upload-calls.ts";
import type { Collision, PendingUpload, StoredFile, TransferRules } from "./wire.ts";

/** How often what the broker does not find is sent again. */
const ROUNDS = 5;

/**
 * Store one file: checksum, create, deliver, complete.
 *
 * `run` may be called again after a failure. It then goes on where it stopped: what is hashed is not hashed
 * again, and what the store holds is not sent again.
 */
export class Transfer {
  /** What is stored. */
  readonly file: PinnedSource;
  /** Its uploads that can never complete any more. */
  readonly closed = new Set<string>();
  readonly #transport: Transport;
  #rules: TransferRules;
  readonly #calls: UploadCalls;
  #place: Place;
  #checksum: string | null = null;
  #delivery: Delivery | null = null;

  /** @param calls shared by all transfers, so that those of small files go together. */
  constructor(
    file: Source,
    transport: Transport,
    rules: TransferRules,
    calls: UploadCalls = new UploadCalls(transport),
    place: Place = DEFAULT_PLACE,
  ) {
    this.#place = place;
    this.file = new PinnedSource(file);
    this.#calls = calls;
    this.#transport = transport;
    this.#rules = rules;
  }

  /** The upload that a run has left unfinished, if there is one. */
  get uploadId(): string | null {
    return this.#delivery?.id ?? null;
  }

  /** Say before the next run what is to be when the name is taken. */
  settleCollision(collision: Collision): void {
    this.#place = { ...this.#place, collision };
  }

  /** @throws Problem, BrokerUnreachable, StoreRefused, StoreUnreachable, SourceUnreadable, UploadClosed */
  async run(run: Run): Promise<StoredFile> {
    try {
      await this.#adopt(run);
      const file = (await this.#resume(run)) ?? (await this.#finish(await this.#open(run), run));
      this.forget();
      return file;
    } catch (error) {
      if (isClosed(error)) {
        this.closed.add(this.#delivery?.id ?? "");
        this.forget();
        this.#checksum = null; // what was declared did not hold: look at the file again
      }
      throw error;
    } finally {
      this.file.release();
    }
  }

  /**
   * Tell the broker that this upload is not wanted any more.
   *
   * Resolves with the file when that came too late, else with null. The caller has aborted `run` already.
   */
  async abandon({ signal }: { signal: AbortSignal }): Promise<StoredFile | null> {
    const delivery = this.#delivery;
    if (delivery === null) {
      return null;
    }
    this.forget();
    const { broker } = this.#transport;
    try {
      await broker.abortUpload(delivery.id, { signal });
      return null;
    } catch (error) {
      if (!(error instanceof Problem && error.slug === "upload-completed")) {
        throw error;
      }
      const late = await broker.readUpload(delivery.id, { signal });
      return late.status === "completed" ? late.file : null;
    }
  }

  /** Find out what became of the upload that an earlier run left: it may be a file already. */
  async #resume(run: Run): Promise<StoredFile | null> {
    const delivery = this.#delivery;
    if (delivery === null || delivery.isDone) {
      return null;
    }
    run.onState({ status: "sending", bytes: 0 });
    const upload = await this.#persist(run, () => delivery.refresh(run.signal));
    if (upload === null) {
      this.forget();
    }
    return upload?.status === "completed" ? upload.file : null;
  }

  async #open(run: Run): Promise<Delivery> {
    while (this.#delivery === null) {
      const upload = await this.#create(run);
      // another tab with the same file may have found it first, and sends it: only those in parts can be found
      if (!this.#isInParts || (await this.#transport.claims.take(upload.id))) {
        this.#delivery = this.#choose(upload);
      }
    }
    return this.#delivery;
  }

  /** Go on with what another client, or this page before it was reloaded, began to send of the same file. */
  async #adopt(run: Run): Promise<void> {
    if (this.#delivery !== null || !this.#isInParts) {
      return;
    }
    run.onState({ status: "sending", bytes: 0 });
    const { name, size } = this.file;
    const { folder, policy } = this.#place;
    const wanted = {
      folder,
      policy,
      name,
      size,
      fingerprint: await fingerprint(this.file),
      except: this.closed,
    };
    const { signal } = run;
    const found = await this.#persist(run, () => findUnfinished(this.#transport, wanted, { signal }));
    this.#delivery = found && this.#choose(found);
  }

  get #isInParts(): boolean {
    return this.file.size > this.#rules.single_put_max;
  }

  /** Leave an unfinished upload to whoever comes next: a later transfer of the same file goes on with it. */
  forget(): void {
    if (this.#delivery !== null) {
      this.#transport.claims.release(this.#delivery.id);
      this.#delivery = null;
    }
  }

  /** The broker decides how a file is sent. */
  #choose(upload: PendingUpload): Delivery {
    return upload.method === "single"
      ? new SingleDelivery(this.file, upload, this.#transport, this.#rules)
      : new MultipartDelivery(this.file, upload, this.#transport, this.#rules);
  }

  /** Create it by the rules that are known, or else by those that there are now: the operator may change them. */
  async #create(run: Run): Promise<PendingUpload> {
    try {
      return await this.#declare(run);
    } catch (error) {
      if (!isOutdated(error)) {
        throw error;
      }
      this.#rules = await this.#calls.rulesOf(this.#place.policy, asking(run), this.#rules);
      this.#checksum = null;
      return await this.#declare(run);
    }
  }

  async #declare(run: Run): Promise<PendingUpload> {
    const { name, size, type } = this.file;
    const { checksum_required, checksum_algorithm } = this.#rules;
    const plain = { ...this.#place, name, size, type: type || "application/octet-stream" };
    const facts = this.#isInParts ? { ...plain, fingerprint: await fingerprint(this.file) } : plain;
    // else it is hashed part by part, on the way: to read all of a large file first would take minutes
    const isHashedFirst = !this.#isInParts || (checksum_required && checksum_algorithm === "crc32c");
    const declared = isHashedFirst ? { ...facts, checksum: await this.#hash(run) } : facts;
    return await this.#calls.create(declared, asking(run));
  }

  async #hash({ signal, onState }: Run): Promise<string> {
    // a thousand small files that all say so keep the page busy, not the line
    const isWorthTelling = this.file.size > SMALL;
    const report = (bytes: number) => isWorthTelling && onState({ status: "checking", bytes });
    if (this.#checksum === null) {
      report(0);
      const { checksum_algorithm: algorithm } = this.#rules;
      const hashing = { algorithm, signal, onProgress: report };
      this.#checksum = await this.#transport.checksum(this.file.slice(), hashing);
    }
    return this.#checksum;
  }

  /** Deliver and complete; what the broker does not find is delivered again, a few times. */
  async #finish(delivery: Delivery, run: Run): Promise<StoredFile> {
    for (let rounds = 1; ; rounds += 1) {
      if (!delivery.isDone) {
        await delivery.deliver(run);
      }
      try {
        return await this.#confirm(delivery, run);
      } catch (error) {
        const knowsMore = error instanceof Problem && delivery.recall(error);
        if (!knowsMore || rounds >= ROUNDS) {
          throw error;
        }
      }
    }
  }

  #confirm({ id, completion }: Delivery, run: Run): Promise<StoredFile> {
    run.onState({ status: "confirming" });
    return this.#calls.complete(id, completion, asking(run));
  }

  #persist<T>({ signal, onState }: Run, action: () => Promise<T>): Promise<T> {
    return persist(action, { timer: this.#transport.timer, ...asking({ signal, onState }) });
  }
}

/** Say whether an upload was refused for how it was hashed: by other rules than the policy's own. */
function isOutdated(error: unknown): boolean {
  return error instanceof Problem && error.members.field === "checksum";
}

function asking({ signal, onState }: Run): Asking {
  return { signal, onWait: () => onState({ status: "waiting" }) };
}
