import { checksumBlob } from "../src/blob-checksum.ts";
import { BrokerUnreachable, StoreUnreachable } from "../src/failures.ts";
import { Lanes } from "../src/lanes.ts";
import { decodeProblem, Problem } from "../src/problem.ts";
import type { StoreAnswer } from "../src/send-blob.ts";
import type { Bytes } from "../src/source.ts";
import type { Transport } from "../src/transport.ts";
import { UploadClaims } from "../src/upload-claims.ts";
import type {
  ChecksumAlgorithm,
  HeldPart,
  NewUpload,
  PendingUpload,
  PresignedRequest,
  StoredFile,
  Upload,
} from "../src/wire.ts";
import { DEFAULT_RULES } from "./default-rules.ts";
import { storedFile } from "./stored-file.ts";

export type Stage =
  | "policies"
  | "checksum"
  | "create"
  | "list"
  | "diagnose"
  | "read"
  | "sign"
  | "send"
  | "complete"
  | "abort";

/** What the store does to a PUT instead of storing it. */
type StoreFault =
  | { readonly status: number; readonly code?: string }
  /** The connection breaks: before the object is stored, or only the answer is lost. */
  | "lost"
  | "answer-lost"
  /** Nothing happens any more. */
  | "hangs";

/** After so many failures an action is given up, with the dice of the timer below. */
export const TRIES = 35;

const URL_LIFE_MS = 300_000;

/**
 * A broker and a store that behave: they keep uploads, parts and objects, refuse an overwrite with 412, an old
 * signature with 403 and other bytes than were signed with 400. Faults are put on top; time passes only as told.
 */
export class FakeService implements Transport {
  /** A larger file is sent in parts of `partSize`. */
  singlePutMax = 1000;
  partSize = 100;
  /** What parts have; where it is SHA-256, no file may have another. */
  checksumAlgorithm: ChecksumAlgorithm = "crc32c";
  /** How many parts one answer lists. */
  partsPage = 1000;
  tellsChecksums = true;
  /** Whether the answer to the first try to create something never arrives. */
  losesCreated = false;
  sendTakesSeconds = 0;

  /** Status of every upload that was created, by id. */
  readonly uploads = new Map<string, Upload["status"]>();
  /** Bytes of every object the store holds, by upload id. */
  readonly objects = new Map<string, number>();
  /** The parts the store holds, by upload id and number. */
  readonly parts = new Map<string, Map<number, HeldPart>>();
  /** What was called, to count it. */
  readonly calls: Stage[] = [];
  /** Every number of a part that was sent, in order. */
  readonly sentParts: number[] = [];
  /** How many PUTs are under way. */
  sending = 0;
  /** Every wait, in milliseconds. */
  readonly waits: number[] = [];
  /** Taken one by one by the next PUTs. */
  storeFaults: StoreFault[] = [];
  /** Taken one by one by the next PUTs of that part. */
  readonly partFaults = new Map<number, StoreFault[]>();
  /** Taken one by one by the next calls of that kind. */
  readonly faults: Partial<Record<Stage, Error[]>> = {};
  /** So many answers to requests for several uploads never arrive. */
  losesBatches = 0;
  /** How many uploads each request for several was about. */
  readonly batches: number[] = [];
  /** Answers to whether there was no network, one by one; then there always is one. */
  readonly comesOnline: boolean[] = [];
  /** Stages that begin but never answer. */
  readonly stuck = new Set<Stage>();

  /** The ids of uploads by idempotency key. */
  readonly #created = new Map<string, string>();
  readonly #declared = new Map<string, NewUpload>();
  #signature = 0;
  #validFrom = 0;
  #time = 0;

  /** Make every presigned URL that was handed out worthless. */
  expireUrls(): void {
    this.#validFrom = this.#signature + 1;
  }

  /** Have a clock so wrong that no URL is ever valid. */
  expireEveryUrl(): void {
    this.#validFrom = Number.POSITIVE_INFINITY;
  }

