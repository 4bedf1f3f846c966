import { useEffect, useLayoutEffect, useState } from "react";
import { GAP, layOutCards } from "./card-layout.ts";
import { countEntries, type Entries, Entry, keyOfEntry } from "./entry.tsx";
import styles from "./file-grid.module.css";
import { useWindowRows } from "./use-window-rows.ts";

/** Folders and files as cards, of which only those in sight are drawn. */
export function FileGrid(props: Entries) {
  const [available, setAvailable] = useState(0);
  const { columns, width, height } = layOutCards(available);
  const count = countEntries(props);
  const { list, rows, top } = useWindowRows({
    count: Math.ceil(count / columns),
    height: height + GAP,
    keyOf: (row) => row,
    onEnd: props.onEnd,
  });

  useLayoutEffect(() => {
    const element = list.current;
    if (element === null) {
      return;
    }
    setAvailable(element.clientWidth);
    const observer = new ResizeObserver(() => setAvailable(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [list]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: cards of another size make other rows
  useEffect(() => rows.measure(), [rows, height]);

  const shown = rows.getVirtualItems().flatMap(({ index: row, start }) => {
    const first = row * columns;
    return Array.from({ length: Math.min(columns, count - first) }, (_, column) => ({
      index: first + column,
      left: column * (width + GAP),
      top: start - top,
    }));
  });
  return (
    <ul
      ref={list}
      className={styles.grid}
      aria-label={props.label}
      data-view="grid"
      data-choosing={props.selection.size > 0 || undefined}
      style={{ height: rows.getTotalSize() }}
    >
      {shown.map(({ index, left, top }) => (
        <li
          key={keyOfEntry(props, index)}
          className={styles.place}
          style={{ width, height, transform: `translate(${left}px, ${top}px)` }}
          aria-setsize={count}
          aria-posinset={index + 1}
        >
          <Entry {...props} index={index} />
        </li>
      ))}
    </ul>
  );
}
