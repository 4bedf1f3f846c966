import { groupBy } from "../../shared/group-by.ts";

/** So many may be asked about before a person notices: Chromium looks at the disk, and the page waits. */
const MANY = 100;

/** Files that go into the same folder, named by its path below where they are dropped. */
export interface FilesOfFolder {
  readonly folder: string;
  readonly files: readonly File[];
}

/** What this needs of a FileSystemEntry. */
export interface DroppedEntry {
  readonly name: string;
  readonly isDirectory: boolean;
}

interface FileEntry extends DroppedEntry {
  readonly file: (resolve: (file: File) => void, reject: (error: unknown) => void) => void;
}

interface FolderEntry extends DroppedEntry {
  readonly createReader: () => {
    readEntries: (resolve: (entries: DroppedEntry[]) => void, reject: (error: unknown) => void) => void;
  };
}

/** What this needs of a DataTransferItem. */
interface DroppedItem {
  readonly kind: string;
  readonly webkitGetAsEntry: () => DroppedEntry | null;
  readonly getAsFile: () => File | null;
  /** Chromium's alone, and over https or on this machine. */
  readonly getAsFileSystemHandle?: () => Promise<{ readonly kind: string } | null>;
}

/** Smaller files are sent again in a moment: where they are on disk need not be known. */
export const LARGE = 8 * 1024 * 1024;

export interface Drop {
  readonly files: readonly File[];
  readonly folders: readonly DroppedEntry[];
  /** Where large files are on disk; null where the browser does not tell. */
  readonly handles: readonly Promise<{ file: File; handle: FileSystemFileHandle } | null>[];
}

/** Take the files and folders out of a drop; it has to be done while the drop is handled. */
export function readDrop({ items }: { items: Iterable<DroppedItem> }): Drop {
  const files: File[] = [];
  const folders: DroppedEntry[] = [];
  const handles: Drop["handles"][number][] = [];
  const dropped = [...items].filter(({ kind }) => kind === "file");
  const areMany = dropped.length > MANY;
  for (const item of dropped) {
    const file = item.getAsFile();
    const entry = areMany && hasType(file) ? null : item.webkitGetAsEntry();
    if (entry?.isDirectory === true) {
      folders.push(entry);
    } else if (file !== null) {
      files.push(file);
      if (!areMany && item.getAsFileSystemHandle !== undefined && file.size > LARGE) {
        handles.push(whereIs(file, item.getAsFileSystemHandle()));
      }
    }
  }
  return { files, folders, handles };
}

/** The type is told by the ending of the name, which a folder's name seldom has. */
function hasType(file: File | null): boolean {
  return file !== null && file.type !== "";
}

async function whereIs(
  file: File,
  found: Promise<{ readonly kind: string } | null>,
): Promise<{ file: File; handle: FileSystemFileHandle } | null> {
  const handle = await found.catch(() => null);
  return handle?.kind === "file" ? { file, handle: handle as FileSystemFileHandle } : null;
}

/** Read folders with all that is in them; what cannot be read is left out, and told by its path. */
export async function* readFolders(
  folders: readonly DroppedEntry[],
  onUnreadable: (path: string) => void,
): AsyncGenerator<FilesOfFolder> {
  const left = folders.map((entry) => ({ entry, path: entry.name }));
  for (let next = left.shift(); next !== undefined; next = left.shift()) {
    const { path } = next;
    const entries = await readEntries(next.entry as FolderEntry, () => onUnreadable(path));
    const files = await Promise.all(
      entries
        .filter(({ isDirectory }) => !isDirectory)
        .map((entry) => readFile(entry, () => onUnreadable(`${path}/${entry.name}`))),
    );
    left.push(
      ...entries
        .filter(({ isDirectory }) => isDirectory)
        .map((entry) => ({ entry, path: `${path}/${entry.name}` })),
    );
    yield { folder: path, files: files.filter((file) => file !== null) };
  }
}

/** Group files of a folder that was picked by their paths within. */
export function groupByFolder(files: readonly File[]): readonly FilesOfFolder[] {
  const groups = groupBy(files, ({ webkitRelativePath }) =>
    webkitRelativePath.slice(0, Math.max(0, webkitRelativePath.lastIndexOf("/"))),
  );
  return Array.from(groups, ([folder, group]) => ({ folder, files: group }));
}

/** A reader gives about a hundred at a time, and none at the end. */
async function readEntries(folder: FolderEntry, onUnreadable: () => void): Promise<readonly DroppedEntry[]> {
  const reader = folder.createReader();
  const found: DroppedEntry[] = [];
  for (;;) {
    const entries = await new Promise<DroppedEntry[] | null>((resolve) =>
      reader.readEntries(resolve, () => resolve(null)),
    );
    if (entries === null) {
      onUnreadable();
    }
    if (entries === null || entries.length === 0) {
      return found;
    }
    found.push(...entries);
  }
}

function readFile(entry: DroppedEntry, onUnreadable: () => void): Promise<File | null> {
  return new Promise((resolve) =>
    (entry as FileEntry).file(resolve, () => {
      onUnreadable();
      resolve(null);
    }),
  );
}
