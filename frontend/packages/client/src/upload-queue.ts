import { SourceTooLarge } from "./failures.ts";
import { canRetry } from "./retry.ts";
import { throttle } from "./throttle.ts";
import { Transfer, type TransferRules } from "./transfer.ts";
import type { TransferState, Transport } from "./transport.ts";
import { UploadCalls } from "./upload-calls.ts";
import type { Policy, StoredFile } from "./wire.ts";

/** So many small files are under way at once: created and completed together, while lanes limit what is sent. */
const MOST_SMALL = 1000;

/** ... and so many bytes of them, lest their URLs grow old while they wait for a lane. */
const MOST_SMALL_BYTES = 64 * 1024 * 1024;

const ABANDON_TIMEOUT_MS = 5_000;

/** What the queue heeds of the policy that files are stored under. */
export type UploadRules = TransferRules & Pick<Policy, "max_size">;

/** The broker's defaults, for as long as it has not told its policy; its word on sizes comes anyway. */
export const DEFAULT_RULES: UploadRules = {
  max_size: Number.POSITIVE_INFINITY,
  single_put_max: 16 * 1024 * 1024,
  checksum_required: false,
  part_concurrency: 4,
  url_expires_in: 300,
};

export type UploadState =
  | TransferState
  | { readonly status: "queued" }
  | { readonly status: "completed"; readonly file: StoredFile }
  | { readonly status: "failed"; readonly error: Error; readonly canRetry: boolean }
  | { readonly status: "cancelled" };

/** One row of a list of uploads. A change makes a new object. */
export interface UploadItem {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  readonly type: string;
  /** Items share a batch until nothing is left to do. */
  readonly batch: number;
  readonly state: UploadState;
}

interface Entry {
  item: UploadItem;
  readonly transfer: Transfer;
  /** It is sent in parts, some at a time, and so takes several connections. */
  readonly isLarge: boolean;
  controller: AbortController;
  running: Promise<void> | null;
}

/**
 * Send many files in the order in which they came, over a few connections. Only one large file is under way at a
 * time, so that small files overtake it; small ones are created and completed together.
 *
 * A store in the sense of `useSyncExternalStore`; the methods are bound, so they can be passed around.
 */
export class UploadQueue {
  readonly #transport: Transport;
  readonly #entries = new Map<number, Entry>();
  readonly #listeners = new Set<() => void>();
  readonly #onSettled = new Set<(item: UploadItem) => void>();
  readonly #notify: () => void;
  #snapshot: readonly UploadItem[] | null = null;
  readonly #calls: UploadCalls;
  /** Ids, in the order in which they came; some may not be queued any more. */
  readonly #queued = { small: [] as number[], large: [] as number[] };
  readonly #running = { small: 0, smallBytes: 0, large: 0 };
  #lastId = 0;
  #batch = 0;

