import type { ReactNode } from "react";
import { messages } from "../shared/messages.ts";
import styles from "./page-header.module.css";
import { ThemeSwitch } from "./theme-switch.tsx";

/** The bar on top: what this is, how it looks, and what else the page puts there. */
export function PageHeader({ children }: { children?: ReactNode }) {
  return (
    <header className={styles.header}>
      <div className={styles.inner}>
        <span className={styles.brand}>
          <svg className={styles.mark} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <rect className={styles.tile} width="32" height="32" rx="9" />
            <path d="M16 21V10.5m-4.6 4.1L16 10l4.6 4.6M9.5 22.5h13" />
          </svg>
          {messages.product}
        </span>
        <ThemeSwitch />
        {children}
      </div>
    </header>
  );
}
