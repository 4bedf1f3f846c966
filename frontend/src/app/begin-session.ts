import {
  type Departure,
  isReturn,
  prepareDeparture,
  takeDeparture,
} from "../features/session/oidc-departure.ts";
import { OidcFailure } from "../shared/oidc-failure.ts";
import type { SafeStorage } from "../shared/safe-storage.ts";
import type { Services } from "./services.ts";

const PATIENCE_MS = 30_000;

/** What a provider answers when it cannot sign in somebody without asking (OpenID Connect Core §3.1.2.6). */
const SILENCE = new Set([
  "login_required",
  "interaction_required",
  "consent_required",
  "account_selection_required",
]);

interface Browser {
  readonly address: URL;
  readonly storage: SafeStorage;
  /** Show this address instead, in the same place of the history. */
  readonly rewrite: (path: string) => void;
  readonly leave: (address: URL) => void;
}

type Parts = Pick<Services, "broker" | "hint" | "keeper" | "session">;

/** Find out who is signed in when the page is loaded: back from a provider, since before, or nobody. */
export async function beginSession(services: Parts, browser: Browser): Promise<void> {
  const { hint, keeper, session } = services;
  const isBack = isReturn(browser.address);
  if (isBack) {
    browser.rewrite(browser.address.pathname); // the code is in nobody's history
    const departure = takeDeparture(browser.storage, browser.address);
    if (departure !== null) {
      await finish(departure, services, browser);
      return;
    }
  }
  const remembered = hint.read();
  if (remembered?.method === "password") {
    await keeper.restore();
  } else if (remembered?.method === "oidc") {
    await restoreSilently(remembered.username, services, browser);
  } else if (isBack) {
    session.signOut(new OidcFailure("mismatch"));
  }
}

async function finish(
  departure: Departure,
  { broker, keeper, session }: Parts,
  browser: Browser,
): Promise<void> {
  session.restore();
  try {
    const [{ OidcLogin }, { oidc }] = await Promise.all([
      import("../features/session/oidc-login.ts"),
      broker.readSignInOptions({ signal: AbortSignal.timeout(PATIENCE_MS) }),
    ]);
    if (oidc === null) {
      throw new OidcFailure("mismatch");
    }
    const login = await OidcLogin.finish(oidc, departure, browser.address);
    keeper.signIn(login, login.access);
  } catch (error) {
    const isSilence = error instanceof OidcFailure && SILENCE.has(error.reason);
    if (departure.silentlyAs !== null && isSilence) {
      session.endOf(departure.silentlyAs);
    } else {
      session.signOut(error);
    }
  }
}

/** Tokens do not outlive a page, the provider's own session does: ask it, once, without a question to anybody. */
async function restoreSilently(
  username: string,
  { broker, hint, session }: Parts,
  { address, storage, leave }: Browser,
): Promise<void> {
  session.restore();
  try {
    const { oidc } = await broker.readSignInOptions({ signal: AbortSignal.timeout(PATIENCE_MS) });
    hint.clear();
    if (oidc === null || !isSecureContext) {
      session.endOf(username);
    } else {
      leave(await prepareDeparture(oidc, { storage, home: `${address.origin}/`, silentlyAs: username }));
    }
  } catch (error) {
    session.failToRestore(error);
  }
}
