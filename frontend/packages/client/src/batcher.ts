import { unlessAborted } from "./unless-aborted.ts";

/** How one batch is asked; `onWait` is to be called when another try follows a failure. */
export interface Asking {
  readonly signal: AbortSignal;
  readonly onWait: () => void;
}

/** A batch as a whole came to nothing, after all the tries that were worth it. */
export class BatchFailed extends Error {
  override readonly name = "BatchFailed";

  constructor(cause: unknown) {
    super("The request for many failed", { cause });
  }
}

interface Question<Item, Answer> {
  readonly item: Item;
  readonly onWait: () => void;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  /** Aborted once nobody wants the answer. */
  readonly signal: AbortSignal;
}

/** A request for many costs the broker little more than one for a single item, so more may come before the next. */
const REST_MS = 100;

/**
 * Puts questions together that come while others are being answered: one request for many of them.
 *
 * Those that are asked in the same breath go at once; whoever comes meanwhile goes in the next request, a little later.
 */
export class Batcher<Item, Answer> {
  readonly #ask: (items: readonly Item[], asking: Asking) => Promise<readonly (Answer | Error)[]>;
  readonly #unwanted: (answer: Answer) => void;
  readonly #limit: number;
  readonly #waiting: Question<Item, Answer>[] = [];
  #isBusy = false;

  /**
   * @param ask answers each item in its place, or says why not.
   * @param unwanted told of an answer that nobody waits for any more.
   */
  constructor(
    ask: (items: readonly Item[], asking: Asking) => Promise<readonly (Answer | Error)[]>,
    { limit, unwanted = () => {} }: { limit: number; unwanted?: (answer: Answer) => void },
  ) {
    this.#ask = ask;
    this.#limit = limit;
    this.#unwanted = unwanted;
  }

  /** @throws the item's own error, or BatchFailed */
  ask(item: Item, { signal, onWait }: Asking): Promise<Answer> {
    const answered = new Promise<Answer>((resolve, reject) => {
      this.#waiting.push({ item, onWait, resolve, reject, signal });
    });
    void this.#work();
    return unlessAborted(answered, signal);
  }

  async #work(): Promise<void> {
    if (this.#isBusy) {
      return;
    }
    this.#isBusy = true;
    await null; // until the breath is over
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#limit).filter(isWanted);
      if (batch.length > 0) {
        await this.#answer(batch);
      }
      if (this.#waiting.length > 0 && this.#waiting.length < this.#limit) {
        await new Promise((resolve) => setTimeout(resolve, REST_MS));
      }
    }
    this.#isBusy = false;
  }

  async #answer(batch: readonly Question<Item, Answer>[]): Promise<void> {
    const onWait = () => {
      for (const question of batch) {
        if (isWanted(question)) {
          question.onWait();
        }
      }
      if (!batch.some(isWanted)) {
        stop.abort(new Error("Nobody waits for the answer"));
      }
    };
    const stop = new AbortController();
    try {
      const answers = await this.#ask(
        batch.map(({ item }) => item),
        { signal: stop.signal, onWait },
      );
      for (const [index, question] of batch.entries()) {
        this.#tell(question, answers[index] ?? new Error("The answer is too short"));
      }
    } catch (error) {
      for (const question of batch) {
        question.reject(new BatchFailed(error));
      }
    }
  }

  #tell(question: Question<Item, Answer>, answer: Answer | Error): void {
    if (answer instanceof Error) {
      question.reject(answer);
    } else if (isWanted(question)) {
      question.resolve(answer);
    } else {
      this.#unwanted(answer);
    }
  }
}

function isWanted({ signal }: { readonly signal: AbortSignal }): boolean {
  return !signal.aborted;
}
