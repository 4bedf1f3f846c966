import { type Broker, type FileQuery, Problem, type StoredFile } from "@broker/client";
import type { QueryClient } from "@tanstack/react-query";
import { explainError } from "../../shared/explain-error.ts";
import { groupBy } from "../../shared/group-by.ts";
import { messages } from "../../shared/messages.ts";
import type { Toaster } from "../../shared/toaster.ts";
import { ME_KEY } from "../session/use-me.ts";
import { type FilePages, removeFiles } from "./file-pages.ts";
import { FILES_KEY, FOLDERS_KEY } from "./use-files.ts";

const PATIENCE_MS = 60_000;
const BATCH = 1000;

/** Files and folders that something is done with. */
export interface Chosen {
  readonly files: readonly StoredFile[];
  /** Their paths. */
  readonly folders: readonly string[];
}

const NOTHING: Chosen = { files: [], folders: [] };

interface FilingOptions {
  readonly broker: Broker;
  readonly queries: QueryClient;
  readonly toaster: Toaster;
}

/**
 * Everything that is done with stored files. What a person asked for is shown at once, and taken back in the list when
 * it fails. Methods for dialogs reject, the others tell by a toast; all are bound.
 */
export class Filing {
  readonly #broker: Broker;
  readonly #queries: QueryClient;
  readonly #toaster: Toaster;

  constructor({ broker, queries, toaster }: FilingOptions) {
    this.#broker = broker;
    this.#queries = queries;
    this.#toaster = toaster;
  }

  readonly createFolder = async (path: string): Promise<void> => {
    await this.#broker.createFolder(path, patience());
    await this.#refresh();
  };

  readonly rename = async ({ id }: StoredFile, name: string): Promise<void> => {
    await this.#broker.changeFile(id, { name }, patience());
    await this.#refresh();
  };

  readonly renameFolder = async (path: string, name: string): Promise<void> => {
    await this.#broker.moveFolder(path, join(parentOf(path), name), patience());
    await this.#refresh();
  };

