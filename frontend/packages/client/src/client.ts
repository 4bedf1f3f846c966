import type { Broker } from "./broker.ts";
import { UploadClosed } from "./failures.ts";
import { Problem } from "./problem.ts";
import { isClosed } from "./read-open.ts";
import { persist } from "./retry.ts";
import { DEFAULT_PLACE, type Place, type Source } from "./source.ts";
import { Transfer } from "./transfer.ts";
import type { TransferState, Transport } from "./transport.ts";
import { UploadCalls } from "./upload-calls.ts";
import type { FileChange, FileQuery, Folder, Page, PendingUpload, Share, StoredFile } from "./wire.ts";

export interface ClientOptions {
  /** Where the broker answers, such as `https://files.example.org`. */
  readonly baseUrl: string;
  /** An access token, or something that returns the newest one. */
  readonly token: string | (() => string);
  /** Asked for another token than the one that is no longer taken; resolves with false where there is none. */
  readonly renew?: (refused: string) => Promise<boolean>;
}

export interface Cancellable {
  readonly signal?: AbortSignal;
}

export interface UploadOptions extends Cancellable, Partial<Place> {
  /** Told the bytes handed over so far. */
  readonly onProgress?: (bytes: number) => void;
}

interface LinkOptions extends Cancellable {
  /** Seconds; a week when left out, a year at most. */
  readonly expiresIn?: number;
  /** What the link asks for. */
  readonly password?: string;
}

export interface ShareOptions extends LinkOptions {
  /** How often files may be fetched; without a limit when left out. */
  readonly maxDownloads?: number;
}

export interface ReceiveOptions extends LinkOptions {
  /** What whoever has the link reads. */
  readonly title?: string;
  readonly message?: string;
  /** Which of your policies files are stored under. */
  readonly policy?: string;
  /** How much it takes in all; without a limit when left out. */
  readonly maxFiles?: number;
  readonly maxBytes?: number;
}

/**
 * Puts files into the object store, through a broker that never touches their bytes.
 *
 * Methods reject with a `Problem` when the broker refuses, and with the errors of failures.ts. What is aborted by its
 * signal is left unfinished: the same upload, here or elsewhere, goes on with it.
 */
export class Client {
  readonly #broker: Broker;
  readonly #transport: Transport;
  readonly #calls: UploadCalls;

  constructor(broker: Broker, transport: Transport) {
    this.#broker = broker;
    this.#transport = transport;
    this.#calls = new UploadCalls(transport);
  }

