import { type Page, type PendingUpload, Problem, type ShareKey, type Upload } from "@broker/client";
import { PageBroker } from "../../shared/page-broker.ts";
import { type SafeStorage, safeStorage } from "../../shared/safe-storage.ts";

const PATIENCE_MS = 30_000;
const ID_LENGTH = 26;
const MOST_REMEMBERED = 100;

/** Gets tokens for sending files by a link, one after the other, as long as it is good. */
class LinkSession {
  readonly #link: ShareKey;
  readonly #broker = new PageBroker({ token: () => null });
  #token: string | null = null;
  #asking: Promise<void> | null = null;

  constructor(link: ShareKey) {
    this.#link = link;
  }

  readonly token = (): string | null => this.#token;

  /** Get another token than this one; rejects when the link has ended. */
  readonly renew = async (refused: string | null): Promise<boolean> => {
    if (this.#token === refused) {
      this.#asking ??= this.#ask().finally(() => {
        this.#asking = null;
      });
      await this.#asking;
    }
    return true;
  };

  async #ask(): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    this.#token = (await this.#broker.beginReceiving(this.#link, { signal })).access_token;
  }
}

/** The ids of uploads in parts that were begun by a link; after a reload they can be gone on with. */
class BegunUploads {
  readonly #key: string;
  readonly #storage: SafeStorage;

  constructor({ token }: ShareKey, storage: SafeStorage) {
    this.#key = `uploads-of-link:${token.slice(0, ID_LENGTH)}`; // not the token, which opens the link
    this.#storage = storage;
  }

  get ids(): readonly string[] {
    return this.#storage.getItem(this.#key)?.split(" ").filter(Boolean) ?? [];
  }

  add(id: string): void {
    this.#write([...this.ids, id].slice(-MOST_REMEMBERED));
  }

  forget(ended: ReadonlySet<string>): void {
    this.#write(this.ids.filter((id) => !ended.has(id)));
  }

  #write(ids: readonly string[]): void {
    this.#storage.setItem(this.#key, ids.join(" "));
  }
}

/** The broker for somebody who sends files by a link. */
export class ReceivingBroker extends PageBroker {
  readonly #link: ShareKey;
  readonly #session: LinkSession;
  readonly #begun: BegunUploads;

  constructor(link: ShareKey, storage: SafeStorage = safeStorage(() => localStorage)) {
    const session = new LinkSession(link);
    super({ token: session.token, renew: session.renew });
    this.#link = link;
    this.#session = session;
    this.#begun = new BegunUploads(link, storage);
  }

  /** Whether something was begun in this browser that may be gone on with, though the link takes nothing else. */
  get hasBegun(): boolean {
    return this.#begun.ids.length > 0;
  }

  /** Have a token before the first call; rejects when the link has ended. */
  async begin(): Promise<void> {
    await this.#session.renew(null);
  }

  /** Read what the link takes, for a stranger is told of no other policy. */
  override async readPolicies({ signal }: { signal: AbortSignal }): ReturnType<PageBroker["readPolicies"]> {
    const shared = await this.openShare(this.#link, { signal });
    return shared.kind === "receive" ? [{ ...shared, name: shared.policy }] : [];
  }

  override async createUpload(
    ...[upload, options]: Parameters<PageBroker["createUpload"]>
  ): Promise<PendingUpload> {
    const created = await super.createUpload(upload, options);
    if (created.method === "multipart") {
      this.#begun.add(created.id);
    }
    return created;
  }

  /** List what was begun in this browser, for the broker tells nobody what others are sending. */
  override async listPending({ signal }: { signal: AbortSignal }): Promise<Page<PendingUpload>> {
    const { ids } = this.#begun;
    const found = await Promise.all(ids.map((id) => this.#find(id, signal)));
    const items = found.filter((upload) => upload?.status === "pending");
    const pending = new Set(items.map(({ id }) => id));
    this.#begun.forget(new Set(ids.filter((id) => !pending.has(id))));
    return { items, next_cursor: null };
  }

  async #find(id: string, signal: AbortSignal): Promise<Upload | null> {
    try {
      return await this.readUpload(id, { signal });
    } catch (error) {
      if (error instanceof Problem && error.slug === "not-found") {
        return null;
      }
      throw error;
    }
  }
}
