export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: "info" | "danger";
  /** What can be done about it, such as undoing it. */
  readonly action: { readonly label: string; readonly run: () => void } | null;
}

const SHOWN_MS = 8_000;

/** Tells what was done, for some seconds, without taking the focus. A store for `useSyncExternalStore`. */
export class Toaster {
  readonly #listeners = new Set<() => void>();
  #toast: Toast | null = null;
  #lastId = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): Toast | null => this.#toast;

  readonly show = (text: string, action: Toast["action"] = null): void => {
    this.#put({ text, action, tone: "info" });
    this.resume();
  };

  /** Say what went wrong; it stays until it is dismissed. */
  readonly fail = (text: string, action: Toast["action"] = null): void =>
    this.#put({ text, action, tone: "danger" });

  readonly dismiss = (): void => this.#put(null);

  /** Keep what is shown, for as long as somebody looks at it. */
  readonly hold = (): void => clearTimeout(this.#timer);

  readonly resume = (): void => {
    clearTimeout(this.#timer);
    if (this.#toast?.tone === "info") {
      this.#timer = setTimeout(this.dismiss, SHOWN_MS);
    }
  };

  #put(toast: Omit<Toast, "id"> | null): void {
    clearTimeout(this.#timer);
    this.#lastId += 1;
    this.#toast = toast && { id: this.#lastId, ...toast };
    for (const listener of this.#listeners) {
      listener();
    }
  }
}
