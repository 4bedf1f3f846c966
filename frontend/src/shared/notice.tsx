import type { ReactNode } from "react";
import { WarningIcon } from "./icons.tsx";
import styles from "./notice.module.css";

interface NoticeProps {
  readonly tone: "danger" | "info";
  readonly children: ReactNode;
  readonly actions?: ReactNode;
}

/** Tell a person something that stands in the way; it is read out at once. */
export function Notice({ tone, children, actions }: NoticeProps) {
  return (
    <div className={styles.notice} data-tone={tone} role="alert">
      <span className={styles.icon}>
        <WarningIcon />
      </span>
      <p className={styles.text}>{children}</p>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
