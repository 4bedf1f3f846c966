import type { UploadItem } from "@broker/client";
import { createStore, del, get, set, type UseStore } from "idb-keyval";
import { LARGE } from "./read-drop.ts";

type Kept = Pick<UploadItem, "folder" | "name" | "size">;

let opened: UseStore | undefined;

/** Where nothing can be kept, as in a private window, nothing is. */
async function attempt<T>(work: (store: UseStore) => Promise<T>): Promise<T | undefined> {
  try {
    opened ??= createStore("file-handles", "handles");
    return await work(opened);
  } catch {
    return undefined;
  }
}

/**
 * Remember where a file is on disk, so that its upload can be gone on with after a reload without choosing it again.
 * The browser asks before it reads it then.
 */
export async function keepHandle(file: Kept, handle: FileSystemFileHandle): Promise<void> {
  await attempt((store) => set(keyOf(file), handle, store));
}

export async function forgetHandle(file: Kept): Promise<void> {
  if (file.size > LARGE) {
    await attempt((store) => del(keyOf(file), store));
  }
}

export async function findHandle(file: Kept): Promise<FileSystemFileHandle | null> {
  return (await attempt((store) => get<FileSystemFileHandle>(keyOf(file), store))) ?? null;
}

interface Permitted {
  readonly requestPermission?: (options: { mode: "read" }) => Promise<PermissionState>;
}

/** Read a file again, while a click is handled; null where it is another one now, or may not be read. */
export async function openHandle(
  handle: FileSystemFileHandle & Permitted,
  { name, size }: Kept,
): Promise<File | null> {
  try {
    if ((await handle.requestPermission?.({ mode: "read" })) === "denied") {
      return null;
    }
    const file = await handle.getFile();
    return file.name === name && file.size === size ? file : null;
  } catch {
    return null; // it was moved or deleted
  }
}

function keyOf({ folder, name, size }: Kept): string {
  return `${size}:${folder}/${name}`;
}
