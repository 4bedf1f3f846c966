import { describe, expect, test } from "vitest";
import { problem } from "../testing/fake-service.ts";
import {
  BrokerUnreachable,
  SourceTooLarge,
  SourceUnreadable,
  StoreRefused,
  StoreUnreachable,
} from "./failures.ts";
import { backoff, canRetry, isTransient, persist, sleep } from "./retry.ts";

const { signal } = new AbortController();

describe("isTransient", () => {
  test.each([
    ["no answer from the broker", new BrokerUnreachable(), true],
    ["no answer from the store", new StoreUnreachable(), true],
    ["a broker that is not ready", problem("store-unavailable", 503), true],
    ["a broker with a fault", problem("internal-error", 500), true],
    ["a proxy whose broker is being restarted", problem("about:blank", 502), true],
    ["a proxy that waited in vain", problem("about:blank", 504), true],
    ["a refusal of the broker", problem("invalid-name", 422), false],
    ["an ended session", problem("expired-token", 401), false],
    ["too many uploads at once", problem("too-many-uploads", 429), true],
    ["an earlier try that is still being worked on", problem("request-in-progress", 409), true],
    ["no room", problem("quota-exceeded", 403), false],
    ["a busy store", new StoreRefused({ status: 503, code: "SlowDown" }), true],
    ["a store that waited in vain", new StoreRefused({ status: 408, code: null }), true],
    ["a byte flipped on the way", new StoreRefused({ status: 400, code: "BadDigest" }), true],
    ["a slow line", new StoreRefused({ status: 400, code: "RequestTimeout" }), true],
    ["a refusal of the store", new StoreRefused({ status: 400, code: "InvalidArgument" }), false],
    ["a signature that is not taken", new StoreRefused({ status: 403, code: null }), false],
    ["a bug", new TypeError("x is not a function"), false],
  ])("%s: %o is worth another try: %s", (_, error, expected) => {
    expect(isTransient(error)).toBe(expected);
  });
});

describe("canRetry", () => {
  test.each([
    [new StoreUnreachable(), true],
    [problem("upload-rejected", 422), true],
    [problem("expired-token", 401), true],
    [problem("invalid-name", 422), false],
    [problem("invalid-type", 422), false],
    [problem("object-too-large", 422), false],
    [problem("policy-violation", 422), false],
    [problem("insufficient-scope", 403), false],
    [problem("quota-exceeded", 403), true],
    [problem("parts-mismatch", 409), true],
    [new SourceTooLarge({ limit: 5 }), false],
    [new SourceUnreadable(), false],
  ])("%o leaves a person hope: %s", (error, expected) => {
    expect(canRetry(error)).toBe(expected);
  });
});

describe("backoff", () => {
  test("is spread over the whole span below a ceiling that doubles up to a cap", () => {
    const longest = [1, 2, 3, 4, 5, 6, 20].map((failures) => backoff(failures, null, () => 1));
    const shortest = [1, 2, 3, 20].map((failures) => backoff(failures, null, () => 0));

    expect(longest).toEqual([500, 1000, 2000, 4000, 8000, 8000, 8000]);
    expect(shortest).toEqual([0, 0, 0, 0]);
  });

  test("waits at least as long as the broker asks, within reason", () => {
    expect(backoff(1, problem("store-unavailable", 503, { retryAfter: "2" }), () => 0.5)).toBe(2250);
    expect(backoff(1, problem("store-unavailable", 503, { retryAfter: "3600" }), () => 0)).toBe(8000);
  });
});

describe("persist", () => {
  const timer = { now: () => 0, sleep: async () => {}, random: () => 0.5, online: async () => false };

  test("gives up once it has waited for two minutes", async () => {
    let tries = 0;
    let waits = 0;
    const action = async () => {
      tries += 1;
      throw new StoreUnreachable(`try ${tries}`);
    };

    const work = persist(action, { timer, signal, onWait: () => (waits += 1) });

    await expect(work).rejects.toThrow("try 35");
    expect([tries, waits]).toEqual([35, 34]);
  });

  test("tries nothing while there is no network, and then goes on with all its patience", async () => {
    let tries = 0;
    const naps: number[] = [];
    const answers = [false, false, true];
    const patient = {
      ...timer,
      sleep: async (milliseconds: number) => void naps.push(milliseconds),
      online: async () => answers.shift() ?? false,
    };
    const action = async () => {
      tries += 1;
      if (tries < 5) {
        throw new StoreUnreachable("cut");
      }
    };

    await persist(action, { timer: patient, signal, onWait: () => {} });

    expect(naps).toEqual([250, 500, 250]);
  });

  test("does not count what it has waited before the network was gone", async () => {
    let tries = 0;
    const action = async () => {
      tries += 1;
      throw new StoreUnreachable(`try ${tries}`);
    };
    const online = async () => tries === 30;

    await expect(persist(action, { timer: { ...timer, online }, signal })).rejects.toThrow("try 65");
  });

  test("does not repeat what was refused", async () => {
    let tries = 0;
    const action = async () => {
      tries += 1;
      throw problem("invalid-name", 422);
    };

    await expect(persist(action, { timer, signal, onWait: () => {} })).rejects.toMatchObject({ status: 422 });
    expect(tries).toBe(1);
  });
});

describe("sleep", () => {
  test("is ended at once by an abort, also by one that came before", async () => {
    const controller = new AbortController();
    const nap = sleep(60_000, controller.signal);
    controller.abort();

    await expect(nap).rejects.toMatchObject({ name: "AbortError" });
    await expect(sleep(60_000, controller.signal)).rejects.toMatchObject({ name: "AbortError" });
  });
});
