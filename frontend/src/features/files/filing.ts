import { type FileChange, type FileQuery, Problem, type StoredFile } from "@broker/client";
import type { QueryClient } from "@tanstack/react-query";
import { explainError } from "../../shared/explain-error.ts";
import { groupBy } from "../../shared/group-by.ts";
import { messages } from "../../shared/messages.ts";
import type { PageBroker } from "../../shared/page-broker.ts";
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

/** What something is done with already, while the rest waits. */
interface Done extends Chosen {
  readonly files: StoredFile[];
  readonly folders: string[];
}

/** What can be undone. */
interface Undoable {
  readonly run: (done: Done) => Promise<void>;
  readonly tell: (done: Chosen) => string;
  readonly undo: (done: Chosen) => Promise<void>;
}

/** Files that stayed where they are: where they were to go, or to go back to, their names are taken. */
export interface Taken {
  readonly files: readonly StoredFile[];
  readonly change: { readonly folder: string } | { readonly trashed: false };
}

interface FilingOptions {
  readonly broker: PageBroker;
  readonly queries: QueryClient;
  readonly toaster: Toaster;
}

/**
 * Everything that is done with stored files. What a person asked for is shown at once, and taken back in the list when
 * it fails. Methods for dialogs reject, the others tell by a toast; all are bound.
 */
export class Filing {
  readonly #broker: PageBroker;
  readonly #queries: QueryClient;
  readonly #toaster: Toaster;

  constructor({ broker, queries, toaster }: FilingOptions) {
    this.#broker = broker;
    this.#queries = queries;
    this.#toaster = toaster;
  }

  readonly createFolder = async (parent: string, name: string): Promise<void> => {
    await this.#broker.createFolder(join(parent, checkName(name)), patience());
    await this.#refresh();
  };

  readonly rename = async ({ id }: StoredFile, name: string): Promise<void> => {
    await this.#broker.changeFile(id, { name, collision: "refuse" }, patience());
    await this.#refresh();
  };

  readonly renameFolder = async (path: string, name: string): Promise<void> => {
    await this.#broker.moveFolder(path, join(parentOf(path), checkName(name)), patience());
    await this.#refresh();
  };

