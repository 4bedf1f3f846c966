import { Broker, type Page, type PendingUpload, type ShareKey } from "@broker/client";

const PATIENCE_MS = 30_000;

/** Gets tokens for sending files by a link, one after the other, as long as it is good. */
class LinkSession {
  readonly #link: ShareKey;
  readonly #broker = new Broker({ token: () => null });
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

/** The broker for somebody who sends files by a link. */
export class ReceivingBroker extends Broker {
  readonly #session: LinkSession;

  constructor(link: ShareKey) {
    const session = new LinkSession(link);
    super({ token: session.token, renew: session.renew });
    this.#session = session;
  }

  /** Have a token before the first call; rejects when the link has ended. */
  async begin(): Promise<void> {
    await this.#session.renew(null);
  }

  /** Nobody is told what others are sending by the same link. */
  override async listPending(): Promise<Page<PendingUpload>> {
    return { items: [], next_cursor: null };
  }
}
