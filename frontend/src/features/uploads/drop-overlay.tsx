import { UploadIcon } from "../../shared/icons.tsx";
import { messages } from "../../shared/messages.ts";
import styles from "./drop-overlay.module.css";

/** Covers the window while files hover over it. For the pointer only: a keyboard cannot drag. */
export function DropOverlay() {
  return (
    <div className={styles.overlay} aria-hidden="true">
      <div className={styles.frame}>
        <span className={styles.icon}>
          <UploadIcon />
        </span>
        <span className={styles.text}>{messages.picker.dropNow}</span>
      </div>
    </div>
  );
}
