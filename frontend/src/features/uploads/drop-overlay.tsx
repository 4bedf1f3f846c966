import { CrossIcon, UploadIcon } from "../../shared/icons.tsx";
import { messages } from "../../shared/messages.ts";
import styles from "./drop-overlay.module.css";

/**
 * Covers the window while files hover over it, and says which folder they go into; null says that they cannot be
 * dropped. For the pointer only: a keyboard cannot drag.
 */
export function DropOverlay({ folder }: { folder: string | null }) {
  const { picker } = messages;
  return (
    <div className={styles.overlay} aria-hidden="true" data-refused={folder === null || undefined}>
      <div className={styles.frame}>
        <span className={styles.icon}>{folder === null ? <CrossIcon /> : <UploadIcon />}</span>
        <span className={styles.text}>
          {folder === null ? picker.notHere : folder === "" ? picker.dropNow : picker.dropInto(folder)}
        </span>
      </div>
    </div>
  );
}
