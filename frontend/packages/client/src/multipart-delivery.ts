import type { Delivery } from "./delivery.ts";
import { StoreRefused, UploadClosed } from "./failures.ts";
import { PartsProgress } from "./parts-progress.ts";
import type { Problem } from "./problem.ts";
import { isClosed, readOpen } from "./read-open.ts";
import { isOld, persist } from "./retry.ts";
import type { StoreAnswer } from "./send-blob.ts";
import type { Bytes, Source } from "./source.ts";
import type { Run, Transport } from "./transport.ts";
import type {
  CompletedUpload,
  Completion,
  HeldPart,
  Part,
  PendingMultipart,
  PendingUpload,
  Policy,
  PresignedPart,
} from "./wire.ts";

/** HTTP/1.1 gives an origin six connections; small files, which overtake a large one, use two of them. */
const MAX_LANES = 4;

/** Parts hashed and signed in one go: few, so that a URL is used soon after it was signed. */
const BATCH = 4;

const MISSING_SLUG = new Set(["upload-incomplete", "parts-mismatch"]);

export type PartRules = Pick<Policy, "part_concurrency" | "url_expires_in">;

interface SignedPart {
  readonly request: PresignedPart;
  readonly signedAt: number;
}

/** One call of `deliver`, as its lanes share it. */
interface Effort {
  readonly signal: AbortSignal;
  readonly progress: PartsProgress;
}

/**
 * Send a file in parts, some at a time. Each is hashed and signed shortly before it is sent, so a file of any
 * size starts at once.
 */
export class MultipartDelivery implements Delivery {
  readonly #file: Source;
  readonly #upload: PendingMultipart;
  readonly #transport: Transport;
  readonly #rules: PartRules;
  readonly #hashed = new Map<number, Part>();
  /** The numbers of the parts that the store took: all of them are hashed. */
  #taken = new Set<number>();

  constructor(file: Source, upload: PendingMultipart, transport: Transport, rules: PartRules) {
    this.#file = file;
    this.#upload = upload;
    this.#transport = transport;
    this.#rules = rules;
  }

  get id(): string {
    return this.#upload.id;
  }

  get isDone(): boolean {
    return this.#taken.size === this.#upload.part_count;
  }

