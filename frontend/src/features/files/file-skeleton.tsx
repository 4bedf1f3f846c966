import { messages } from "../../shared/messages.ts";
import visuallyHidden from "../../shared/visually-hidden.module.css";
import styles from "./file-skeleton.module.css";

const ROWS = ["48%", "64%", "36%", "56%", "42%"];

/** Stands where the files will be. */
export function FileSkeleton() {
  return (
    <div className={styles.skeleton}>
      <span role="status" className={visuallyHidden.text}>
        {messages.files.loading}
      </span>
      {ROWS.map((width) => (
        <div key={width} className={styles.row} aria-hidden="true">
          <span className={styles.tile} />
          <span className={styles.line} style={{ width }} />
        </div>
      ))}
    </div>
  );
}
