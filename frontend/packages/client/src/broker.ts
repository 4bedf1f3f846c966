import { BrokerUnreachable } from "./failures.ts";
import { decodeProblem, Problem, readProblem } from "./problem.ts";
import { path, query } from "./target.ts";
import { unlessAborted } from "./unless-aborted.ts";
import type {
  BatchItem,
  Completion,
  Diagnosis,
  Download,
  FileChange,
  FileQuery,
  Folder,
  Me,
  NewDownload,
  NewFolderShare,
  NewReceivingShare,
  NewShare,
  NewUpload,
  Page,
  Part,
  PendingUpload,
  Policy,
  PresignedPart,
  Share,
  StoredFile,
  Symptoms,
  TransferRules,
  Upload,
} from "./wire.ts";

const TIMEOUT_MS = 30_000;

interface Cancellable {
  readonly signal: AbortSignal;
}

interface BrokerOptions {
  /** Where the broker answers; empty for the page's own origin. */
  readonly origin?: string;
  /** Asked before every call; null when nobody is signed in. */
  readonly token: () => string | null;
  /**
   * Asked for another token than the one that the broker no longer takes, before the same call is made again;
   * resolves with false where there is none. Calls that are refused at the same time all ask.
   */
  readonly renew?: (refused: string) => Promise<boolean>;
  /** Called with the token that the broker no longer takes, and that was not renewed. */
  readonly onTokenRefused?: (token: string | null) => void;
  readonly fetch?: typeof globalThis.fetch;
}

interface Call extends Cancellable {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The calls of the broker that this package makes, one method each, and the means to make all others.
 *
 * Every method rejects with a `Problem` when the broker refuses, with `BrokerUnreachable` when it does not
 * answer, and with the signal's reason when the caller gives up.
 */
export class Broker {
  readonly #origin: string;
  readonly #token: () => string | null;
  readonly #renew: (refused: string) => Promise<boolean>;
  readonly #onTokenRefused: (token: string | null) => void;
  readonly #fetch: typeof globalThis.fetch;

  constructor({
    origin = "",
    token,
    renew = async () => false,
    onTokenRefused = () => {},
    fetch = globalThis.fetch,
  }: BrokerOptions) {
    this.#origin = origin;
    this.#token = token;
    this.#renew = renew;
    this.#onTokenRefused = onTokenRefused;
    this.#fetch = fetch.bind(globalThis);
  }

  readMe({ signal }: Cancellable): Promise<Me> {
    return this.read("GET", "/v1/me", { signal });
  }

  /** Read what the policies say by which the caller may upload. */
  async readPolicies(options: Cancellable): Promise<readonly (TransferRules & Pick<Policy, "name">)[]> {
    return (await this.readMe(options)).policies;
  }

  /** @param idempotencyKey the same for every try, so that a lost answer does not leave a second upload. */
  createUpload(
    upload: NewUpload,
    { idempotencyKey, signal }: Cancellable & { idempotencyKey: string },
  ): Promise<PendingUpload> {
    const headers = { "idempotency-key": idempotencyKey };
    return this.read("POST", "/v1/uploads", { body: upload, headers, signal });
  }

  /** Create up to 1,000 uploads: for each what was created, or why it was not. */
  createUploads(
    uploads: readonly NewUpload[],
    { idempotencyKey, signal }: Cancellable & { idempotencyKey: string },
  ): Promise<readonly (PendingUpload | Problem)[]> {
    const call = { body: { uploads }, headers: { "idempotency-key": idempotencyKey }, signal };
    return this.readBatch("/v1/uploads/batch", call, ({ upload }: { upload: PendingUpload }) => upload);
  }

  /**
   * Read an upload; while it is pending, its request is freshly signed.
   *
   * @param fromPart where the page of parts begins that the store holds: left out, at the first one.
   */
  readUpload(id: string, { fromPart, signal }: Cancellable & { fromPart?: number }): Promise<Upload> {
    const page = fromPart === undefined ? "" : `?${query({ from_part: fromPart })}`;
    return this.read("GET", path`/v1/uploads/${id}` + page, { signal });
  }

  /** List one page of the caller's unfinished uploads, newest first. */
  listPending({
    signal,
    cursor,
  }: Cancellable & { cursor?: string | null | undefined }): Promise<Page<PendingUpload>> {
    return this.read("GET", `/v1/uploads?${query({ limit: 1000, cursor })}`, { signal });
  }