  /** What was declared of every upload that was created. */
  get declared(): readonly NewUpload[] {
    return [...this.#declared.values()];
  }

  count(stage: Stage): number {
    return this.calls.filter((call) => call === stage).length;
  }

  readonly claims = new UploadClaims();
  lanes = new Lanes();

  readonly timer = {
    now: () => this.#time,
    sleep: async (milliseconds: number, signal: AbortSignal): Promise<void> => {
      signal.throwIfAborted();
      this.waits.push(milliseconds);
    },
    random: () => 0.5,
    online: async (): Promise<boolean> => this.comesOnline.shift() ?? false,
  };

  readonly checksum: Transport["checksum"] = async (blob, work) => {
    await this.#enter("checksum", work.signal);
    return await checksumBlob(blob, work);
  };

  readonly broker: Transport["broker"] = {
    readPolicies: async ({ signal }) => {
      await this.#enter("policies", signal);
      const rules = { single_put_max: this.singlePutMax, checksum_algorithm: this.checksumAlgorithm };
      return [{ ...DEFAULT_RULES, ...rules, name: "default" }];
    },

    createUpload: async (declared, { idempotencyKey, signal }) => {
      await this.#enter("create", signal);
      const known = this.#created.get(idempotencyKey);
      if (known !== undefined) {
        return this.#pending(known);
      }
      this.#assertTaken(declared);
      const id = `upload-${this.uploads.size + 1}`;
      this.#created.set(idempotencyKey, id);
      this.uploads.set(id, "pending");
      this.#declared.set(id, declared);
      this.parts.set(id, new Map());
      if (this.losesCreated) {
        throw new BrokerUnreachable("the answer is lost");
      }
      return this.#pending(id);
    },

    createUploads: async (uploads, { idempotencyKey, signal }) => {
      this.batches.push(uploads.length);
      const created = uploads.map((upload, index) =>
        this.broker
          .createUpload(upload, { idempotencyKey: `${idempotencyKey}/${index}`, signal })
          .catch(asItem),
      );
      const answer = await Promise.all(created);
      this.losesBatches -= 1;
      if (this.losesBatches >= 0) {
        throw new BrokerUnreachable("the answer is lost");
      }
      return answer;
    },

    completeUploads: async (uploads, { signal }) => {
      this.batches.push(uploads.length);
      const completed = uploads.map(({ id, ...completion }) =>
        this.broker.completeUpload(id, completion, { signal }).catch(asItem),
      );
      return await Promise.all(completed);
    },

    listPending: async ({ signal }) => {
      await this.#enter("list", signal);
      const pending = [...this.uploads].filter(([, status]) => status === "pending");
      return { items: pending.map(([id]) => this.#pending(id)), next_cursor: null };
    },

    diagnoseUpload: async (_id, _symptoms, { signal }) => {
      await this.#enter("diagnose", signal);
      return { cause: "network", detail: "The connection breaks.", action: "Try again." };
    },

    readUpload: async (id, { signal, fromPart = 1 }) => {
      await this.#enter("read", signal);
      const status = this.#statusOf(id);
      const pending = this.#pending(id);
      if (status === "pending") {
        return pending.method === "single" ? pending : { ...pending, ...this.#listParts(id, fromPart) };
      }
      return status === "completed" ? { ...pending, status, file: this.#file(id) } : { ...pending, status };
    },

    signParts: async (id, parts, { signal }) => {
      await this.#enter("sign", signal);
      this.#assertPending(id);
      return parts.map(({ number, checksum }) => ({
        number,
        ...this.#presign(`${id}?part=${number}&checksum=${encodeURIComponent(checksum)}`, {}),
      }));
    },

    completeUpload: async (id, { parts }, { signal }) => {
      await this.#enter("complete", signal);
      if (this.#statusOf(id) !== "completed") {
        this.#assertPending(id);
        this.#assertHeld(id, new Map(parts?.map(({ number, checksum }) => [number, checksum])));
        this.uploads.set(id, "completed");
      }
      return this.#file(id);
    },

    abortUpload: async (id, { signal }) => {
      await this.#enter("abort", signal);
      if (this.#statusOf(id) === "completed") {
        throw problem("upload-completed", 409);
      }
      this.uploads.set(id, "aborted");
    },
  };

  readonly send: Transport["send"] = async (request, blob, { signal, onProgress }): Promise<StoreAnswer> => {
    this.sending += 1;
    try {
      onProgress(blob.size / 2);
      await this.#enter("send", signal);
      onProgress(blob.size);
      return await this.#put(new URL(request.url), blob, signal);
    } finally {
      this.#time += this.sendTakesSeconds * 1000;
      this.sending -= 1;
    }
  };

  async #put({ pathname, searchParams }: URL, blob: Bytes, signal: AbortSignal): Promise<StoreAnswer> {
    const id = pathname.slice(1);
    const number = Number(searchParams.get("part"));
    if (number > 0) {
      this.sentParts.push(number);
    }
    const fault = this.partFaults.get(number)?.shift() ?? this.storeFaults.shift();
    if (fault === "lost") {
      throw new StoreUnreachable("lost");
    }
    if (fault === "hangs") {
      return await untilAborted(signal);
    }
    if (fault !== undefined && fault !== "answer-lost") {
      return { status: fault.status, code: fault.code ?? null };
    }
    const age = this.#time - Number(searchParams.get("date"));
    if (Number(searchParams.get("signature")) < this.#validFrom || age > URL_LIFE_MS) {
      return { status: 403, code: "AccessDenied" };
    }
    if (this.objects.has(id)) {
      return { status: 412, code: "PreconditionFailed" };
    }
    if (number > 0) {
      const hashing = { algorithm: this.checksumAlgorithm, signal, onProgress: () => {} };
      const checksum = await checksumBlob(blob, hashing);
      if (checksum !== searchParams.get("checksum")) {
        return { status: 400, code: "BadDigest" };
      }
      this.parts.get(id)?.set(number, { number, size: blob.size, checksum });
    } else {
      this.objects.set(id, blob.size);
    }
    if (fault === "answer-lost") {
      throw new StoreUnreachable("lost");
    }
    return { status: 200, code: null };
  }

  async #enter(stage: Stage, signal: AbortSignal): Promise<void> {
    this.calls.push(stage);
    signal.throwIfAborted();
    const fault = this.faults[stage]?.shift();
    if (fault !== undefined) {
      throw fault;
    }
    if (this.stuck.has(stage)) {
      await untilAborted(signal);
    }
  }

  /** Heed the policy as the broker does: no store verifies the SHA-256 of what is sent in parts. */
  #assertTaken({ size, checksum = "" }: NewUpload): void {
    const isSha256 = checksum.startsWith("sha256:");
    const isWeak = this.checksumAlgorithm === "sha256" && checksum !== "" && !isSha256;
    if (isWeak || (isSha256 && size > this.singlePutMax)) {
      throw problem("invalid-checksum", 422, { field: "checksum" });
    }
  }

  #statusOf(id: string): Upload["status"] {
    const status = this.uploads.get(id);
    if (status === undefined) {
      throw problem("not-found", 404);
    }
    return status;
  }

  #assertPending(id: string): void {
    const status = this.#statusOf(id);
    if (status !== "pending") {
      throw problem(`upload-${status}`, status === "expired" ? 410 : 409);
    }
  }

