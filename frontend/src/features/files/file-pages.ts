import type { Page, StoredFile } from "@broker/client";
import type { InfiniteData } from "@tanstack/react-query";

/** The list as far as it is loaded, newest first. */
export type FilePages = InfiniteData<Page<StoredFile>, string | null>;

/** Put files that were just stored in front, unless a refresh brought them already. */
export function prependFiles(
  data: FilePages | undefined,
  files: readonly StoredFile[],
): FilePages | undefined {
  const first = data?.pages[0];
  if (data === undefined || first === undefined) {
    return data;
  }
  const known = new Set(flatten(data).map(({ id }) => id));
  const fresh = files.filter(({ id }) => !known.has(id));
  return { ...data, pages: [{ ...first, items: [...fresh, ...first.items] }, ...data.pages.slice(1)] };
}

/** Take a file out that was just deleted. */
export function removeFile(data: FilePages | undefined, id: string): FilePages | undefined {
  if (data === undefined) {
    return data;
  }
  const pages = data.pages.map((page) => ({ ...page, items: page.items.filter((file) => file.id !== id) }));
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
