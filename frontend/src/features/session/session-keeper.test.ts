import { BrokerUnreachable } from "@broker/client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { safeStorage } from "../../shared/safe-storage.ts";
import { type Access, type Login, SessionOver } from "./login.ts";
import { SessionHint } from "./session-hint.ts";
import { SessionKeeper } from "./session-keeper.ts";
import { SessionStore } from "./session-store.ts";

/** A browser: one storage, one cookie, and tabs that hear each other. */
class FakeBrowser {
  readonly hint = new SessionHint(
    safeStorage(() => {
      throw new DOMException("there is no browser here", "SecurityError");
    }),
  );
  /** Who the cookie is of, or what is wrong. */
  cookie: string | Error = new SessionOver();
  renewals = 0;
  /** What the next answer to a renewal waits for. */
  gate = Promise.resolve();
  signOuts = 0;
  endedEverywhere = 0;
  readonly #tabs: ((event: MessageEvent) => void)[] = [];

  readonly login: Login = {
    method: "password",
    renew: async () => {
      this.renewals += 1;
      if (typeof this.cookie !== "string") {
        throw this.cookie;
      }
      const access = this.issue(this.cookie);
      await this.gate;
      return access;
    },
    signOut: async () => {
      if (this.cookie instanceof BrokerUnreachable) {
        throw this.cookie;
      }
      this.signOuts += 1;
      this.cookie = new SessionOver();
    },
  };

  issue(subject: string): Access {
    return { subject, username: subject, token: `${subject}-${this.renewals}`, expiresIn: 900 };
  }

  open(): { store: SessionStore; keeper: SessionKeeper; status: () => string } {
    const store = new SessionStore();
    let hear = (_: MessageEvent) => {};
    const keeper = new SessionKeeper({
      store,
      hint: this.hint,
      shared: this.login,
      endEverywhere: async () => {
        this.endedEverywhere += 1;
      },
      alone: (action) => action(),
      channel: {
        addEventListener: (_: string, listener: unknown) => {
          hear = listener as typeof hear;
          this.#tabs.push(hear);
        },
        postMessage: (data: unknown) => {
          for (const tab of this.#tabs.filter((tab) => tab !== hear)) {
            tab(new MessageEvent("message", { data: structuredClone(data) }));
          }
        },
      },
    });
    return { store, keeper, status: () => store.getSnapshot().status };
  }

  signIn({ keeper }: { keeper: SessionKeeper }, subject: string): void {
    this.cookie = subject;
    keeper.signIn(this.login, this.issue(subject));
  }
}

let browser: FakeBrowser;

beforeEach(() => {
  vi.useFakeTimers();
  browser = new FakeBrowser();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a token", () => {
  test("is renewed a minute before it expires, again and again", async () => {
    const tab = browser.open();
    browser.signIn(tab, "ada");

    await vi.advanceTimersByTimeAsync(839_999);
    expect(tab.store.token()).toBe("ada-0");
    await vi.advanceTimersByTimeAsync(1);
    expect(tab.store.token()).toBe("ada-1");
    await vi.advanceTimersByTimeAsync(840_000);
    expect(tab.store.token()).toBe("ada-2");
  });

  test("is renewed once for all calls that it was refused to", async () => {
    const tab = browser.open();
    browser.signIn(tab, "ada");

    const renewed = await Promise.all([1, 2, 3].map(() => tab.keeper.renew("ada-0")));

    expect(renewed).toEqual([true, true, true]);
    expect(browser.renewals).toBe(1);
  });

  test("that was renewed already is not renewed for a late answer to the older one", async () => {
    const tab = browser.open();
    browser.signIn(tab, "ada");
    await tab.keeper.renew("ada-0");

    expect(await tab.keeper.renew("ada-0")).toBe(true);
    expect(browser.renewals).toBe(1);
  });

  test("that cannot be renewed for now leaves the session, and is tried again", async () => {
    const tab = browser.open();
    browser.signIn(tab, "ada");
    browser.cookie = new BrokerUnreachable("silence");

    await expect(tab.keeper.renew("ada-0")).rejects.toBeInstanceOf(BrokerUnreachable);
    await vi.advanceTimersByTimeAsync(840_000);
    expect(tab.status()).toBe("signed-in");
    browser.cookie = "ada";
    await vi.advanceTimersByTimeAsync(5_000);

    expect(tab.store.token()).toBe("ada-3");
  });

  test("that cannot be renewed any more ends the session", async () => {
    const tab = browser.open();
    browser.signIn(tab, "ada");
    browser.cookie = new SessionOver();

    expect(await tab.keeper.renew("ada-0")).toBe(false);

    expect(tab.store.getSnapshot()).toEqual({ status: "ended", username: "ada" });
    expect(browser.hint.read()).toBeNull();
    await vi.advanceTimersByTimeAsync(900_000);
    expect(browser.renewals).toBe(1);
  });

  test("that comes after a sign-out signs nobody in", async () => {
    const tab = browser.open();
    browser.signIn(tab, "ada");
    let answer = () => {};
    browser.gate = new Promise((resolve) => {
      answer = resolve;
    });
    const renewing = tab.keeper.renew("ada-0");
    await tab.keeper.signOut();

    answer();

    expect(await renewing).toBe(false);
    expect(tab.status()).toBe("signed-out");
  });
});