  /** Ask why a transfer fails. */
  diagnoseUpload(id: string, symptoms: Symptoms, { signal }: Cancellable): Promise<Diagnosis> {
    return this.read("POST", path`/v1/uploads/${id}/diagnose`, { body: symptoms, signal });
  }

  /** Have up to 1,000 parts signed that are about to be sent. */
  async signParts(
    id: string,
    parts: readonly Part[],
    { signal }: Cancellable,
  ): Promise<readonly PresignedPart[]> {
    const answer = await this.read<{ parts: readonly PresignedPart[] }>(
      "POST",
      path`/v1/uploads/${id}/parts`,
      {
        body: { parts },
        signal,
      },
    );
    return answer.parts;
  }

  /** Have the broker verify what the store holds and publish it. */
  async completeUpload(id: string, completion: Completion, { signal }: Cancellable): Promise<StoredFile> {
    const { file } = await this.read<{ file: StoredFile }>("POST", path`/v1/uploads/${id}/complete`, {
      body: completion,
      signal,
    });
    return file;
  }

  /** Complete up to 1,000 uploads: for each its file, or why there is none. */
  completeUploads(
    uploads: readonly (Completion & { readonly id: string })[],
    { signal }: Cancellable,
  ): Promise<readonly (StoredFile | Problem)[]> {
    const call = { body: { uploads }, signal };
    return this.readBatch("/v1/uploads/batch/complete", call, ({ file }: { file: StoredFile }) => file);
  }

  async abortUpload(id: string, { signal }: Cancellable): Promise<void> {
    await this.call("DELETE", path`/v1/uploads/${id}`, { signal });
  }

  /** List one page of files, newest first unless asked otherwise. */
  listFiles(
    wanted: { limit?: number; cursor?: string | null } & FileQuery,
    { signal }: Cancellable,
  ): Promise<Page<StoredFile>> {
    return this.read("GET", `/v1/files?${query(wanted)}`, { signal });
  }

  /** Rename a file, move it, put it into the trash or take it out. */
  changeFile(id: string, change: FileChange, { signal }: Cancellable): Promise<StoredFile> {
    return this.read("PATCH", path`/v1/files/${id}`, { body: change, signal });
  }

  /** List one page of the folders right below one, by name. */
  listFolders(
    { parent, cursor }: { parent: string; cursor?: string | null },
    { signal }: Cancellable,
  ): Promise<Page<Folder>> {
    return this.read("GET", `/v1/folders?${query({ parent, cursor })}`, { signal });
  }

  createFolder(folder: string, { signal }: Cancellable): Promise<Folder> {
    return this.read("POST", "/v1/folders", { body: { path: folder }, signal });
  }

  /** Move or rename a folder with all that is in it. */
  moveFolder(folder: string, to: string, { signal }: Cancellable): Promise<Folder> {
    return this.read("POST", "/v1/folders/move", { body: { path: folder, to }, signal });
  }

  /** Put all that is in a folder into the trash; resolves with when that was. */
  async trashFolder(folder: string, { signal }: Cancellable): Promise<string> {
    const trashed = await this.read<{ trashed_at: string }>("POST", "/v1/folders/trash", {
      body: { path: folder },
      signal,
    });
    return trashed.trashed_at;
  }

  /** Take out of the trash what was put there with its folder at that moment; resolves with how many files. */
  async restoreFolder(folder: string, trashedAt: string, { signal }: Cancellable): Promise<number> {
    const body = { path: folder, trashed_at: trashedAt };
    const restored = await this.read<{ files: number }>("POST", "/v1/folders/restore", { body, signal });
    return restored.files;
  }

  readFile(id: string, { signal }: Cancellable): Promise<StoredFile> {
    return this.read("GET", path`/v1/files/${id}`, { signal });
  }

  /** Get the presigned request that fetches a file. */
  downloadFile(id: string, download: NewDownload, { signal }: Cancellable): Promise<Download> {
    return this.read("POST", path`/v1/files/${id}/download`, { body: download, signal });
  }

  async deleteFile(id: string, { signal }: Cancellable): Promise<void> {
    await this.call("DELETE", path`/v1/files/${id}`, { signal });
  }

  /** Make a link by which anybody may fetch a file. */
  shareFile(id: string, share: NewShare, { signal }: Cancellable): Promise<Share> {
    return this.read("POST", path`/v1/files/${id}/shares`, { body: share, signal });
  }

  /** Make a link by which anybody may fetch all that is in a folder. */
  shareFolder(share: NewFolderShare, { signal }: Cancellable): Promise<Share> {
    return this.read("POST", "/v1/folders/shares", { body: share, signal });
  }