  /** Make the object, if all of it is there and is what the client says. */
  #assertHeld(id: string, declared: ReadonlyMap<number, string>): void {
    const upload = this.#pending(id);
    if (upload.method === "multipart") {
      const numbers = Array.from({ length: upload.part_count }, (_, index) => index + 1);
      const held = this.parts.get(id);
      const missing = numbers.filter((number) => !held?.has(number));
      if (missing.length > 0) {
        throw problem("upload-incomplete", 409, { parts: missing });
      }
      const wrong = numbers.filter((number) => held?.get(number)?.checksum !== declared.get(number));
      if (wrong.length > 0) {
        throw problem("parts-mismatch", 409, { parts: wrong });
      }
      this.objects.set(id, upload.size);
    }
    if (!this.objects.has(id)) {
      throw problem("upload-incomplete", 409);
    }
  }

  #listParts(id: string, fromPart: number): { parts: readonly HeldPart[]; next_part: number | null } {
    const held = [...(this.parts.get(id)?.values() ?? [])].toSorted((a, b) => a.number - b.number);
    const left = held
      .filter(({ number }) => number >= fromPart)
      .map((part) => (this.tellsChecksums ? part : { ...part, checksum: null }));
    return { parts: left.slice(0, this.partsPage), next_part: left[this.partsPage]?.number ?? null };
  }

  #pending(id: string): PendingUpload {
    const facts = {
      id,
      ...this.#facts(id),
      folder: "",
      policy: "default",
      fingerprint: this.#declared.get(id)?.fingerprint ?? null,
      status: "pending",
      created_at: "2026-11-22T12:00:00Z",
      expires_at: "2026-11-23T12:00:00Z",
      checksum_algorithm: this.checksumAlgorithm,
    } as const;
    if (facts.size > this.singlePutMax) {
      const count = Math.ceil(facts.size / this.partSize);
      return { ...facts, method: "multipart", part_size: this.partSize, part_count: count };
    }
    return { ...facts, method: "single", request: this.#presign(`${id}?`, { "content-type": facts.type }) };
  }

  #presign(target: string, headers: PresignedRequest["headers"]): PresignedRequest {
    this.#signature += 1;
    const url = `https://store.example/${target}&signature=${this.#signature}&date=${this.#time}`;
    return { method: "PUT", url, headers, expires_at: "2026-11-22T12:05:00Z" };
  }

  #file(id: string): StoredFile {
    return storedFile({ id, ...this.#facts(id) });
  }

  #facts(id: string): Pick<StoredFile, "name" | "size" | "type" | "checksum"> {
    const declared = this.#declared.get(id);
    if (declared === undefined) {
      throw problem("not-found", 404);
    }
    const { name, size, type, checksum = null } = declared;
    return { name, size, type, checksum };
  }
}

/** Only a refusal of one item is told in its place. */
function asItem(error: unknown): Problem {
  if (error instanceof Problem) {
    return error;
  }
  throw error;
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    // a connection takes its time to close
    signal.addEventListener("abort", () => setTimeout(() => reject(signal.reason)));
  });
}

export function problem(
  slug: string,
  status: number,
  { retryAfter = null, ...members }: { retryAfter?: string | null; [member: string]: unknown } = {},
): Problem {
  return decodeProblem(
    status,
    JSON.stringify({ type: `urn:broker:problem:${slug}`, status, ...members }),
    retryAfter,
  );
}
