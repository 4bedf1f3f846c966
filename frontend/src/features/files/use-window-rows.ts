import { useWindowVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";

/** So many rows before the end more are wanted. */
const AHEAD = 30;
const OVERSCAN = 8;

interface WindowRowsOptions {
  readonly count: number;
  /** Pixels of a row that was not measured. */
  readonly height: number;
  readonly keyOf: (index: number) => string | number;
  /** Called when the end is near. */
  readonly onEnd: () => void;
}

interface WindowRows {
  readonly list: RefObject<HTMLUListElement | null>;
  readonly rows: Virtualizer<Window, Element>;
  /** Where the list begins on the page. */
  readonly top: number;
}

/** Say which rows of a list are in sight of a page that scrolls as a whole. */
export function useWindowRows({ count, height, keyOf, onEnd }: WindowRowsOptions): WindowRows {
  const list = useRef<HTMLUListElement>(null);
  const [top, setTop] = useState(0);
  const rows = useWindowVirtualizer({
    count,
    estimateSize: () => height,
    getItemKey: keyOf,
    overscan: OVERSCAN,
    scrollMargin: top,
  });
  const last = rows.getVirtualItems().at(-1)?.index ?? 0;

  // what stands above may have grown
  useLayoutEffect(() => {
    const place = (list.current?.getBoundingClientRect().top ?? 0) + window.scrollY;
    setTop((old) => (Math.abs(old - place) < 1 ? old : place));
  });
  useEffect(() => {
    if (last + AHEAD >= count) {
      onEnd();
    }
  }, [last, count, onEnd]);

  return { list, rows, top };
}
