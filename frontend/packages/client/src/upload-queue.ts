import { StoreRefused, StoreUnreachable } from "./failures.ts";
import { refuseSource, type SourceRules } from "./refuse-source.ts";
import { canRetry } from "./retry.ts";
import { DEFAULT_PLACE, type Place, type Source } from "./source.ts";
import { SpeedMeter } from "./speed-meter.ts";
import { throttle } from "./throttle.ts";
import { Transfer } from "./transfer.ts";
import type { TransferState, Transport } from "./transport.ts";
import { UploadCalls } from "./upload-calls.ts";
import {
  isActive,
  isCollision,
  isPausable,
  isRetryable,
  sentOf,
  type UploadItem,
  type UploadState,
} from "./upload-item.ts";
import type { Diagnosis, StoredFile, Symptoms, TransferRules } from "./wire.ts";

/** So many files are listed in one go: a browser asks the disk about each, and the page waits. */
const TURN = 25;

/** So many small files are under way at once: created and completed together, while lanes limit what is sent. */
const MOST_SMALL = 1000;

/** ... and so many bytes of them, lest their URLs grow old while they wait for a lane. */
const MOST_SMALL_BYTES = 64 * 1024 * 1024;

const ABANDON_TIMEOUT_MS = 5_000;

/** A failure is shown after so long even if the broker has not said why. */
const DIAGNOSIS_TIMEOUT_MS = 5_000;

/** Why a run is aborted that will go on. */
const PAUSED = new Error("The upload is paused");

/** What the queue heeds of the policy that files are stored under. */
export type UploadRules = TransferRules & SourceRules;

/** A file that was added, and is to be listed. */
interface Arrival {
  readonly file: Source;
  readonly rules: UploadRules;
  readonly place: Place;
  readonly batch: number;
  /** What was asked of all meanwhile, and is done with its id. */
  readonly whenListed?: (id: number) => unknown;
}

interface Entry {
  item: UploadItem;
  readonly source: Source;
  readonly transfer: Transfer;
  /** It is sent in parts, some at a time, and so takes several connections. */
  readonly isLarge: boolean;
  /** What one alone may be under way to; null where it does not matter whether its name is taken. */
  readonly target: string | null;
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
  readonly #onSettled = new Set<(item: UploadItem, source: Source) => void>();
  readonly #notify: () => void;
  #snapshot: readonly UploadItem[] | null = null;
  readonly #calls: UploadCalls;
  readonly #meter = new SpeedMeter();
  #arrivals: Arrival[] = [];
  /** Ids, in the order in which they came; some may not be queued any more. */
  readonly #queued = { small: [] as number[], large: [] as number[] };
  readonly #running = { small: 0, smallBytes: 0, large: 0 };
  readonly #targets = new Set<string>();
  #lastId = 0;
  #batch = 0;

