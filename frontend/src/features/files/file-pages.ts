import type { FileQuery, Page, StoredFile } from "@broker/client";
import type { InfiniteData } from "@tanstack/react-query";

/** A list as far as it is loaded. */
export type FilePages = InfiniteData<Page<StoredFile>, string | null>;

/** Say whether a list is one in which a file that was just stored stands. */
export function isListed(file: StoredFile, { folder, q, trashed }: FileQuery): boolean {
  return trashed !== true && q === undefined && (folder === undefined || folder === file.folder);
}

/** Put files that were just stored in front, unless a refresh brought them already. */
export function prependFiles(
  data: FilePages | undefined,
  files: readonly StoredFile[],
): FilePages | undefined {
  const first = data?.pages[0];
  if (data === undefined || first === undefined || files.length === 0) {
    return data;
  }
  const known = new Set(flatten(data).map(({ id }) => id));
  const fresh = files.filter(({ id }) => !known.has(id));
  return { ...data, pages: [{ ...first, items: [...fresh, ...first.items] }, ...data.pages.slice(1)] };
}

/** Take files out that are not there any more. */
export function removeFiles(data: FilePages | undefined, ids: ReadonlySet<string>): FilePages | undefined {
  if (data === undefined) {
    return data;
  }
  const pages = data.pages.map((page) => ({ ...page, items: page.items.filter(({ id }) => !ids.has(id)) }));
  return { ...data, pages };
}

/** List the files of all pages. A file that moved to the next page while it was fetched is there once. */
export function flatten({ pages }: FilePages): readonly StoredFile[] {
  const files = new Map<string, StoredFile>();
  for (const file of pages.flatMap(({ items }) => items)) {
    files.set(file.id, file);
  }
  return [...files.values()];
}
