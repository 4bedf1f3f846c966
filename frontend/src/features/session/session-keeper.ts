import { type Access, type Login, SessionOver } from "./login.ts";
import type { SessionHint } from "./session-hint.ts";
import type { SessionStore } from "./session-store.ts";

/** A token is renewed that much before it expires, or after two thirds of its life, if that is later. */
const AHEAD_SECONDS = 60;

/** When the broker does not answer, the token may be good for another while. */
const RETRY_MS = 5_000;

/** What the tabs of a browser tell each other. */
type Word =
  | { readonly word: "signed-in"; readonly method: Login["method"]; readonly subject: string }
  | { readonly word: "signed-out" };

interface KeeperOptions {
  readonly store: SessionStore;
  readonly hint: SessionHint;
  /** What other tabs can use as well, for its state is the browser's. */
  readonly shared: Login;
  /** End every session of whoever is signed in. */
  readonly endEverywhere: () => Promise<void>;
  /** Runs what only one tab may do at a time. */
  readonly alone: <T>(action: () => Promise<T>) => Promise<T>;
  readonly channel: Pick<BroadcastChannel, "postMessage" | "addEventListener">;
}

/** Keeps a session alive: renews its token in time, and follows what happens to it in other tabs. */
export class SessionKeeper {
  readonly #store: SessionStore;
  readonly #hint: SessionHint;
  readonly #shared: Login;
  readonly #endEverywhere: KeeperOptions["endEverywhere"];
  readonly #alone: KeeperOptions["alone"];
  readonly #channel: KeeperOptions["channel"];
  #login: Login | null = null;
  #renewing: Promise<boolean> | null = null;
  #timeout: ReturnType<typeof setTimeout> | undefined;

  constructor({ store, hint, shared, endEverywhere, alone, channel }: KeeperOptions) {
    this.#store = store;
    this.#hint = hint;
    this.#shared = shared;
    this.#endEverywhere = endEverywhere;
    this.#alone = alone;
    this.#channel = channel;
    channel.addEventListener("message", ({ data }: MessageEvent<Word>) => this.#hear(data));
  }

  /** Begin a session that the person asked for. */
  readonly signIn = (login: Login, access: Access): void => {
    this.#login = login;
    this.#renewing = null;
    this.#accept(access);
    this.#hint.write({ method: login.method, username: access.username });
    this.#tell({ word: "signed-in", method: login.method, subject: access.subject });
  };

  /** Go on with the session that a page had here before. */
  readonly restore = async (): Promise<void> => {
    this.#store.restore();
    this.#login = this.#shared;
    try {
      await this.#renewOnce();
    } catch (error) {
      this.#store.failToRestore(error);
    }
  };

  /** Get another token than this one; calls at the same time share one renewal. */
  readonly renew = async (refused: string): Promise<boolean> => {
    const current = this.#store.token();
    return current === null || current === refused ? await this.#renewOnce() : true;
  };

  /** @throws BrokerUnreachable: then the session goes on, for its refresh token is still there. */
  readonly signOut = async (): Promise<void> => {
    await this.#login?.signOut();
    this.#forget();
    this.#store.signOut();
    this.#tell({ word: "signed-out" });
  };

  /** Sign out here and wherever else the person is signed in. */
  readonly signOutEverywhere = async (): Promise<void> => {
    await this.#endEverywhere();
    await this.signOut();
  };

  async #renewOnce(): Promise<boolean> {
    const renewing = this.#renewing ?? this.#obtain();
    this.#renewing = renewing;
    try {
      return await renewing;
    } finally {
      if (this.#renewing === renewing) {
        this.#renewing = null;
      }
    }
  }

  async #obtain(): Promise<boolean> {
    const login = this.#login;
    if (login === null) {
      return false;
    }
    try {
      const access = await this.#alone(login.renew);
      if (login === this.#login) {
        this.#accept(access);
      }
      return login === this.#login;
    } catch (error) {
      if (!(error instanceof SessionOver)) {
        throw error;
      }
      if (login === this.#login) {
        this.#end();
      }
      return false;
    }
  }

  #accept(access: Access): void {
    this.#store.signIn(access);
    this.#renewIn(Math.max(access.expiresIn - AHEAD_SECONDS, (access.expiresIn * 2) / 3) * 1000);
  }

  #renewIn(milliseconds: number): void {
    clearTimeout(this.#timeout);
    this.#timeout = setTimeout(() => {
      this.#renewOnce().catch(() => this.#renewIn(RETRY_MS));
    }, milliseconds);
  }

  #end(): void {
    const session = this.#store.getSnapshot();
    const username = session.status === "signed-in" ? session.username : this.#hint.read()?.username;
    this.#forget();
    if (session.status !== "ended" && session.status !== "signed-out") {
      this.#store.endOf(username ?? "");
    }
  }

  #forget(): void {
    clearTimeout(this.#timeout);
    this.#login = null;
    this.#hint.clear();
  }

  #tell(word: Word): void {
    this.#channel.postMessage(word);
  }

  #hear(heard: Word): void {
    const session = this.#store.getSnapshot();
    if (heard.word === "signed-out") {
      this.#forget();
      this.#store.signOut();
    } else if (
      heard.method === this.#shared.method &&
      !(session.status === "signed-in" && session.subject === heard.subject)
    ) {
      this.#login = this.#shared;
      this.#renewing = null; // that one may still be about who was signed in before
      this.#renewOnce().catch(() => {}); // the form to sign in stays
    }
  }
}
