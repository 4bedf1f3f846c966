import { useEffect, useEffectEvent } from "react";
import { isPlainKey } from "../../shared/is-plain-key.ts";
import { type Direction, neighbour } from "./neighbour.ts";

const ARROWS = new Map<string, Direction>([
  ["ArrowDown", "down"],
  ["ArrowLeft", "left"],
  ["ArrowRight", "right"],
  ["ArrowUp", "up"],
]);

interface RowKeys {
  readonly onTrash: () => void;
  readonly onRename: (key: string) => void;
  readonly onChooseAll: () => void;
  readonly onChooseNone: () => void;
  readonly onChoose: (key: string) => void;
  readonly onSearch: () => void;
  readonly onHelp: () => void;
}

/** What keys do in the list of files, wherever no field or dialog takes them. */
export function useRowKeys(keys: RowKeys): void {
  const press = useEffectEvent((event: KeyboardEvent) => {
    const target = event.target instanceof HTMLElement ? event.target : document.body;
    const isTyping = target.matches("input:not([type=checkbox]), textarea, select");
    if (isTyping || target.closest("dialog, [popover]") || document.querySelector("dialog[open]")) {
      return;
    }
    const row = target.closest<HTMLElement>("[data-key]");
    const key = row?.dataset.key ?? null;
    const arrow = ARROWS.get(event.key);
    const isPlain = isPlainKey(event);
    // AltGr is Ctrl and Alt on Windows, and writes letters
    const isCommand = (event.ctrlKey || event.metaKey) && !(event.altKey || event.shiftKey);
    if (isCommand && event.key.toLowerCase() === "a") {
      keys.onChooseAll();
    } else if (isPlain && event.key === "Escape") {
      keys.onChooseNone();
      return; // a menu may want it too
    } else if (isPlain && event.key === "Delete") {
      keys.onTrash();
    } else if (isPlain && event.key === "F2" && key !== null) {
      keys.onRename(key);
    } else if (isPlain && event.key === "x" && key !== null) {
      keys.onChoose(key);
    } else if (isPlain && event.key === "/") {
      keys.onSearch();
    } else if (isPlain && event.key === "?") {
      keys.onHelp();
    } else if (isPlain && arrow !== undefined) {
      const hasMoved = target.matches("[data-above-rows]") ? enterRows(arrow) : moveFocus(row, arrow);
      if (!hasMoved) {
        return;
      }
    } else {
      return;
    }
    event.preventDefault();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => press(event);
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, []);
}

/** Go down into the rows, from what stands above them. */
function enterRows(direction: Direction): boolean {
  const opener = direction === "down" ? document.querySelector<HTMLElement>("[data-opener]") : null;
  opener?.focus();
  return opener !== null;
}

/** Go to the row or card beside this one that is drawn; the list draws further ones as it scrolls along. */
function moveFocus(row: HTMLElement | null, direction: Direction): boolean {
  if (row === null) {
    return false;
  }
  const rows = [...document.querySelectorAll<HTMLElement>("[data-key]")];
  const places = rows.map((each) => each.getBoundingClientRect());
  const next = neighbour(places, rows.indexOf(row), direction);
  const opener = next === null ? null : rows[next]?.querySelector<HTMLElement>("[data-opener]");
  opener?.focus();
  return opener !== null && opener !== undefined;
}
