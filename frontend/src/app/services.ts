import { Broker, checksum, sendBlob, sleep, UploadQueue } from "@broker/client";
import { SessionStore } from "../features/session/session-store.ts";
import { Announcer } from "../shared/announcer.ts";
import { safeStorage } from "../shared/safe-storage.ts";

/** What lives as long as the page. */
export interface Services {
  readonly broker: Broker;
  readonly session: SessionStore;
  readonly queue: UploadQueue;
  readonly announcer: Announcer;
}

export function createServices(): Services {
  const session = new SessionStore({ storage: safeStorage(() => sessionStorage), now: Date.now });
  const broker = new Broker({ token: session.token, onTokenRefused: session.end });
  const queue = new UploadQueue({
    broker,
    checksum,
    send: sendBlob,
    timer: { now: Date.now, sleep, random: Math.random },
  });
  return { broker, session, queue, announcer: new Announcer() };
}
