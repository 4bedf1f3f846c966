import { useSyncExternalStore } from "react";
import type { Announcer } from "./announcer.ts";
import styles from "./visually-hidden.module.css";

export function LiveRegion({ announcer }: { announcer: Announcer }) {
  const text = useSyncExternalStore(announcer.subscribe, announcer.getSnapshot);
  return (
    <div role="status" aria-atomic="true" className={styles.text}>
      {text}
    </div>
  );
}