  /** Move into a folder; resolves when all that can be moved is, with what is to be asked about. */
  readonly move = async (chosen: Chosen, to: string): Promise<Taken | null> => {
    const change = { folder: to };
    const taken: StoredFile[] = [];
    await this.#actUndoably(chosen, {
      run: async (done) => {
        const sorted = { done: done.files, taken };
        await this.#change(chosen.files, { ...change, collision: "refuse" }, sorted);
        for (const path of chosen.folders) {
          await this.#broker.moveFolder(path, join(to, nameOf(path)), patience());
          done.folders.push(path);
        }
      },
      tell: (done) => describeMove(done, to),
      undo: (done) => this.#moveBack(done, to),
    });
    return asTaken(taken, change);
  };

  readonly trash = async (chosen: Chosen): Promise<void> => {
    const trashedAt = new Map<string, string>();
    await this.#actUndoably(chosen, {
      run: async (done) => {
        await this.#change(chosen.files, { trashed: true }, { done: done.files });
        for (const path of chosen.folders) {
          trashedAt.set(path, await this.#broker.trashFolder(path, patience()));
          done.folders.push(path);
        }
      },
      tell: (done) => messages.files.trashed(describe(done)),
      undo: (done) => this.#takeBack(done, trashedAt),
    });
  };

  /** Take files out of the trash; resolves with what is to be asked about. */
  readonly restore = async (files: readonly StoredFile[]): Promise<Taken | null> => {
    const change = { trashed: false } as const;
    const taken: StoredFile[] = [];
    await this.#act({ files, folders: [] }, async () => {
      await this.#change(files, { ...change, collision: "refuse" }, { taken });
      const restored = { files: without(files, taken), folders: [] };
      if (count(restored) > 0) {
        this.#toaster.show(messages.files.restored(describe(restored)));
      }
    });
    return asTaken(taken, change);
  };

  /** Have files go where their names are taken: they get a number, or replace what is there. */
  readonly settle = async ({ files, change }: Taken, collision: "rename" | "replace"): Promise<void> => {
    const chosen = { files, folders: [] };
    await this.#act(chosen, async () => {
      await this.#change(files, { ...change, collision });
      this.#toaster.show(
        "folder" in change ? describeMove(chosen, change.folder) : messages.files.restored(describe(chosen)),
      );
    });
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

  async #takeBack(chosen: Chosen, trashedAt: ReadonlyMap<string, string>): Promise<void> {
    await this.#change(chosen.files, { trashed: false, collision: "rename" });
    for (const [path, at] of trashedAt) {
      await this.#broker.restoreFolder(path, at, patience());
    }
    this.#toaster.show(messages.files.restored(describe(chosen)));
  }

  async #moveBack({ files, folders }: Chosen, from: string): Promise<void> {
    for (const [folder, group] of groupBy(files, (file) => file.folder)) {
      await this.#change(group, { folder, collision: "rename" });
    }
    for (const path of folders) {
      await this.#broker.moveFolder(join(from, nameOf(path)), path, patience());
    }
  }

  /**
   * Change files alike. Those that are changed are put to what is `done`, and those that are left alone, for their
   * names are taken, to what is `taken`; also when it rejects.
   */
  async #change(
    files: readonly StoredFile[],
    change: Omit<FileChange, "name">,
    { done = [], taken = [] }: { done?: StoredFile[]; taken?: StoredFile[] } = {},
  ): Promise<void> {
    const outcomes: (StoredFile | Problem)[] = [];
    for (const ids of batches(files)) {
      const fresh = await this.#broker.changeFiles(ids, change, patience());
      const batch = files.slice(outcomes.length, outcomes.length + fresh.length);
      done.push(...batch.filter((_, index) => !(fresh[index] instanceof Problem)));
      outcomes.push(...fresh);
    }
    taken.push(...files.filter((_, index) => isNameTaken(outcomes[index])));
    fail(outcomes.filter((each) => !isNameTaken(each)));
  }

  /** Act, and offer to undo what was done: all of it, or what was until something failed. */
  async #actUndoably(chosen: Chosen, { run, tell, undo }: Undoable): Promise<void> {
    const done: Done = { files: [], folders: [] };
    const undoing = {
      label: messages.actions.undo,
      run: () => this.#act(NOTHING, () => undo(done)),
    };
    await this.#act(chosen, async () => {
      try {
        await run(done);
      } catch (error) {
        if (count(done) === 0) {
          throw error;
        }
        this.#toaster.fail(`${tell(done)} ${explainError(error)}`, undoing);
        return;
      }
      if (count(done) > 0) {
        this.#toaster.show(tell(done), undoing);
      }
    });
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

/** Return the name of a folder, which in a path would be several. Throws Problem, as for a file's name. */
function checkName(name: string): string {
  if (name.includes("/")) {
    throw new Problem({ status: 422, slug: "invalid-name", detail: null, members: {}, retryAfter: null });
  }
  return name;
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

/** Say whether something can be moved into a folder: not into itself, and only if it is not all there. */
export function mayMove({ files, folders }: Chosen, to: string): boolean {
  const isWithin = folders.some((path) => to === path || to.startsWith(`${path}/`));
  const isThere =
    files.every(({ folder }) => folder === to) && folders.every((path) => parentOf(path) === to);
  return !isWithin && !isThere;
}

/** Which list of files a query is of. */
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

function describeMove(moved: Chosen, to: string): string {
  return messages.files.moved(count(moved), nameOf(to) || messages.files.heading);
}

function without(files: readonly StoredFile[], others: readonly StoredFile[]): readonly StoredFile[] {
  return files.filter((file) => !others.includes(file));
}

function asTaken(files: readonly StoredFile[], change: Taken["change"]): Taken | null {
  return files.length === 0 ? null : { files, change };
}

function isNameTaken(outcome: StoredFile | Problem | undefined): boolean {
  return outcome instanceof Problem && outcome.slug === "name-taken";
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
