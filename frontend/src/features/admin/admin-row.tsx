import type { ComponentType, ReactNode } from "react";
import row from "../../shared/list-row.module.css";
import styles from "./admin-row.module.css";

interface AdminRowProps {
  readonly icon: ComponentType;
  readonly tone?: "accent" | "neutral" | "success" | "danger";
  readonly name: ReactNode;
  readonly detail: ReactNode;
  /** What can be done about it, at the end of the row. */
  readonly children?: ReactNode;
}

/** One line of an administrator's list. */
export function AdminRow({ icon: Icon, tone = "accent", name, detail, children }: AdminRowProps) {
  return (
    <li className={row.row}>
      <span className={styles.icon} data-tone={tone}>
        <Icon />
      </span>
      <div className={row.facts}>
        <div className={`${row.name} ${styles.name}`}>{name}</div>
        <div className={`${row.detail} ${styles.detail}`}>{detail}</div>
      </div>
      {children}
    </li>
  );
}
