import styles from "./empty-state.module.css";

/** Stands where nothing is. */
export function EmptyState({ heading, text }: { heading: string; text: string }) {
  return (
    <div className={styles.empty}>
      <svg className={styles.drawing} viewBox="0 0 120 84" fill="none" aria-hidden="true" focusable="false">
        <g className={styles.sheet}>
          <rect x="20" y="18" width="46" height="56" rx="8" transform="rotate(-10 43 46)" />
        </g>
        <g className={styles.sheet}>
          <rect x="54" y="18" width="46" height="56" rx="8" transform="rotate(10 77 46)" />
        </g>
        <g className={styles.front}>
          <rect x="37" y="10" width="46" height="60" rx="8" />
          <path d="M60 52V32m-8 7 8-8 8 8" />
        </g>
      </svg>
      <p className={styles.heading}>{heading}</p>
      <p className={styles.text}>{text}</p>
    </div>
  );
}