  /** Move into a folder; resolves when all that can be moved is. */
  readonly move = async (chosen: Chosen, to: string): Promise<void> => {
    const before = chosen.files.map(({ id, folder }) => ({ id, folder }));
    await this.#act(chosen, async () => {
      await this.#change(chosen.files, { folder: to });
      for (const path of chosen.folders) {
        await this.#broker.moveFolder(path, join(to, nameOf(path)), patience());
      }
      this.#toaster.show(messages.files.moved(count(chosen), nameOf(to) || messages.files.heading), {
        label: messages.actions.undo,
        run: () => this.#act(NOTHING, () => this.#moveBack(before, chosen.folders, to)),
      });
    });
  };

  readonly trash = async (chosen: Chosen): Promise<void> => {
    await this.#act(chosen, async () => {
      await this.#change(chosen.files, { trashed: true });
      const folders = new Map<string, string>(); // and when they went
      for (const path of chosen.folders) {
        folders.set(path, await this.#broker.trashFolder(path, patience()));
      }
      this.#toaster.show(messages.files.trashed(describe(chosen)), {
        label: messages.actions.undo,
        run: () => this.#act(NOTHING, () => this.#takeBack(chosen, folders)),
      });
    });
  };

  /** Take files out of the trash. */
  readonly restore = async (files: readonly StoredFile[]): Promise<void> => {
    const chosen = { files, folders: [] };
    await this.#act(chosen, () => this.#takeBack(chosen, new Map()));
  };

  readonly deleteForGood = async ({ files }: Chosen): Promise<void> => {
    await this.#act({ files, folders: [] }, async () => {
      for (const ids of batches(files)) {
        fail(await this.#broker.deleteFiles(ids, patience()), { isGoneFine: true });
      }
      this.#toaster.show(messages.files.deleted(describe({ files, folders: [] })));
    });
  };

  /** Read all that is in the trash, however much of it is shown; nothing when that fails. */
  readonly readTrash = async (): Promise<readonly StoredFile[]> => {
    const files: StoredFile[] = [];
    try {
      for (let cursor: string | null | undefined = null; cursor !== undefined; ) {
        const page = await this.#broker.listFiles({ trashed: true, limit: BATCH, cursor }, patience());
        files.push(...page.items);
        cursor = page.next_cursor ?? undefined;
      }
    } catch (error) {
      this.#toaster.fail(explainError(error));
      return [];
    }
    return files;
  };

  async #takeBack(chosen: Chosen, folders: ReadonlyMap<string, string>): Promise<void> {
    await this.#change(chosen.files, { trashed: false });
    for (const [path, trashedAt] of folders) {
      await this.#broker.restoreFolder(path, trashedAt, patience());
    }
    this.#toaster.show(messages.files.restored(describe(chosen)));
  }

  async #moveBack(
    files: readonly { id: string; folder: string }[],
    folders: readonly string[],
    from: string,
  ): Promise<void> {
    for (const [folder, group] of groupBy(files, (file) => file.folder)) {
      await this.#change(group, { folder });
    }
    for (const path of folders) {
      await this.#broker.moveFolder(join(from, nameOf(path)), path, patience());
    }
  }

  async #change(
    files: readonly { id: string }[],
    change: { folder?: string; trashed?: boolean },
  ): Promise<void> {
    for (const ids of batches(files)) {
      fail(await this.#broker.changeFiles(ids, change, patience()));
    }
  }

  /** Take the rows away, act, and read the lists anew. */
  async #act(chosen: Chosen, action: () => Promise<void>): Promise<void> {
    this.#hide(chosen);
    try {
      await action();
    } catch (error) {
      this.#toaster.fail(explainError(error));
    }
    await this.#refresh();
  }

  #hide({ files, folders }: Chosen): void {
    const ids = new Set(files.map(({ id }) => id));
    const paths = new Set(folders);
    this.#queries.setQueriesData<FilePages>({ queryKey: FILES_KEY }, (data) => removeFiles(data, ids));
    this.#queries.setQueriesData<readonly string[]>({ queryKey: FOLDERS_KEY }, (data) =>
      data?.filter((path) => !paths.has(path)),
    );
  }

  async #refresh(): Promise<void> {
    await Promise.all(
      [FILES_KEY, FOLDERS_KEY, ME_KEY].map((queryKey) => this.#queries.invalidateQueries({ queryKey })),
    );
  }
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

export function join(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

/** Which list of files a query is of. */
/** Say whether something can be moved into a folder: not into itself, and only if it is not all there. */
export function mayMove({ files, folders }: Chosen, to: string): boolean {
  const isWithin = folders.some((path) => to === path || to.startsWith(`${path}/`));
  const isThere =
    files.every(({ folder }) => folder === to) && folders.every((path) => parentOf(path) === to);
  return !isWithin && !isThere;
}

export function wantedOf(queryKey: readonly unknown[]): FileQuery {
  return queryKey[FILES_KEY.length] as FileQuery;
}

function count({ files, folders }: Chosen): number {
  return files.length + folders.length;
}

/** Name what is alone, count what is not. */
function describe(chosen: Chosen): string {
  const [only] = [...chosen.files.map(({ name }) => name), ...chosen.folders.map(nameOf)];
  return count(chosen) === 1 && only !== undefined ? only : messages.files.items(count(chosen));
}

function batches(files: readonly { id: string }[]): readonly (readonly string[])[] {
  const ids = files.map(({ id }) => id);
  return Array.from({ length: Math.ceil(ids.length / BATCH) }, (_, n) =>
    ids.slice(n * BATCH, (n + 1) * BATCH),
  );
}

function fail(
  outcomes: readonly (StoredFile | Problem | null)[],
  { isGoneFine = false }: { isGoneFine?: boolean } = {},
): void {
  const problem = outcomes.find(
    (each) => each instanceof Problem && !(isGoneFine && each.slug === "not-found"),
  );
  if (problem instanceof Problem) {
    throw problem;
  }
}

function patience(): { signal: AbortSignal } {
  return { signal: AbortSignal.timeout(PATIENCE_MS) };
}
