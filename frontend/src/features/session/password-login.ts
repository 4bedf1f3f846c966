import { Problem, type Session } from "@broker/client";
import type { PageBroker } from "../../shared/page-broker.ts";
import { type Access, type Login, SessionOver } from "./login.ts";
import { readClaims } from "./read-claims.ts";

const PATIENCE_MS = 30_000;

/** Stay signed in by the refresh token in the broker's cookie, which no script can read. */
export class PasswordLogin implements Login {
  readonly method = "password";
  readonly #broker: Pick<PageBroker, "signIn" | "renewSession" | "signOut">;

  constructor(broker: Pick<PageBroker, "signIn" | "renewSession" | "signOut">) {
    this.#broker = broker;
  }

  readonly signIn = async (credentials: { username: string; password: string }): Promise<Access> =>
    describe(await this.#broker.signIn(credentials, { signal: AbortSignal.timeout(PATIENCE_MS) }));

  readonly renew = async (): Promise<Access> => {
    try {
      return describe(await this.#broker.renewSession({ signal: AbortSignal.timeout(PATIENCE_MS) }));
    } catch (error) {
      throw error instanceof Problem && error.status === 401
        ? new SessionOver("The refresh token is not good any more", { cause: error })
        : error;
    }
  };

  readonly signOut = (): Promise<void> => this.#broker.signOut({ signal: AbortSignal.timeout(PATIENCE_MS) });
}

/** The broker's own tokens name the user (RFC 9068 §2.2): another tab may have signed in as another one. */
function describe({ access_token, expires_in }: Session): Access {
  const subject = String(readClaims(access_token).sub);
  return { subject, username: subject, token: access_token, expiresIn: expires_in };
}
