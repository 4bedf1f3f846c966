import type { Session as IssuedSession } from "@broker/client";
import type { SafeStorage } from "../../shared/safe-storage.ts";

export type Session =
  | { readonly status: "signed-out" }
  /** It ended without the person's wish; `username` is who was signed in. */
  | { readonly status: "ended"; readonly username: string }
  | SignedIn;

interface SignedIn {
  readonly status: "signed-in";
  readonly username: string;
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

const KEY = "session";

/** Who is signed in, for as long as the tab lives. A store in the sense of `useSyncExternalStore`. */
export class SessionStore {
  readonly #storage: SafeStorage;
  readonly #now: () => number;
  readonly #listeners = new Set<() => void>();
  #session: Session;

  constructor({ storage, now }: { storage: SafeStorage; now: () => number }) {
    this.#storage = storage;
    this.#now = now;
    this.#session = restore(storage.getItem(KEY), now());
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): Session => this.#session;

  readonly token = (): string | null => (this.#session.status === "signed-in" ? this.#session.token : null);

  readonly signIn = (username: string, { access_token, expires_in }: IssuedSession): void => {
    const expiresAt = this.#now() + expires_in * 1000;
    this.#set({ status: "signed-in", username, token: access_token, expiresAt });
  };

  /** End the session of that token. A late answer to an older token ends nothing. */
  readonly end = (token: string | null): void => {
    if (this.#session.status === "signed-in" && this.#session.token === token) {
      this.#set({ status: "ended", username: this.#session.username });
    }
  };

  readonly signOut = (): void => {
    this.#set({ status: "signed-out" });
  };

  #set(session: Session): void {
    this.#session = session;
    if (session.status === "signed-in") {
      this.#storage.setItem(KEY, JSON.stringify(session));
    } else {
      this.#storage.removeItem(KEY);
    }
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

function restore(stored: string | null, now: number): Session {
  const session = stored === null ? null : parse(stored);
  if (session === null) {
    return { status: "signed-out" };
  }
  return session.expiresAt > now ? session : { status: "ended", username: session.username };
}

function parse(stored: string): SignedIn | null {
  try {
    const { username, token, expiresAt }: Partial<SignedIn> = JSON.parse(stored) ?? {};
    return typeof username === "string" && typeof token === "string" && typeof expiresAt === "number"
      ? { status: "signed-in", username, token, expiresAt }
      : null;
  } catch {
    return null;
  }
}
