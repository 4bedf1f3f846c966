import type { Access } from "./login.ts";

export type Session =
  /** Somebody was signed in when the page was left: whether that still holds is being asked. */
  | { readonly status: "restoring" }
  /** It cannot be asked. */
  | { readonly status: "unknown"; readonly error: unknown }
  /** `error` is why signing in failed elsewhere, if it did. */
  | { readonly status: "signed-out"; readonly error: unknown }
  /** It ended without the person's wish; `username` is who was signed in. */
  | { readonly status: "ended"; readonly username: string }
  | SignedIn;

interface SignedIn {
  readonly status: "signed-in";
  readonly subject: string;
  readonly username: string;
  readonly token: string;
}

/**
 * Who is signed in. The token is here and nowhere else: it ends with the page.
 *
 * A store in the sense of `useSyncExternalStore`.
 */
export class SessionStore {
  readonly #listeners = new Set<() => void>();
  #session: Session = { status: "signed-out", error: null };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): Session => this.#session;

  readonly token = (): string | null => (this.#session.status === "signed-in" ? this.#session.token : null);

  readonly signIn = ({ subject, username, token }: Access): void => {
    this.#set({ status: "signed-in", subject, username, token });
  };

  /** End the session of that token. A late answer to an older token ends nothing. */
  readonly end = (token: string | null): void => {
    if (this.#session.status === "signed-in" && this.#session.token === token) {
      this.endOf(this.#session.username);
    }
  };

  readonly endOf = (username: string): void => {
    this.#set({ status: "ended", username });
  };

  readonly signOut = (error: unknown = null): void => {
    this.#set({ status: "signed-out", error });
  };

  readonly restore = (): void => {
    this.#set({ status: "restoring" });
  };

  readonly failToRestore = (error: unknown): void => {
    this.#set({ status: "unknown", error });
  };

  #set(session: Session): void {
    this.#session = session;
    for (const listener of this.#listeners) {
      listener();
    }
  }
}
