import {
  BrokerUnreachable,
  SourceRefused,
  SourceTooLarge,
  SourceUnreadable,
  StoreRefused,
  StoreUnreachable,
} from "./failures.ts";
import { Problem } from "./problem.ts";

/** So long is waited between tries, in all, before an action has failed. A clock that jumps changes nothing. */
const PATIENCE_MS = 120_000;

const BASE_MS = 500;
const CAP_MS = 8_000;

const TRANSIENT_STATUS = new Set([408, 429, 500, 502, 503, 504]);

// S3 answers these with 400, though the next try may well succeed: a slow line, a byte flipped on the way
const TRANSIENT_CODE = new Set(["RequestTimeout", "BadDigest"]);

const HOPELESS_SLUG = new Set([
  "invalid-name",
  "invalid-type",
  "object-too-large",
  "policy-violation",
  "insufficient-scope",
]);

/** What tells the time, waits and throws dice, so that tests need do none of it. */
export interface Timer {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** At least 0, less than 1. */
  readonly random: () => number;
  /** Wait until there is a network; tells whether there was none. */
  readonly online: (signal: AbortSignal) => Promise<boolean>;
}

/** Say whether the same action may succeed a moment later. */
export function isTransient(error: unknown): boolean {
  if (error instanceof Problem) {
    return TRANSIENT_STATUS.has(error.status) || error.slug === "request-in-progress";
  }
  if (error instanceof StoreRefused) {
    return TRANSIENT_STATUS.has(error.status) || TRANSIENT_CODE.has(error.code ?? "");
  }
  return error instanceof BrokerUnreachable || error instanceof StoreUnreachable;
}

/** Say whether a person who tries again can hope for another outcome. */
export function canRetry(error: Error): boolean {
  if (error instanceof Problem) {
    return !HOPELESS_SLUG.has(error.slug);
  }
  return ![SourceTooLarge, SourceRefused, SourceUnreadable].some((kind) => error instanceof kind);
}

/**
 * Choose how long to wait before the next try, in milliseconds: full jitter over an exponential ceiling.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 *
 * @param failures how many tries have failed so far, from 1.
 */
export function backoff(failures: number, error: unknown, random: () => number): number {
  const jitter = random() * Math.min(CAP_MS, BASE_MS * 2 ** (failures - 1));
  const asked = error instanceof Problem ? (error.retryAfter ?? 0) : 0;

  return Math.min(CAP_MS, asked) + jitter;
}

/** Try until it succeeds, fails for good, or has failed for too long. Without a network nothing is tried. */
export async function persist<T>(
  action: () => Promise<T>,
  { timer, signal, onWait = () => {} }: { timer: Timer; signal: AbortSignal; onWait?: () => void },
): Promise<T> {
  let failures = 0;
  let waited = 0;
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (!isTransient(error) || waited > PATIENCE_MS) {
        throw error;
      }
      onWait();
      if (await timer.online(signal)) {
        failures = 0;
        waited = 0;
        continue;
      }
      failures += 1;
      const pause = backoff(failures, error, timer.random);
      waited += pause;
      await timer.sleep(pause, signal);
    }
  }
}

/** Say whether half of a URL's life is over. Told by one clock alone, for the broker's may be set differently. */
export function isOld(
  signedAt: number,
  { url_expires_in: life }: { readonly url_expires_in: number },
  { now }: Pick<Timer, "now">,
): boolean {
  return now() - signedAt > (life * 1000) / 2;
}

/** Wait; an abort ends the wait at once. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const abort = () => {
      clearTimeout(timeout);
      reject(signal.reason);
    };
    const timeout = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", abort, { once: true });
  });
}
