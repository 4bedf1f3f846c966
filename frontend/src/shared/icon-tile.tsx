import type { ComponentType } from "react";
import styles from "./icon-tile.module.css";

/** A tile like those of files, for what is none: a folder, a link. */
export function IconTile({ icon: Icon, label }: { icon: ComponentType; label: string }) {
  return (
    <span className={styles.tile} role="img" aria-label={label}>
      <Icon />
    </span>
  );
}
