import styles from "./file-name.module.css";
import { splitName } from "./split-name.ts";

/**
 * Show a file name on one line; a long one is cut in the middle, so that its ending stays.
 *
 * Where the line is short, two lines say more.
 */
export function FileName({ name }: { name: string }) {
  const [head, tail] = splitName(name);
  return (
    <span className={styles.name} dir="auto" title={name}>
      <span className={styles.whole} data-long={tail !== "" || undefined}>
        {name}
      </span>
      {tail !== "" && (
        <span className={styles.cut} aria-hidden="true">
          <span className={styles.head} data-text={head} />
          <span className={styles.tail} data-text={tail} />
        </span>
      )}
    </span>
  );
}