  /** Store a file; resolves once the broker has verified it. Many at once go together. */
  async upload(source: Source, options: UploadOptions = {}): Promise<StoredFile> {
    const { signal: caller = never(), onProgress = () => {}, ...named } = options;
    // many uploads may share the caller's: Node.js warns when more than ten listen to one
    const signal = AbortSignal.any([caller]);
    const place = { ...DEFAULT_PLACE, ...named };
    const rules = await this.#calls.rulesOf(place.policy, { signal, onWait: () => {} });
    const transfer = new Transfer(source, this.#transport, rules, this.#calls, place);
    const onState = (state: TransferState) => {
      if (state.status === "sending") {
        onProgress(state.bytes);
      }
    };
    const run = () => transfer.run({ signal, onState });
    try {
      return await run();
    } catch (error) {
      // another client was faster, or the store has lost it: only what somebody gave up is not begun anew
      if (!isOver(error) || (await this.#isGivenUp(transfer.closed, signal))) {
        throw error;
      }
      return await run();
    } finally {
      transfer.forget();
    }
  }

  readonly uploads = {
    /** List one page of the unfinished uploads, newest first. */
    pending: ({
      signal = never(),
      cursor,
    }: Cancellable & { cursor?: string } = {}): Promise<Page<PendingUpload>> =>
      this.#broker.listPending({ signal, cursor }),

    /** Give an upload up, and what is stored of it. */
    abort: (id: string, { signal = never() }: Cancellable = {}): Promise<void> =>
      this.#broker.abortUpload(id, { signal }),
  };

  readonly files = {
    /** List one page of files, newest first unless asked otherwise. */
    list: ({
      signal = never(),
      ...wanted
    }: Cancellable & FileQuery & { limit?: number; cursor?: string | null } = {}): Promise<
      Page<StoredFile>
    > => this.#broker.listFiles(wanted, { signal }),

    get: (id: string, { signal = never() }: Cancellable = {}): Promise<StoredFile> =>
      this.#broker.readFile(id, { signal }),

    /** Rename a file, move it, put it into the trash or take it out. */
    change: (id: string, change: FileChange, { signal = never() }: Cancellable = {}): Promise<StoredFile> =>
      this.#broker.changeFile(id, change, { signal }),

    /** Delete a file for good. */
    delete: (id: string, { signal = never() }: Cancellable = {}): Promise<void> =>
      this.#broker.deleteFile(id, { signal }),
  };

  readonly folders = {
    /** List one page of the folders right below one, by name; of those at the top if none is named. */
    list: ({
      signal = never(),
      parent = "",
      cursor = null,
    }: Cancellable & { parent?: string; cursor?: string | null } = {}): Promise<Page<Folder>> =>
      this.#broker.listFolders({ parent, cursor }, { signal }),

    /** Make a folder, which need not have files. */
    create: (path: string, { signal = never() }: Cancellable = {}): Promise<Folder> =>
      this.#broker.createFolder(path, { signal }),

    /** Move or rename a folder with all that is in it. */
    move: (path: string, to: string, { signal = never() }: Cancellable = {}): Promise<Folder> =>
      this.#broker.moveFolder(path, to, { signal }),

    /** Put all that is in a folder into the trash; resolves with when that was, for `restore` to be given as it is. */
    trash: (path: string, { signal = never() }: Cancellable = {}): Promise<string> =>
      this.#broker.trashFolder(path, { signal }),

    /** Take out of the trash what was put there with its folder at that moment; resolves with how many files. */
    restore: (path: string, trashedAt: string, { signal = never() }: Cancellable = {}): Promise<number> =>
      this.#broker.restoreFolder(path, trashedAt, { signal }),
  };

  readonly shares = {
    /** Make a link by which anybody may fetch a file. */
    create: (
      fileId: string,
      { signal = never(), maxDownloads, ...link }: ShareOptions = {},
    ): Promise<Share> =>
      this.#broker.shareFile(fileId, { ...linkOf(link), max_downloads: maxDownloads }, { signal }),

    /** Make a link by which anybody may fetch all that is in a folder, whenever he looks. */
    createForFolder: (
      path: string,
      { signal = never(), maxDownloads, ...link }: ShareOptions = {},
    ): Promise<Share> => {
      const wished = { path, ...linkOf(link), max_downloads: maxDownloads };
      return this.#broker.shareFolder(wished, { signal });
    },

    /** Make a link by which anybody may send files into a folder. */
    receive: (
      path: string,
      { signal = never(), title, message, policy, maxFiles, maxBytes, ...link }: ReceiveOptions = {},
    ): Promise<Share> => {
      const limits = { max_files: maxFiles, max_bytes: maxBytes };
      const wished = { path, ...linkOf(link), ...limits, title, message, policy };
      return this.#broker.receiveIntoFolder(wished, { signal });
    },

    /** List one page of links, newest first: those to a file or a folder, or all. */
    list: ({
      signal = never(),
      ...wanted
    }: Cancellable & { file?: string; folder?: string; cursor?: string } = {}): Promise<Page<Share>> =>
      this.#broker.listShares(wanted, { signal }),

    /** Take a link back. */
    revoke: (id: string, { signal = never() }: Cancellable = {}): Promise<void> =>
      this.#broker.revokeShare(id, { signal }),
  };

  /** Say whether somebody aborted the upload, or there is none any more: its file may have been deleted. */
  async #isGivenUp([id = ""]: Iterable<string>, signal: AbortSignal): Promise<boolean> {
    const { broker, timer } = this.#transport;
    try {
      const upload = await persist(() => broker.readUpload(id, { signal }), { timer, signal });
      return upload.status === "aborted";
    } catch (error) {
      if (!isClosed(error)) {
        throw error;
      }
      return true;
    }
  }
}

/** Say whether this is the end of the upload, and not for what the file is. */
function isOver(error: unknown): boolean {
  return error instanceof UploadClosed || (error instanceof Problem && error.slug === "upload-expired");
}

function linkOf({ expiresIn, password }: LinkOptions) {
  return { expires_in: expiresIn, password };
}

function never(): AbortSignal {
  return new AbortController().signal;
}