  /** Make a link by which anybody may send files into a folder. */
  receiveIntoFolder(share: NewReceivingShare, { signal }: Cancellable): Promise<Share> {
    return this.read("POST", "/v1/folders/receive", { body: share, signal });
  }

  /** List one page of links, newest first: those to a file or a folder, or all. */
  listShares(
    wanted: { file?: string | undefined; folder?: string | undefined; cursor?: string | undefined },
    { signal }: Cancellable,
  ): Promise<Page<Share>> {
    return this.read("GET", `/v1/shares?${query({ limit: 1000, ...wanted })}`, { signal });
  }

  async revokeShare(id: string, { signal }: Cancellable): Promise<void> {
    await this.call("DELETE", path`/v1/shares/${id}`, { signal });
  }

  /** Call with the token, for what no method here is for, and read the answer. */
  read<Answer>(method: string, target: string, call: Call): Promise<Answer> {
    return this.#readAnswer(this.call(method, target, call), call);
  }

  /** Call with the token for many at once: for each what `pick` takes of its answer, or why it was refused. */
  async readBatch<Answer extends object, Picked>(
    target: string,
    call: Call,
    pick: (answer: Answer) => Picked,
  ): Promise<readonly (Picked | Problem)[]> {
    const { items } = await this.read<{ items: readonly BatchItem<Answer>[] }>("POST", target, call);
    return items.map((item) => ("problem" in item ? readProblem(item.problem) : pick(item)));
  }

  /** Call as one who is not signed in, and read the answer. */
  readWithoutToken<Answer>(method: string, target: string, call: Call): Promise<Answer> {
    return this.#readAnswer(this.callWithoutToken(method, target, call), call);
  }

  /** The broker is trusted to answer in the shape of wire.ts: its own tests prove that. */
  async #readAnswer<Answer>(answering: Promise<Response>, { signal }: Cancellable): Promise<Answer> {
    const response = await answering;
    try {
      return (await response.json()) as Answer;
    } catch (error) {
      signal.throwIfAborted();
      throw new BrokerUnreachable("The answer is not the broker's", { cause: error });
    }
  }

  /** Call with the token; one that is refused is renewed, and the same call made once more. */
  async call(method: string, target: string, call: Call): Promise<Response> {
    const token = this.#token();
    try {
      return await this.#request(method, target, call, token);
    } catch (error) {
      if (!(isRefusal(error) && (await this.#isRenewed(token, call.signal)))) {
        throw error;
      }
    }
    const renewed = this.#token();
    try {
      return await this.#request(method, target, call, renewed);
    } catch (error) {
      if (isRefusal(error)) {
        this.#onTokenRefused(renewed);
      }
      throw error;
    }
  }

  /** Call as one who is not signed in: what is refused renews nothing, and ends no session. */
  callWithoutToken(method: string, target: string, call: Call): Promise<Response> {
    return this.#request(method, target, call, null);
  }

  async #isRenewed(refused: string | null, signal: AbortSignal): Promise<boolean> {
    const isRenewed = refused !== null && (await unlessAborted(this.#renew(refused), signal));
    if (!isRenewed) {
      this.#onTokenRefused(refused);
    }
    return isRenewed;
  }

  async #request(
    method: string,
    target: string,
    { body, headers, signal }: Call,
    token: string | null,
  ): Promise<Response> {
    const response = await this.#send(`${this.#origin}${target}`, {
      method,
      headers: {
        ...headers,
        accept: "application/json",
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      cache: "no-store",
      credentials: "same-origin",
      redirect: "error",
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    if (response.ok) {
      return response;
    }
    throw await this.#refusal(response, signal);
  }

  async #send(url: string, request: RequestInit & Cancellable): Promise<Response> {
    try {
      return await this.#fetch(url, request);
    } catch (error) {
      throwIfGivenUp(request.signal);
      throw new BrokerUnreachable("The broker does not answer", { cause: error });
    }
  }

  async #refusal(response: Response, signal: AbortSignal): Promise<Problem> {
    const body = await response.text().catch(() => "");
    signal.throwIfAborted();
    return decodeProblem(response.status, body, response.headers.get("retry-after"));
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Problem && error.isAuthentication;
}

/** A timeout is the broker's silence; every other abort is the caller's wish. */
function throwIfGivenUp(signal: AbortSignal): void {
  const reason: unknown = signal.reason;
  if (signal.aborted && !(reason instanceof DOMException && reason.name === "TimeoutError")) {
    throw reason;
  }
}
