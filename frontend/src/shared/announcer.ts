/**
 * What is said to a person who listens rather than looks.
 *
 * A store in the sense of `useSyncExternalStore`.
 */
export class Announcer {
  readonly #listeners = new Set<() => void>();
  #text = "";

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): string => this.#text;

  readonly announce = (text: string): void => {
    // the same words twice would not be read again: a no-break space makes them new
    this.#text = text === this.#text ? `${text}\u00a0` : text;
    for (const listener of this.#listeners) {
      listener();
    }
  };
}
