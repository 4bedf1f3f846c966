/** So many milliseconds weigh as much as all that came before them. */
const MEMORY_MS = 3_000;

/** Tells how fast a growing number of bytes grows, smoothed so that a person can read it. */
export class SpeedMeter {
  #last: { readonly bytes: number; readonly at: number } | null = null;
  #perSecond: number | null = null;

  /** Bytes per second; null until there is something to go by. */
  get perSecond(): number | null {
    return this.#perSecond;
  }

  /** @param at milliseconds. Bytes that are taken back, as a part begins anew, are no speed. */
  observe(bytes: number, at: number): void {
    const last = this.#last;
    this.#last = { bytes, at };
    if (last === null || at <= last.at) {
      return;
    }
    const passed = at - last.at;
    const now = (Math.max(0, bytes - last.bytes) * 1000) / passed;
    const weight = 1 - Math.exp(-passed / MEMORY_MS);
    this.#perSecond = this.#perSecond === null ? now : this.#perSecond + weight * (now - this.#perSecond);
  }

  reset(): void {
    this.#last = null;
    this.#perSecond = null;
  }
}
