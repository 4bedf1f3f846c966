import type { Problem } from "./problem.ts";
import type { Run } from "./transport.ts";
import type { CompletedUpload, Completion, PendingUpload } from "./wire.ts";

/** How the bytes of one upload reach the store. It remembers what the store took. */
export interface Delivery {
  readonly id: string;
  /** Whether the store took every byte. */
  readonly isDone: boolean;
  /** What the broker is told when it is done. */
  readonly completion: Completion;

  /** Send what the store has not taken. It may be called again after a failure. */
  deliver(run: Run): Promise<void>;

  /** Ask how the upload stands, to go on from there; null when it can never complete any more. */
  refresh(signal: AbortSignal): Promise<PendingUpload | CompletedUpload | null>;

  /** Take back what the broker does not find; tell whether `deliver` knows what to send again. */
  recall(problem: Problem): boolean;
}
