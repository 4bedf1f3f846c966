import type { SafeStorage } from "../../shared/safe-storage.ts";
import type { Login } from "./login.ts";

const KEY = "session";

interface Hint {
  readonly method: Login["method"];
  readonly username: string;
}

/**
 * Remembers that somebody is signed in, and how, so that a page that is loaded knows what to ask. It is no
 * secret and proves nothing.
 */
export class SessionHint {
  readonly #storage: SafeStorage;

  constructor(storage: SafeStorage) {
    this.#storage = storage;
  }

  read(): Hint | null {
    try {
      const { method, username }: Partial<Hint> = JSON.parse(this.#storage.getItem(KEY) ?? "null") ?? {};
      const isKnown = method === "password" || method === "oidc";
      return isKnown && typeof username === "string" ? { method, username } : null;
    } catch {
      return null; // of another version, or another hand
    }
  }

  write({ method, username }: Hint): void {
    this.#storage.setItem(KEY, JSON.stringify({ method, username }));
  }

  clear(): void {
    this.#storage.removeItem(KEY);
  }
}
