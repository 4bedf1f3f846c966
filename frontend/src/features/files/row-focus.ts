import { isFocusLost } from "../../shared/is-focus-lost.ts";

/** List the keys of the rows that are drawn, from top to bottom. */
export function drawnKeys(): readonly string[] {
  return Array.from(document.querySelectorAll<HTMLElement>("[data-key]"), ({ dataset }) => dataset.key ?? "");
}

/** Find what opens a row; null where it is not drawn. */
export function findOpener(key: string): HTMLElement | null {
  return document.querySelector(`[data-key="${CSS.escape(key)}"] [data-opener]`);
}

/** Give the focus back to a row whose field is gone, unless somebody has taken it elsewhere. */
export function focusRow(key: string): void {
  requestAnimationFrame(() => {
    if (isFocusLost()) {
      findOpener(key)?.focus();
    }
  });
}
