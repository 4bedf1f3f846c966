import type { ReactNode } from "react";
import { IconButton } from "../../shared/button.tsx";
import { CrossIcon } from "../../shared/icons.tsx";
import { messages } from "../../shared/messages.ts";
import styles from "./selection-bar.module.css";

/** How much is chosen, and what can be done with it. */
export function SelectionBar({
  count,
  onClear,
  children,
}: {
  count: number;
  onClear: () => void;
  children: ReactNode;
}) {
  return (
    <div className={styles.bar} role="toolbar" aria-label={messages.files.selection}>
      <IconButton label={messages.files.chooseNone} onClick={onClear}>
        <CrossIcon />
      </IconButton>
      <span className={styles.count} role="status">
        {messages.files.chosen(count)}
      </span>
      {children}
    </div>
  );
}
