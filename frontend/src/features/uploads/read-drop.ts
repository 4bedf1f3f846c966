/** What this needs of a DataTransferItem. */
interface DroppedItem {
  readonly kind: string;
  readonly webkitGetAsEntry: () => { readonly isDirectory: boolean } | null;
  readonly getAsFile: () => File | null;
}

/** Take the files out of a drop, and count the folders: a browser passes those off as unreadable files. */
export function readDrop({ items }: { items: Iterable<DroppedItem> }): {
  files: readonly File[];
  folders: number;
} {
  const dropped = [...items].filter(({ kind }) => kind === "file");
  const isFolder = (item: DroppedItem) => item.webkitGetAsEntry()?.isDirectory === true;

  return {
    files: dropped
      .filter((item) => !isFolder(item))
      .map((item) => item.getAsFile())
      .filter((file) => file !== null),
    folders: dropped.filter(isFolder).length,
  };
}
