import type { TransferState } from "./transport.ts";

/**
 * Adds up the bytes of parts that are sent side by side.
 *
 * The sum falls only when a part begins anew, by what had been sent of it.
 */
export class PartsProgress {
  readonly #onState: (state: TransferState) => void;
  readonly #moving = new Map<number, number>();
  #taken: number;

  /** @param taken bytes of the parts that the store took before. */
  constructor(taken: number, onState: (state: TransferState) => void) {
    this.#taken = taken;
    this.#onState = onState;
  }

  /** So much of a part is handed to the connection. */
  moved(number: number, bytes: number): void {
    this.#moving.set(number, bytes);
    this.#report();
  }

  /** The store took a part of so many bytes. */
  took(number: number, size: number): void {
    this.#moving.delete(number);
    this.#taken += size;
    this.#report();
  }

  /** A part is not under way; another try follows. */
  stopped(number: number): void {
    this.#moving.delete(number);
    this.waits();
  }

  /** Something is waited for; that is worth telling when nothing else moves. */
  waits(): void {
    if (this.#moving.size === 0) {
      this.#onState({ status: "waiting" });
    } else {
      this.#report();
    }
  }

  #report(): void {
    const moving = [...this.#moving.values()].reduce((sum, bytes) => sum + bytes, 0);
    this.#onState({ status: "sending", bytes: this.#taken + moving });
  }
}
