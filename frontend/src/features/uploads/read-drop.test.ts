import { expect, test } from "vitest";
import { type DroppedEntry, groupByFolder, LARGE, readDrop, readFolders } from "./read-drop.ts";

const a = new File(["a"], "a.txt");
const b = new File(["b"], "b.txt");

function fileEntry(file: File | null): DroppedEntry {
  const read = (resolve: (file: File) => void, reject: (error: unknown) => void) =>
    file === null ? reject(new Error("gone")) : resolve(file);
  return Object.assign({ name: file?.name ?? "gone", isDirectory: false }, { file: read });
}

/** A batch that is null cannot be read. */
function folderEntry(name: string, ...batches: readonly (readonly DroppedEntry[] | null)[]): DroppedEntry {
  const createReader = () => {
    const left = [...batches];
    const readEntries = (resolve: (found: DroppedEntry[]) => void, reject: (error: unknown) => void) => {
      const batch = left.shift();
      return batch === null ? reject(new Error("locked")) : resolve([...(batch ?? [])]);
    };
    return { readEntries };
  };
  return Object.assign({ name, isDirectory: true }, { createReader });
}

function item(entry: DroppedEntry | null, file: File | null, kind = "file") {
  return { kind, webkitGetAsEntry: () => entry, getAsFile: () => file };
}

test("a drop is taken apart into files and folders", () => {
  const folder = folderEntry("photos");

  const drop = readDrop({
    items: [
      item(fileEntry(a), a),
      item(folder, null),
      item(null, b),
      item(null, null),
      item(null, a, "string"),
    ],
  });

  expect(drop).toEqual({ files: [a, b], folders: [folder], handles: [] });
});

test("a drop says where large files are, as far as the browser tells", async () => {
  const large = new File([new Uint8Array(LARGE + 1)], "film.mp4");
  const at = (file: File, handle: () => Promise<{ kind: string } | null>) => ({
    ...item(fileEntry(file), file),
    getAsFileSystemHandle: handle,
  });
  const handle = { kind: "file" };

  const { handles } = readDrop({
    items: [
      at(large, async () => handle),
      at(large, async () => null),
      at(large, () => Promise.reject(new Error("no"))),
      at(a, async () => handle),
      item(fileEntry(large), large),
    ],
  });

  expect(await Promise.all(handles)).toEqual([{ file: large, handle }, null, null]);
});

test("of very many files only those that may be folders are asked about", () => {
  const photo = new File(["a"], "a.jpg", { type: "image/jpeg" });
  const folder = folderEntry("photos");
  let asked = 0;
  const photos = Array.from({ length: 100 }, () => ({
    ...item(fileEntry(photo), photo),
    webkitGetAsEntry() {
      asked += 1;
      return fileEntry(photo);
    },
  }));

  const few = readDrop({ items: photos });
  const askedOfFew = asked;
  const many = readDrop({ items: [...photos, item(folder, new File([], "photos"))] });

  expect([few.files.length, askedOfFew]).toEqual([100, 100]);
  expect([many.files.length, many.folders, asked - askedOfFew]).toEqual([100, [folder], 0]);
});

test("folders are read to the last file, however deep it lies, and what cannot be read is told", async () => {
  const deep = folderEntry("2026", [fileEntry(b)], null);
  const photos = folderEntry("photos", [fileEntry(a), fileEntry(null)], [deep]);

  const [found, unreadable]: [unknown[], string[]] = [[], []];
  const folders = [folderEntry("locked", null), photos, folderEntry("empty")];
  for await (const each of readFolders(folders, (path) => unreadable.push(path))) {
    found.push(each);
  }

  expect(unreadable).toEqual(["locked", "photos/gone", "photos/2026"]);
  expect(found).toEqual([
    { folder: "locked", files: [] },
    { folder: "photos", files: [a] },
    { folder: "empty", files: [] },
    { folder: "photos/2026", files: [b] },
  ]);
});

/** As a browser gives it, which Node.js does not. */
function picked(path: string): File {
  const file = new File(["x"], path.slice(path.lastIndexOf("/") + 1));
  return Object.defineProperty(file, "webkitRelativePath", { value: path.includes("/") ? path : "" });
}

test("the files of a picked folder are grouped by their paths", () => {
  const [one, inside, two] = [picked("a.txt"), picked("x/y/c.txt"), picked("b.txt")];

  expect(groupByFolder([one, inside, two])).toEqual([
    { folder: "", files: [one, two] },
    { folder: "x/y", files: [inside] },
  ]);
});
