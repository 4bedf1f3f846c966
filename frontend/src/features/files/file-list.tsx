import { countEntries, type Entries, Entry, keyOfEntry } from "./entry.tsx";
import styles from "./file-list.module.css";
import { useWindowRows } from "./use-window-rows.ts";

/** As a row is on a wide page; each is measured when it is shown. */
const ROW_HEIGHT = 56;

/** Folders and files, one below the other, of which only those in sight are drawn. */
export function FileList(props: Entries) {
  const count = countEntries(props);
  const { list, rows, top } = useWindowRows({
    count,
    height: ROW_HEIGHT,
    keyOf: (index) => keyOfEntry(props, index),
    onEnd: props.onEnd,
  });

  return (
    <ul
      ref={list}
      className={styles.list}
      aria-label={props.label}
      data-choosing={props.selection.size > 0 || undefined}
      style={{ height: rows.getTotalSize() }}
    >
      {rows.getVirtualItems().map(({ index, start, key }) => (
        <li
          key={key}
          ref={rows.measureElement}
          className={styles.place}
          style={{ transform: `translateY(${start - top}px)` }}
          data-index={index}
          aria-setsize={count}
          aria-posinset={index + 1}
        >
          <Entry {...props} index={index} />
        </li>
      ))}
    </ul>
  );
}
