import { useEffect, useEffectEvent, useState } from "react";
import { type Drop, readDrop } from "./read-drop.ts";

/**
 * Let files be dropped or pasted anywhere in the window; what `canDrop` refuses can still be pasted. Tells whether some
 * hover over it right now.
 */
export function useFileDrop(onDrop: (drop: Drop) => void, canDrop: boolean): boolean {
  const [isOver, setOver] = useState(false);
  const receive = useEffectEvent(onDrop);
  const hover = useEffectEvent((transfer: DataTransfer) => {
    if (!canDrop) {
      transfer.dropEffect = "none";
    }
    setOver(true);
  });

  useEffect(() => {
    const listeners = new AbortController();
    const { signal } = listeners;

    window.addEventListener(
      "dragover",
      (event) => {
        if (event.dataTransfer !== null && carriesFiles(event.dataTransfer)) {
          event.preventDefault(); // else the browser would open them
          hover(event.dataTransfer);
        }
      },
      { signal },
    );
    window.addEventListener(
      "dragleave",
      (event) => {
        // leaving an element for another one in the page has a relatedTarget; leaving the window has none
        if (event.relatedTarget === null) {
          setOver(false);
        }
      },
      { signal },
    );
    window.addEventListener(
      "drop",
      (event) => {
        setOver(false);
        if (event.dataTransfer !== null && carriesFiles(event.dataTransfer)) {
          event.preventDefault();
          receive(readDrop(event.dataTransfer));
        }
      },
      { signal },
    );
    window.addEventListener(
      "paste",
      (event) => {
        const files = [...(event.clipboardData?.files ?? [])];
        if (files.length > 0 && !isTextForField(event)) {
          event.preventDefault();
          receive({ files, folders: [], handles: [] });
        }
      },
      { signal },
    );
    return () => listeners.abort();
  }, []);

  return isOver;
}

/** Cells of a spreadsheet are copied as text and as a picture of it: a field wants the text. */
function isTextForField({ target, clipboardData }: ClipboardEvent): boolean {
  const isField = target instanceof HTMLElement && target.matches("input, textarea");
  return isField && (clipboardData?.types.includes("text/plain") ?? false);
}

function carriesFiles({ types }: DataTransfer): boolean {
  return types.includes("Files");
}
