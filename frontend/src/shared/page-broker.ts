import {
  Broker,
  type Download,
  type FileChange,
  type FileHistory,
  type Folder,
  type HistoryEntry,
  type NewDownload,
  type NewThumbnail,
  type Page,
  type PresignedRequest,
  type Problem,
  path,
  type Session,
  type Shared,
  type SharedEntry,
  type ShareKey,
  type SignInOptions,
  type StoredFile,
  type Thumbnail,
} from "@broker/client";

/** Which another site cannot have a browser send along with the cookie that these calls act by. */
const OWN_PAGE = { "x-broker-csrf": "1" };

interface Cancellable {
  readonly signal: AbortSignal;
}

/** The calls of the broker that are for people in front of a page, beside those of the package. */
export class PageBroker extends Broker {
  signIn(credentials: { username: string; password: string }, { signal }: Cancellable): Promise<Session> {
    return this.readWithoutToken("POST", "/v1/session", { body: credentials, signal });
  }

  /** Go on with the session of the browser's cookie, with a new token. Not to be called by several at once. */
  renewSession({ signal }: Cancellable): Promise<Session> {
    return this.readWithoutToken("POST", "/v1/session/refresh", { headers: OWN_PAGE, signal });
  }

  /** End the session of the browser's cookie, if there is one. */
  async signOut({ signal }: Cancellable): Promise<void> {
    await this.callWithoutToken("DELETE", "/v1/session", { headers: OWN_PAGE, signal });
  }

  /** End every session of whoever calls, on every device. */
  async signOutEverywhere({ signal }: Cancellable): Promise<void> {
    await this.call("DELETE", "/v1/sessions", { signal });
  }

  /** Read how one may sign in. */
  readSignInOptions({ signal }: Cancellable): Promise<SignInOptions> {
    return this.readWithoutToken("GET", "/v1/sign-in", { signal });
  }

  /** Change up to 1,000 files alike: for each what it is now, or why it was not changed. */
  changeFiles(
    ids: readonly string[],
    change: Omit<FileChange, "name">,
    { signal }: Cancellable,
  ): Promise<readonly (StoredFile | Problem)[]> {
    const call = { body: { ids, ...change }, signal };
    return this.readBatch("/v1/files/batch", call, ({ file }: { file: StoredFile }) => file);
  }

  /** Delete up to 1,000 files for good: for each null, or why it was not deleted. */
  deleteFiles(ids: readonly string[], { signal }: Cancellable): Promise<readonly (Problem | null)[]> {
    return this.readBatch("/v1/files/batch/delete", { body: { ids }, signal }, () => null);
  }

  /** The receipt is null while the file is in quarantine. */
  async readReceipt(id: string, { signal }: Cancellable): Promise<string | null> {
    const { receipt } = await this.read<{ receipt: string | null }>("GET", path`/v1/files/${id}/receipt`, {
      signal,
    });
    return receipt;
  }

  /** List what was done with a file, the newest first. */
  async readHistory(id: string, { signal }: Cancellable): Promise<readonly HistoryEntry[]> {
    const { items } = await this.read<FileHistory>("GET", path`/v1/files/${id}/history`, { signal });
    return items;
  }

  /** Get the presigned request that stores a JPEG beside a file, which has none yet. */
  createThumbnail(id: string, thumbnail: NewThumbnail, { signal }: Cancellable): Promise<PresignedRequest> {
    return this.read("POST", path`/v1/files/${id}/thumbnail`, { body: thumbnail, signal });
  }

  /** Get the presigned requests that fetch the thumbnails of up to 200 files: of those that have one. */
  async listThumbnails(ids: readonly string[], { signal }: Cancellable): Promise<readonly Thumbnail[]> {
    const { items } = await this.read<{ items: readonly Thumbnail[] }>("POST", "/v1/files/thumbnails", {
      body: { ids },
      signal,
    });
    return items;
  }

  /** See what a link leads to; nobody needs to be signed in. */
  openShare(key: ShareKey, { signal }: Cancellable): Promise<Shared> {
    return this.readWithoutToken("POST", "/v1/shared", { body: key, signal });
  }

  /** List one page of the folders right below one that a link leads to; paths begin at the link's folder. */
  listSharedFolders(
    wanted: ShareKey & { parent: string; cursor?: string },
    { signal }: Cancellable,
  ): Promise<Page<Folder>> {
    return this.readWithoutToken("POST", "/v1/shared/folders", { body: wanted, signal });
  }

  /** List one page of the files in a folder that a link leads to, by name. */
  listSharedFiles(
    wanted: ShareKey & { folder: string; cursor?: string },
    { signal }: Cancellable,
  ): Promise<Page<SharedEntry>> {
    return this.readWithoutToken("POST", "/v1/shared/files", { body: wanted, signal });
  }

  /** Get the presigned request that fetches a link's file, or one of its folder, which counts as a download. */
  downloadShare(
    key: ShareKey & NewDownload & { readonly file?: string },
    { signal }: Cancellable,
  ): Promise<Download> {
    return this.readWithoutToken("POST", "/v1/shared/download", { body: key, signal });
  }

  /** Get a token for sending files by a link. */
  beginReceiving(key: ShareKey, { signal }: Cancellable): Promise<Session> {
    return this.readWithoutToken("POST", "/v1/shared/session", { body: key, signal });
  }
}
