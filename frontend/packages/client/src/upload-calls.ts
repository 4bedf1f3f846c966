import { type Asking, Batcher, BatchFailed } from "./batcher.ts";
import { newIdempotencyKey } from "./idempotency-key.ts";
import { persist } from "./retry.ts";
import type { Transport } from "./transport.ts";
import type { Completion, NewUpload, PendingUpload, StoredFile, TransferRules } from "./wire.ts";

/** The broker's own limit on a batch. */
const MAX_BATCH = 1000;

const PATIENCE_MS = 5_000;

interface ToComplete extends Completion {
  readonly id: string;
}

/**
 * Creating and completing uploads, tried until it succeeds or fails for good. Those of small files go together,
 * many in one request; the store needs its time for one in parts, so that goes by itself.
 */
export class UploadCalls {
  readonly #transport: Pick<Transport, "broker" | "timer">;
  readonly #creating: Batcher<NewUpload, PendingUpload>;
  readonly #completing: Batcher<ToComplete, StoredFile>;
  readonly #reading: Batcher<string, TransferRules>;
  /** What the policies say, by their names. */
  readonly #rules = new Map<string, TransferRules>();

  constructor(transport: Pick<Transport, "broker" | "timer">) {
    this.#transport = transport;
    this.#creating = new Batcher((uploads, asking) => this.#createAll(uploads, asking), {
      limit: MAX_BATCH,
      unwanted: ({ id }) => this.#abort(id),
    });
    this.#completing = new Batcher((uploads, asking) => this.#completeAll(uploads, asking), {
      limit: MAX_BATCH,
    });
    this.#reading = new Batcher((names, asking) => this.#readAll(names, asking), { limit: MAX_BATCH });
  }

  /** Read what a policy says: once for all, and anew where that turned out to be `outdated`. */
  async rulesOf(policy: string, asking: Asking, outdated?: TransferRules): Promise<TransferRules> {
    let rules = this.#rules.get(policy);
    if (rules === undefined || rules === outdated) {
      rules = await this.#join(this.#reading, policy, asking);
      this.#rules.set(policy, rules);
    }
    return rules;
  }

  async create(upload: NewUpload, asking: Asking): Promise<PendingUpload> {
    return upload.fingerprint === undefined
      ? await this.#join(this.#creating, upload, asking)
      : await this.#createOne(upload, asking);
  }

  async complete(id: string, completion: Completion, asking: Asking): Promise<StoredFile> {
    return completion.parts === undefined
      ? await this.#join(this.#completing, { id, ...completion }, asking)
      : await this.#completeOne({ id, ...completion }, asking);
  }

  /** What failed as a whole was tried long enough; what one item alone was told may be worth another try. */
  async #join<Item, Answer>(batcher: Batcher<Item, Answer>, item: Item, asking: Asking): Promise<Answer> {
    try {
      return await this.#persist(() => batcher.ask(item, asking), asking);
    } catch (error) {
      throw error instanceof BatchFailed ? error.cause : error;
    }
  }

  /** The key is the same for every try, so a lost answer leaves no second upload. */
  #createOne(upload: NewUpload, asking: Asking): Promise<PendingUpload> {
    const options = { idempotencyKey: newIdempotencyKey(), signal: asking.signal };
    return this.#persist(() => this.#transport.broker.createUpload(upload, options), asking);
  }

  async #createAll(
    uploads: readonly NewUpload[],
    asking: Asking,
  ): Promise<readonly (PendingUpload | Error)[]> {
    const [only] = uploads;
    if (only !== undefined && uploads.length === 1) {
      return [await this.#createOne(only, asking)];
    }
    const options = { idempotencyKey: newIdempotencyKey(), signal: asking.signal };
    return await this.#persist(() => this.#transport.broker.createUploads(uploads, options), asking);
  }

  #completeOne({ id, ...completion }: ToComplete, asking: Asking): Promise<StoredFile> {
    const { broker } = this.#transport;
    return this.#persist(() => broker.completeUpload(id, completion, asking), asking);
  }

  async #completeAll(
    uploads: readonly ToComplete[],
    asking: Asking,
  ): Promise<readonly (StoredFile | Error)[]> {
    const [only] = uploads;
    return only !== undefined && uploads.length === 1
      ? [await this.#completeOne(only, asking)]
      : await this.#persist(() => this.#transport.broker.completeUploads(uploads, asking), asking);
  }

  async #readAll(names: readonly string[], asking: Asking): Promise<readonly (TransferRules | Error)[]> {
    const policies = await this.#persist(() => this.#transport.broker.readPolicies(asking), asking);
    return names.map(
      (name) =>
        policies.find((policy) => policy.name === name) ??
        new RangeError(`There is no policy ${name} for you`),
    );
  }

  #persist<T>(action: () => Promise<T>, { signal, onWait }: Asking): Promise<T> {
    return persist(action, { timer: this.#transport.timer, signal, onWait });
  }

  #abort(id: string): void {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    this.#transport.broker.abortUpload(id, { signal }).catch(() => {}); // it expires by itself
  }
}