describe("a page that is loaded again", () => {
  test("goes on with the session by itself", async () => {
    browser.signIn(browser.open(), "ada");
    const tab = browser.open();

    const restoring = tab.keeper.restore();
    expect(tab.status()).toBe("restoring");
    await restoring;

    expect(tab.store.getSnapshot()).toMatchObject({ status: "signed-in", subject: "ada" });
  });

  test("says whose session has ended meanwhile", async () => {
    browser.signIn(browser.open(), "ada");
    browser.cookie = new SessionOver();
    const tab = browser.open();

    await tab.keeper.restore();

    expect(tab.store.getSnapshot()).toEqual({ status: "ended", username: "ada" });
  });

  test("does not take silence for an end", async () => {
    browser.signIn(browser.open(), "ada");
    browser.cookie = new BrokerUnreachable("silence");
    const tab = browser.open();

    await tab.keeper.restore();

    expect(tab.store.getSnapshot()).toEqual({ status: "unknown", error: browser.cookie });
    expect(browser.hint.read()).toEqual({ method: "password", username: "ada" });
  });
});

describe("another tab", () => {
  test("is signed out too", async () => {
    const [one, other] = [browser.open(), browser.open()];
    browser.signIn(one, "ada");
    await vi.advanceTimersByTimeAsync(0);
    expect(other.status()).toBe("signed-in");

    await one.keeper.signOut();

    expect([one.status(), other.status()]).toEqual(["signed-out", "signed-out"]);
    expect(browser.hint.read()).toBeNull();
  });

  test("becomes the one who signs in now, whoever it was", async () => {
    const [one, other] = [browser.open(), browser.open()];
    browser.signIn(one, "ada");
    await vi.advanceTimersByTimeAsync(0);

    browser.signIn(one, "bob");
    await vi.advanceTimersByTimeAsync(0);

    expect(other.store.getSnapshot()).toMatchObject({ status: "signed-in", subject: "bob" });
  });

  test("keeps its form when it cannot follow", async () => {
    const [one, other] = [browser.open(), browser.open()];

    one.keeper.signIn(browser.login, browser.issue("ada"));
    await vi.advanceTimersByTimeAsync(0);

    expect(other.status()).toBe("signed-out");
  });
});

describe("a sign-out", () => {
  test("that the broker did not hear of leaves the session as it is", async () => {
    const tab = browser.open();
    browser.signIn(tab, "ada");
    browser.cookie = new BrokerUnreachable("silence");

    await expect(tab.keeper.signOut()).rejects.toBeInstanceOf(BrokerUnreachable);

    expect(tab.status()).toBe("signed-in");
  });

  test("everywhere ends all sessions, and this one", async () => {
    const tab = browser.open();
    browser.signIn(tab, "ada");

    await tab.keeper.signOutEverywhere();

    expect([browser.endedEverywhere, browser.signOuts, tab.status()]).toEqual([1, 1, "signed-out"]);
  });
});
