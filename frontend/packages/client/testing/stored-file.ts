import type { StoredFile } from "../src/wire.ts";

/** Make up a file, of which the test says what matters. */
export function storedFile(facts: Partial<StoredFile> = {}): StoredFile {
  return {
    id: "1",
    name: "a.txt",
    folder: "",
    size: 1,
    type: "text/plain",
    checksum: null,
    part_size: null,
    policy: "default",
    created_at: "2026-11-22T12:00:00Z",
    modified_at: "2026-11-22T12:00:00Z",
    revision: 1,
    trashed_at: null,
    scan: null,
    share: null,
    ...facts,
  };
}
