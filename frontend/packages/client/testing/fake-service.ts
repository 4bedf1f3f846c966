import { StoreUnreachable } from "../src/failures.ts";
import { decodeProblem, type Problem } from "../src/problem.ts";
import type { StoreAnswer } from "../src/send-blob.ts";
import type { Transport } from "../src/transfer.ts";
import type { NewUpload, PendingUpload, StoredFile, Upload } from "../src/wire.ts";

export type Stage = "checksum" | "create" | "read" | "send" | "complete" | "abort";

/** What the store does to a PUT instead of storing it. */
type StoreFault =
  | { readonly status: number; readonly code?: string }
  /** The connection breaks: before the object is stored, or only the answer is lost. */
  | "lost"
  | "answer-lost";

/**
 * A broker and a store that behave: they keep uploads and objects, refuse an overwrite with 412 and an old
 * signature with 403. Faults are put on top; time does not pass.
 */
export class FakeService implements Transport {
  /** Status of every upload that was created, by id. */
  readonly uploads = new Map<string, Upload["status"]>();
  /** Bytes of every object the store holds, by upload id. */
  readonly objects = new Map<string, number>();
  /** What was called, to count it. */
  readonly calls: Stage[] = [];
  /** Every wait, in milliseconds. */
  readonly waits: number[] = [];
  /** Taken one by one by the next PUTs. */
  storeFaults: StoreFault[] = [];
  /** Taken one by one by the next calls of that kind. */
  readonly faults: Partial<Record<Stage, Error[]>> = {};
  /** Stages that begin but never answer. */
  readonly stuck = new Set<Stage>();

  readonly #declared = new Map<string, NewUpload>();
  #signature = 0;
  #validFrom = 0;

  /** Make every presigned URL that was handed out worthless. */
  expireUrls(): void {
    this.#validFrom = this.#signature + 1;
  }

  /** Have a clock so wrong that no URL is ever valid. */
  expireEveryUrl(): void {
    this.#validFrom = Number.POSITIVE_INFINITY;
  }

  count(stage: Stage): number {
    return this.calls.filter((call) => call === stage).length;
  }

  readonly timer = {
    sleep: async (milliseconds: number, signal: AbortSignal): Promise<void> => {
      signal.throwIfAborted();
      this.waits.push(milliseconds);
    },
    random: () => 0.5,
  };

  readonly checksum: Transport["checksum"] = async (blob, { signal, onProgress }) => {
    await this.#enter("checksum", signal);
    onProgress(blob.size);
    return "crc32c:4waSgw==";
  };

  readonly broker: Transport["broker"] = {
    createUpload: async (declared, { signal }) => {
      await this.#enter("create", signal);
      const id = `upload-${this.uploads.size + 1}`;
      this.uploads.set(id, "pending");
      this.#declared.set(id, declared);
      return this.#pending(id);
    },

    readUpload: async (id, { signal }) => {
      await this.#enter("read", signal);
      const status = this.#statusOf(id);
      if (status === "pending") {
        return this.#pending(id);
      }
      const { request: _request, ...facts } = this.#pending(id);
      return status === "completed" ? { ...facts, status, file: this.#file(id) } : { ...facts, status };
    },

    completeUpload: async (id, { signal }) => {
      await this.#enter("complete", signal);
      const status = this.#statusOf(id);
      if (status !== "pending" && status !== "completed") {
        throw problem(status === "expired" ? "upload-expired" : "upload-aborted", 409);
      }
      if (!this.objects.has(id)) {
        throw problem("upload-incomplete", 409);
      }
      this.uploads.set(id, "completed");
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
    const { searchParams, pathname } = new URL(request.url);
    const id = pathname.slice(1);
    onProgress(blob.size / 2);
    await this.#enter("send", signal);
    onProgress(blob.size);

    const fault = this.storeFaults.shift();
    if (fault === "lost") {
      throw new StoreUnreachable("lost");
    }
    if (fault !== undefined && fault !== "answer-lost") {
      return { status: fault.status, code: fault.code ?? null };
    }
    if (Number(searchParams.get("signature")) < this.#validFrom) {
      return { status: 403, code: "AccessDenied" };
    }
    if (this.objects.has(id)) {
      return { status: 412, code: "PreconditionFailed" };
    }
    this.objects.set(id, blob.size);
    if (fault === "answer-lost") {
      throw new StoreUnreachable("lost");
    }
    return { status: 200, code: null };
  };

  async #enter(stage: Stage, signal: AbortSignal): Promise<void> {
    this.calls.push(stage);
    signal.throwIfAborted();
    const fault = this.faults[stage]?.shift();
    if (fault !== undefined) {
      throw fault;
    }
    if (this.stuck.has(stage)) {
      await new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    }
  }

  #statusOf(id: string): Upload["status"] {
    const status = this.uploads.get(id);
    if (status === undefined) {
      throw problem("not-found", 404);
    }
    return status;
  }

  #pending(id: string): PendingUpload {
    this.#signature += 1;
    const { name, size, type, checksum } = this.#facts(id);
    return {
      id,
      status: "pending",
      name,
      size,
      type,
      checksum,
      created_at: "2026-11-22T12:00:00Z",
      expires_at: "2026-11-23T12:00:00Z",
      method: "single",
      request: {
        method: "PUT",
        url: `https://store.example/${id}?signature=${this.#signature}`,
        headers: { "content-type": type },
        expires_at: "2026-11-22T12:05:00Z",
      },
    };
  }

  #file(id: string): StoredFile {
    return { id, ...this.#facts(id), created_at: "2026-11-22T12:00:00Z" };
  }

  #facts(id: string): NewUpload {
    const declared = this.#declared.get(id);
    if (declared === undefined) {
      throw problem("not-found", 404);
    }
    return declared;
  }
}

export function problem(slug: string, status: number, retryAfter: string | null = null): Problem {
  return decodeProblem(status, JSON.stringify({ type: `urn:broker:problem:${slug}`, status }), retryAfter);
}