  /** @param notifyEvery milliseconds between two calls of a subscriber: a page need not be drawn more often. */
  constructor(transport: Transport, { notifyEvery = 250 }: { notifyEvery?: number } = {}) {
    this.#transport = transport;
    this.#calls = new UploadCalls(transport);
    this.#notify = throttle(() => {
      this.#measure();
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

  /** Call `listener` whenever an upload completes or fails, with what was uploaded. */
  readonly onSettled = (listener: (item: UploadItem, source: Source) => void): (() => void) => {
    this.#onSettled.add(listener);
    return () => this.#onSettled.delete(listener);
  };

  /** Bytes that go to the store per second, smoothed; null while nothing is sent. */
  get speed(): number | null {
    return this.#meter.perSecond;
  }

  /**
   * Queue files. One that the rules do not allow fails before a byte of any is sent. Of many, the first are listed at
   * once and the others soon after.
   */
  readonly add = (files: readonly Source[], rules: UploadRules, place: Place = DEFAULT_PLACE): void => {
    this.#beginBatch();
    const isBusy = this.#arrivals.length > 0;
    const batch = this.#batch;
    this.#arrivals.push(...files.map((file) => ({ file, rules, place, batch })));
    if (!isBusy) {
      this.#list();
    }
  };

  /** Stop an upload and have the broker forget it. Too late, it counts as completed. */
  readonly cancel = async (id: number): Promise<void> => {
    const entry = this.#entries.get(id);
    if (entry === undefined || !isActive(entry.item)) {
      return;
    }
    entry.controller.abort();
    this.#set(id, { status: "cancelled" });
    await entry.running;
    // one that is queued or paused may have an upload left from an earlier run
    await this.#abandon(id, entry);
  };

  /** Stop an upload for now; what the store holds of it is kept. */
  readonly pause = (id: number): void => {
    const entry = this.#entries.get(id);
    if (entry !== undefined && isPausable(entry.item)) {
      entry.controller.abort(PAUSED);
      this.#set(id, { status: "paused", bytes: sentOf(entry.item) });
    }
  };

  /** Go on with a paused upload. */
  readonly resume = (id: number): void => {
    const entry = this.#entries.get(id);
    if (entry?.item.state.status === "paused") {
      this.#restart(id, entry);
    }
  };

  readonly pauseAll = (): void => {
    this.#haveArrivals(this.pause);
    for (const id of this.#entries.keys()) {
      this.pause(id);
    }
  };

  readonly resumeAll = (): void => {
    this.#haveArrivals(this.resume);
    for (const id of this.#entries.keys()) {
      this.resume(id);
    }
  };

  /** Stop everything that is not done; what is done stays on the list. */
  readonly cancelAll = async (): Promise<void> => {
    this.#haveArrivals(this.cancel);
    await Promise.all([...this.#entries.keys()].map((id) => this.cancel(id)));
  };

  /** Run everything again that failed and may be tried again. */
  readonly retryAll = (): void => {
    for (const [id, { item }] of this.#entries) {
      if (item.state.status === "failed" && !isCollision(item)) {
        this.retry(id);
      }
    }
  };

  /** Run a failed or cancelled upload again, from where it stopped. */
  readonly retry = (id: number): void => {
    const entry = this.#entries.get(id);
    if (entry === undefined || !isRetryable(entry.item)) {
      return;
    }
    this.#beginBatch();
    entry.item = { ...entry.item, batch: this.#batch };
    this.#restart(id, entry);
  };

  /** Send those after all whose names are taken: they get a number, or replace what is there. */
  readonly settleCollisions = (collision: "rename" | "replace"): void => {
    this.#beginBatch();
    for (const [id, entry] of this.#entries) {
      if (isCollision(entry.item)) {
        entry.transfer.settleCollision(collision);
        entry.item = { ...entry.item, batch: this.#batch };
        this.#restart(id, entry);
      }
    }
  };

  /** Take those off the list whose names are taken. */
  readonly skipCollisions = (): void => {
    for (const [id, { item }] of this.#entries) {
      if (isCollision(item)) {
        this.#entries.delete(id);
      }
    }
    this.#publish();
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
    this.#arrivals = [];
    await Promise.all([...this.#entries.keys()].map((id) => this.cancel(id)));
    await Promise.all([...this.#entries.keys()].map((id) => this.remove(id)));
  };

  #beginBatch(): void {
    if (this.#arrivals.length === 0 && !this.getSnapshot().some(isActive)) {
      this.#batch += 1;
    }
  }

  /** List and start the next that were added, then let the page do something else. */
  #list(): void {
    for (const arrival of this.#arrivals.splice(0, TURN)) {
      this.#lastId += 1;
      this.#listOne(this.#lastId, arrival);
    }
    this.#publish();
    this.#fill();
    if (this.#arrivals.length > 0) {
      setTimeout(() => this.#list());
    }
  }

  #haveArrivals(whenListed: (id: number) => unknown): void {
    this.#arrivals = this.#arrivals.map((arrival) => ({ ...arrival, whenListed }));
  }

  #listOne(id: number, { file, rules, place, batch, whenListed }: Arrival): void {
    const transfer = new Transfer(file, this.#transport, rules, this.#calls, place);
    const { name, size, type } = transfer.file;
    const entry: Entry = {
      item: { id, name, folder: place.folder, size, type, batch, state: { status: "queued" } },
      source: file,
      transfer,
      isLarge: size > rules.single_put_max,
      target: place.collision === "refuse" ? targetOf(place.folder, name) : null,
      controller: new AbortController(),
      running: null,
    };
    this.#entries.set(id, entry);
    this.#enqueue(id, entry);
    const refusal = refuseSource(transfer.file, rules);
    if (refusal !== null) {
      this.#fail(id, refusal);
    }
    whenListed?.(id);
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

  /**
   * Start the first that still wants to; tell whether there was one. One whose namesake is under way waits: only when
   * that one is a file does the broker refuse the name.
   */
  #start(queued: number[]): boolean {
    const waiting: number[] = [];
    const hasStarted = this.#startNext(queued, waiting);
    queued.unshift(...waiting);
    return hasStarted;
  }

  #startNext(queued: number[], waiting: number[]): boolean {
    for (let id = queued.shift(); id !== undefined; id = queued.shift()) {
      const entry = this.#entries.get(id);
      if (entry?.item.state.status === "queued" && entry.running === null) {
        if (entry.target !== null && this.#targets.has(entry.target)) {
          waiting.push(id);
          continue;
        }
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

  #restart(id: number, entry: Entry): void {
    entry.controller = new AbortController();
    this.#set(id, { status: "queued" });
    this.#enqueue(id, entry);
    this.#fill();
  }

  #enqueue(id: number, { isLarge }: Entry): void {
    (isLarge ? this.#queued.large : this.#queued.small).push(id);
  }

  #count({ isLarge, item, target }: Entry, sign: 1 | -1): void {
    if (target !== null) {
      this.#targets[sign === 1 ? "add" : "delete"](target);
    }
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
      const diagnosis = signal.aborted ? null : await this.#diagnose(entry, error);
      if (!signal.aborted) {
        this.#fail(id, error instanceof Error ? error : new Error(String(error)), diagnosis);
      } else if (signal.reason !== PAUSED) {
        await this.#abandon(id, entry);
      }
    }
  }

  /** Ask the broker for the reason where the browser hides it, or the store says no more than 403. */
  async #diagnose({ transfer }: Entry, error: unknown): Promise<Diagnosis | null> {
    const id = transfer.uploadId;
    const symptoms = symptomsOf(error);
    if (id === null || symptoms === null) {
      return null;
    }
    try {
      const signal = AbortSignal.timeout(DIAGNOSIS_TIMEOUT_MS);
      return await this.#transport.broker.diagnoseUpload(id, symptoms, { signal });
    } catch {
      return null; // the error says what is known
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

  #fail(id: number, error: Error, diagnosis: Diagnosis | null = null): void {
    this.#settle(id, { status: "failed", error, canRetry: canRetry(error), diagnosis });
  }

  #settle(id: number, state: UploadState): void {
    const item = this.#set(id, state);
    const source = this.#entries.get(id)?.source;
    if (item !== null && source !== undefined) {
      for (const listener of this.#onSettled) {
        try {
          listener(item, source);
        } catch (error) {
          reportError(error); // as of any event's listener: the upload has not failed
        }
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

  #measure(): void {
    const items = this.getSnapshot();
    if (items.some(({ state }) => state.status === "sending")) {
      const bytes = items.reduce((sum, item) => sum + sentOf(item), 0);
      this.#meter.observe(bytes, this.#transport.timer.now());
    } else {
      this.#meter.reset();
    }
  }

  #publish(): void {
    this.#snapshot = null;
    this.#notify();
  }
}

/** Names that differ in case alone are one to the broker. */
function targetOf(folder: string, name: string): string {
  return `${folder}/${name.normalize("NFC").toLowerCase()}`;
}

function symptomsOf(error: unknown): Symptoms | null {
  if (error instanceof StoreRefused && error.status === 403) {
    return { status: error.status, code: error.code };
  }
  return error instanceof StoreUnreachable ? { status: null, code: null } : null;
}
