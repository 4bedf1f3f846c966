import { isTransient } from "./retry.ts";

/** HTTP/1.1 gives an origin six connections; one is left for the broker, which may share the store's origin. */
const MOST = 5;

/** A fast line is found out soon from here, and a slow one is not overwhelmed. */
const FIRST = 3;

/**
 * How many requests may be on their way to the store at once, of all files together; they take turns in the
 * order in which they came.
 *
 * The number follows what the store and the line bear, as TCP does (additive increase, multiplicative
 * decrease): one more after as many successes as there are lanes, half of them after a failure of overload.
 */
export class Lanes {
  /** What those that wait do once they may. */
  readonly #waiting: (() => void)[] = [];
  readonly #most: number;
  #limit: number;
  #busy = 0;
  #successes = 0;

  constructor({ most = MOST, first = FIRST }: { most?: number; first?: number } = {}) {
    this.#most = most;
    this.#limit = Math.min(first, most);
  }

  /** How many may be used now. */
  get limit(): number {
    return this.#limit;
  }

  /** Do work that uses a connection, as soon as one is free. An abort ends the wait. */
  async use<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#enter(signal);
    try {
      const result = await work();
      this.#grow();
      return result;
    } catch (error) {
      if (isTransient(error)) {
        this.#shrink();
      }
      throw error;
    } finally {
      this.#busy -= 1;
      this.#admit();
    }
  }

  #enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const start = () => {
        signal.removeEventListener("abort", abort);
        resolve();
      };
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(start), 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#waiting.push(start);
      this.#admit();
    });
  }

  #admit(): void {
    while (this.#busy < this.#limit) {
      const start = this.#waiting.shift();
      if (start === undefined) {
        return;
      }
      this.#busy += 1;
      start();
    }
  }

  #grow(): void {
    this.#successes += 1;
    if (this.#successes >= this.#limit && this.#limit < this.#most) {
      this.#limit += 1;
      this.#successes = 0;
    }
  }

  #shrink(): void {
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
    this.#successes = 0;
  }
}
