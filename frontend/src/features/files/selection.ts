/** Keys of rows: the id of a file, or a folder's path behind a slash. */
export type Selection = ReadonlySet<string>;

export const NOTHING: Selection = new Set();

export function folderKey(path: string): string {
  return `/${path}`;
}

/** Choose a row or take it out; with an anchor, bring all rows between the two to the same state. */
export function choose(
  selection: Selection,
  key: string,
  { keys, anchor }: { keys: readonly string[]; anchor: string | null },
): Selection {
  const isChosen = !selection.has(key);
  const changed = anchor === null ? [key] : between(keys, anchor, key);
  const next = new Set(selection);
  for (const each of changed) {
    if (isChosen) {
      next.add(each);
    } else {
      next.delete(each);
    }
  }
  return next;
}

/** Keep what is still there. */
export function prune(selection: Selection, keys: readonly string[]): Selection {
  const there = new Set(keys);
  return [...selection].every((key) => there.has(key))
    ? selection
    : new Set([...selection].filter((key) => there.has(key)));
}

/** Return which row comes to stand where the first of those that go stood; null where that is not known. */
export function successor(keys: readonly string[], gone: ReadonlySet<string>): string | null {
  const first = keys.findIndex((key) => gone.has(key));
  const isLeft = (key: string) => !gone.has(key);
  return first < 0 ? null : (keys.slice(first).find(isLeft) ?? keys.slice(0, first).at(-1) ?? null);
}

function between(keys: readonly string[], one: string, other: string): readonly string[] {
  const [first = -1, last = -1] = [keys.indexOf(one), keys.indexOf(other)].toSorted((a, b) => a - b);
  return first < 0 ? [other] : keys.slice(first, last + 1);
}
