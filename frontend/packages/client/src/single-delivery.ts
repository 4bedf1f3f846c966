import type { Delivery } from "./delivery.ts";
import { StoreRefused, UploadClosed } from "./failures.ts";
import type { Problem } from "./problem.ts";
import { readOpen } from "./read-open.ts";
import { isOld, persist } from "./retry.ts";
import type { StoreAnswer } from "./send-blob.ts";
import type { Source } from "./source.ts";
import type { Run, Transport } from "./transport.ts";
import type { CompletedUpload, PendingSingle, PendingUpload, Policy, PresignedRequest } from "./wire.ts";

/** Send a file by one PUT. */
export class SingleDelivery implements Delivery {
  readonly id: string;
  readonly completion = {};
  readonly #file: Source;
  readonly #transport: Transport;
  readonly #rules: Pick<Policy, "url_expires_in">;
  #request: PresignedRequest;
  #signedAt: number;
  #isDone = false;

  constructor(
    file: Source,
    upload: PendingSingle,
    transport: Transport,
    rules: Pick<Policy, "url_expires_in">,
  ) {
    this.id = upload.id;
    this.#file = file;
    this.#transport = transport;
    this.#rules = rules;
    this.#request = upload.request;
    this.#signedAt = transport.timer.now();
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  async deliver(run: Run): Promise<void> {
    const { signal, onState } = run;
    const onWait = () => onState({ status: "waiting" });
    const { lanes, timer } = this.#transport;
    await persist(() => lanes.use(signal, () => this.#try(run)), { timer, signal, onWait });
    this.#isDone = true;
  }

  async refresh(signal: AbortSignal): Promise<PendingUpload | CompletedUpload | null> {
    const signedAt = this.#transport.timer.now();
    const upload = await readOpen(this.#transport, this.id, { signal });
    if (upload?.status === "pending" && upload.method === "single") {
      this.#request = upload.request;
      this.#signedAt = signedAt;
    }
    return upload;
  }

  recall({ slug }: Problem): boolean {
    if (slug === "upload-incomplete") {
      this.#isDone = false;
    }
    return false; // the store said that it took it: to be told otherwise again and again helps nobody
  }

  /** Every try may have its URL renewed once: it may have expired, or the clock may be wrong by a little. */
  async #try(run: Run): Promise<void> {
    if (!isOld(this.#signedAt, this.#rules, this.#transport.timer)) {
      const answer = await this.#send(run);
      if (answer.status !== 403) {
        assertTaken(answer);
        return;
      }
    }
    const upload = await this.refresh(run.signal);
    if (upload === null) {
      throw new UploadClosed("The upload ended elsewhere");
    }
    if (upload.status === "pending") {
      assertTaken(await this.#send(run));
    }
  }

  #send({ signal, onState }: Run): Promise<StoreAnswer> {
    const report = (bytes: number) => onState({ status: "sending", bytes: Math.min(bytes, this.#file.size) });
    report(0);
    return this.#transport.send(this.#request, this.#file.slice(), { signal, onProgress: report });
  }
}

/**
 * 412 on a PUT that may not overwrite says that an object is there: an earlier try whose answer was lost.
 * The broker decides whether it is the right one.
 */
function assertTaken(answer: StoreAnswer): void {
  if (answer.status >= 300 && answer.status !== 412) {
    throw new StoreRefused(answer);
  }
}
