import type { KeyboardEvent as ReactKeyboardEvent } from "react";

/** Say whether a key is pressed alone: with others it is the browser's or the system's, as Alt and an arrow are. */
export function isPlainKey(event: KeyboardEvent | ReactKeyboardEvent): boolean {
  return !(event.ctrlKey || event.metaKey || event.altKey);
}
