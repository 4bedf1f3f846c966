import type { UploadQueue } from "@broker/client";
import { oneAtATime } from "../features/session/one-at-a-time.ts";
import { PasswordLogin } from "../features/session/password-login.ts";
import { SessionHint } from "../features/session/session-hint.ts";
import { SessionKeeper } from "../features/session/session-keeper.ts";
import { SessionStore } from "../features/session/session-store.ts";
import { Announcer } from "../shared/announcer.ts";
import { PageBroker } from "../shared/page-broker.ts";
import { safeStorage } from "../shared/safe-storage.ts";
import { Toaster } from "../shared/toaster.ts";
import { createQueue } from "./create-queue.ts";

const PATIENCE_MS = 30_000;

/** What lives as long as the page. */
export interface Services {
  readonly broker: PageBroker;
  readonly session: SessionStore;
  readonly hint: SessionHint;
  readonly keeper: SessionKeeper;
  readonly passwordLogin: PasswordLogin;
  readonly queue: UploadQueue;
  readonly announcer: Announcer;
  readonly toaster: Toaster;
}

export function createServices(): Services {
  const session = new SessionStore();
  const hint = new SessionHint(safeStorage(() => localStorage));
  const broker: PageBroker = new PageBroker({
    token: session.token,
    renew: (refused) => keeper.renew(refused),
    onTokenRefused: session.end,
  });
  const passwordLogin = new PasswordLogin(broker);
  const keeper = new SessionKeeper({
    store: session,
    hint,
    shared: passwordLogin,
    endEverywhere: () => broker.signOutEverywhere({ signal: AbortSignal.timeout(PATIENCE_MS) }),
    alone: oneAtATime,
    channel: new BroadcastChannel("session"),
  });
  return {
    broker,
    session,
    hint,
    keeper,
    passwordLogin,
    queue: createQueue(broker),
    announcer: new Announcer(),
    toaster: new Toaster(),
  };
}