  get completion(): Completion {
    return { parts: [...this.#hashed.values()] };
  }

  async deliver({ signal, onState }: Run): Promise<void> {
    const stop = new AbortController();
    const effort = {
      signal: AbortSignal.any([signal, stop.signal]),
      progress: new PartsProgress(this.#takenBytes(), onState),
    };
    const parts = this.#prepare(effort);
    const count = Math.min(MAX_LANES, this.#rules.part_concurrency);
    const lanes = Array.from({ length: count }, () => this.#drain(parts, effort));
    try {
      await Promise.all(lanes);
    } finally {
      stop.abort();
      await Promise.allSettled(lanes); // nothing goes on behind the back of whoever was told of a failure
    }
  }

  async refresh(signal: AbortSignal): Promise<PendingUpload | CompletedUpload | null> {
    const taken = new Set<number>();
    let upload = await readOpen(this.#transport, this.id, { signal });
    while (upload?.status === "pending" && upload.method === "multipart") {
      for (const part of upload.parts ?? []) {
        if (await this.#isOurs(part, signal)) {
          taken.add(part.number);
        }
      }
      const fromPart = upload.next_part ?? null;
      if (fromPart === null) {
        this.#taken = taken;
        return upload;
      }
      upload = await readOpen(this.#transport, this.id, { signal, fromPart });
    }
    return upload;
  }

  recall({ slug, members }: Problem): boolean {
    if (!MISSING_SLUG.has(slug)) {
      return false;
    }
    const named: readonly unknown[] = Array.isArray(members.parts) ? members.parts : [];
    const missing = [...this.#taken].filter((number) => named.includes(number));
    for (const number of missing.length > 0 ? missing : [...this.#taken]) {
      this.#taken.delete(number);
    }
    return missing.length > 0;
  }

  /** Hash and sign what the store has not taken, one batch ahead of the lanes. */
  async *#prepare(effort: Effort): AsyncGenerator<SignedPart, void> {
    const numbers = Array.from({ length: this.#upload.part_count }, (_, index) => index + 1);
    const left = numbers.filter((number) => !this.#taken.has(number));
    const onWait = () => effort.progress.waits();
    const prepareBatch = async () => {
      const batch = left.splice(0, BATCH);
      return batch.length === 0 ? [] : await this.#persist(() => this.#sign(batch, effort), effort, onWait);
    };
    let ahead = prepareBatch();
    for (let batch = await ahead; batch.length > 0; batch = await ahead) {
      ahead = prepareBatch();
      ahead.catch(() => {}); // told to the lane that asks for the next part, if one still does
      yield* batch;
    }
  }

  /** Send part after part. Not `for await`: a lane that fails would wait for what another one asked for. */
  async #drain(parts: AsyncGenerator<SignedPart, void>, effort: Effort): Promise<void> {
    for (let next = await parts.next(); next.done !== true; next = await parts.next()) {
      await this.#deliverPart(next.value, effort);
    }
  }

  /** Every try may have its URL renewed once, as in a delivery by one PUT. */
  async #deliverPart(signed: SignedPart, effort: Effort): Promise<void> {
    const { number } = signed.request;
    let part = signed;
    const attempt = async () => {
      if (isOld(part.signedAt, this.#rules, this.#transport.timer)) {
        part = await this.#renew(part, effort);
      }
      let answer = await this.#send(part, effort);
      if (answer.status === 403) {
        part = await this.#renew(part, effort);
        answer = await this.#send(part, effort);
      }
      assertTaken(answer);
    };
    const { lanes } = this.#transport;
    await this.#persist(
      () => lanes.use(effort.signal, attempt),
      effort,
      () => effort.progress.stopped(number),
    );
    this.#taken.add(number);
    effort.progress.took(number, this.#slice(number).size);
  }

  #send({ request }: SignedPart, { signal, progress }: Effort): Promise<StoreAnswer> {
    const blob = this.#slice(request.number);
    const report = (bytes: number) => progress.moved(request.number, Math.min(bytes, blob.size));
    report(0);
    return this.#transport.send(request, blob, { signal, onProgress: report });
  }

  async #renew(part: SignedPart, effort: Effort): Promise<SignedPart> {
    const [renewed = part] = await this.#sign([part.request.number], effort);
    return renewed;
  }

  async #sign(numbers: readonly number[], { signal }: Effort): Promise<readonly SignedPart[]> {
    const parts = await Promise.all(numbers.map((number) => this.#hash(number, signal)));
    const signedAt = this.#transport.timer.now();
    try {
      const requests = await this.#transport.broker.signParts(this.id, parts, { signal });
      return requests.map((request) => ({ request, signedAt }));
    } catch (error) {
      throw isClosed(error) ? new UploadClosed("The upload ended elsewhere", { cause: error }) : error;
    }
  }

  async #hash(number: number, signal: AbortSignal): Promise<Part> {
    const known = this.#hashed.get(number);
    if (known !== undefined) {
      return known;
    }
    const { checksum_algorithm: algorithm } = this.#upload;
    const hashing = { algorithm, signal, onProgress: () => {} };
    const checksum = await this.#transport.checksum(this.#slice(number), hashing);
    const part = { number, checksum };
    this.#hashed.set(number, part);
    return part;
  }

  #persist<T>(action: () => Promise<T>, { signal }: Effort, onWait: () => void): Promise<T> {
    return persist(action, { timer: this.#transport.timer, signal, onWait });
  }

  /**
   * Compare what the store holds with the file, which another client may have begun to send. A store that does
   * not tell checksums hears of them when the upload is completed.
   */
  async #isOurs({ number, size, checksum }: HeldPart, signal: AbortSignal): Promise<boolean> {
    if (number > this.#upload.part_count || size !== this.#slice(number).size) {
      return false;
    }
    const own = await this.#hash(number, signal);
    return (checksum ?? own.checksum) === own.checksum;
  }

  #takenBytes(): number {
    return [...this.#taken].reduce((sum, number) => sum + this.#slice(number).size, 0);
  }

  #slice(number: number): Bytes {
    const { part_size: size } = this.#upload;
    return this.#file.slice((number - 1) * size, number * size);
  }
}

function assertTaken(answer: StoreAnswer): void {
  if (answer.status === 404) {
    throw new UploadClosed("The store does not know the upload any more");
  }
  if (answer.status >= 300) {
    throw new StoreRefused(answer);
  }
}