  /** @param notifyEvery milliseconds between two calls of a subscriber: a page need not be drawn more often. */
  constructor(transport: Transport, { notifyEvery = 100 }: { notifyEvery?: number } = {}) {
    this.#transport = transport;
    this.#calls = new UploadCalls(transport);
    this.#notify = throttle(() => {
      for (const listener of this.#listeners) {
        listener();
      }
    }, notifyEvery);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): readonly UploadItem[] => {
    this.#snapshot ??= Array.from(this.#entries.values(), ({ item }) => item);
    return this.#snapshot;
  };

  /** Call `listener` whenever an upload completes or fails. */
  readonly onSettled = (listener: (item: UploadItem) => void): (() => void) => {
    this.#onSettled.add(listener);
    return () => this.#onSettled.delete(listener);
  };

  /** Queue files. One that is larger than the rules allow fails before a byte of any is sent. */
  readonly add = (files: readonly File[], rules: UploadRules): void => {
    this.#beginBatch();
    for (const file of files) {
      this.#lastId += 1;
      const { name, size, type } = file;
      const entry: Entry = {
        item: { id: this.#lastId, name, size, type, batch: this.#batch, state: { status: "queued" } },
        transfer: new Transfer(file, this.#transport, rules, this.#calls),
        isLarge: size > rules.single_put_max,
        controller: new AbortController(),
        running: null,
      };
      this.#entries.set(this.#lastId, entry);
      this.#enqueue(this.#lastId, entry);
      if (size > rules.max_size) {
        this.#fail(this.#lastId, new SourceTooLarge({ limit: rules.max_size }));
      }
    }
    this.#publish();
    this.#fill();
  };

  /** Stop an upload and have the broker forget it. Too late, it counts as completed. */
  readonly cancel = async (id: number): Promise<void> => {
    const entry = this.#entries.get(id);
    if (entry === undefined || !isActive(entry.item)) {
      return;
    }
    entry.controller.abort();
    this.#set(id, { status: "cancelled" });
    // a queued one may have an upload left from a run that failed
    await (entry.running ?? this.#abandon(id, entry));
  };

  /** Run a failed or cancelled upload again, from where it stopped. */
  readonly retry = (id: number): void => {
    const entry = this.#entries.get(id);
    if (entry === undefined || !isRetryable(entry.item)) {
      return;
    }
    this.#beginBatch();
    entry.controller = new AbortController();
    entry.item = { ...entry.item, batch: this.#batch };
    this.#set(id, { status: "queued" });
    this.#enqueue(id, entry);
    this.#fill();
  };

  /** Take an upload that is not running off the list. */
  readonly remove = async (id: number): Promise<void> => {
    const entry = this.#entries.get(id);
    if (entry === undefined || isActive(entry.item)) {
      return;
    }
    this.#entries.delete(id);
    this.#publish();
    await this.#abandon(id, entry);
  };

  /** Take what needs no attention any more off the list. */
  readonly removeSettled = (): void => {
    for (const [id, { item }] of this.#entries) {
      if (item.state.status === "completed" || item.state.status === "cancelled") {
        this.#entries.delete(id);
      }
    }
    this.#publish();
  };

  /** Stop everything and empty the list. */
  readonly clear = async (): Promise<void> => {
    await Promise.all([...this.#entries.keys()].map((id) => this.cancel(id)));
    await Promise.all([...this.#entries.keys()].map((id) => this.remove(id)));
  };

  #beginBatch(): void {
    if (!this.getSnapshot().some(isActive)) {
      this.#batch += 1;
    }
  }

  /** Start queued uploads: many small ones, one large one, which small ones overtake. */
  #fill(): void {
    while (this.#running.small < MOST_SMALL && this.#running.smallBytes < MOST_SMALL_BYTES) {
      if (!this.#start(this.#queued.small)) {
        break;
      }
    }
    if (this.#running.large === 0) {
      this.#start(this.#queued.large);
    }
  }

  /** Start the first that still wants to; tell whether there was one. */
  #start(queued: number[]): boolean {
    for (let id = queued.shift(); id !== undefined; id = queued.shift()) {
      const entry = this.#entries.get(id);
      if (entry?.item.state.status === "queued" && entry.running === null) {
        this.#count(entry, 1);
        entry.running = this.#run(id, entry).then(() => {
          entry.running = null;
          this.#count(entry, -1);
          if (entry.item.state.status === "queued") {
            this.#enqueue(id, entry); // it was retried while it was being given up
          }
          this.#fill();
        });
        return true;
      }
    }
    return false;
  }

  #enqueue(id: number, { isLarge }: Entry): void {
    (isLarge ? this.#queued.large : this.#queued.small).push(id);
  }

  #count({ isLarge, item }: Entry, sign: 1 | -1): void {
    if (isLarge) {
      this.#running.large += sign;
    } else {
      this.#running.small += sign;
      this.#running.smallBytes += sign * item.size;
    }
  }

  /** Run a transfer to its end, whichever that is. Never rejects. */
  async #run(id: number, entry: Entry): Promise<void> {
    const { signal } = entry.controller;
    const onState = (state: TransferState) => {
      if (!signal.aborted) {
        this.#set(id, state);
      }
    };
    try {
      const file = await entry.transfer.run({ signal, onState });
      this.#complete(id, file);
    } catch (error) {
      if (signal.aborted) {
        await this.#abandon(id, entry);
      } else {
        this.#fail(id, error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  async #abandon(id: number, { transfer }: Entry): Promise<void> {
    try {
      const file = await transfer.abandon({ signal: AbortSignal.timeout(ABANDON_TIMEOUT_MS) });
      if (file !== null) {
        this.#complete(id, file);
      }
    } catch {
      // the broker expires what it is not told about
    }
  }

  #complete(id: number, file: StoredFile): void {
    this.#settle(id, { status: "completed", file });
  }

  #fail(id: number, error: Error): void {
    this.#settle(id, { status: "failed", error, canRetry: canRetry(error) });
  }

  #settle(id: number, state: UploadState): void {
    const item = this.#set(id, state);
    if (item !== null) {
      for (const listener of this.#onSettled) {
        listener(item);
      }
    }
  }

  #set(id: number, state: UploadState): UploadItem | null {
    const entry = this.#entries.get(id);
    if (entry === undefined) {
      return null;
    }
    entry.item = { ...entry.item, state };
    this.#publish();
    return entry.item;
  }

  #publish(): void {
    this.#snapshot = null;
    this.#notify();
  }
}

/** Say whether there is still something to do, now or as soon as a lane is free. */
export function isActive({ state }: UploadItem): boolean {
  return state.status !== "completed" && state.status !== "failed" && state.status !== "cancelled";
}

export function isRetryable({ state }: UploadItem): boolean {
  return state.status === "cancelled" || (state.status === "failed" && state.canRetry);
}
