import styles from "./progress-bar.module.css";

interface ProgressBarProps {
  readonly label: string;
  /** From 0 to 1; null while nobody can tell. */
  readonly fraction: number | null;
  readonly tone?: "accent" | "neutral";
}

export function ProgressBar({ label, fraction, tone = "accent" }: ProgressBarProps) {
  const percent = fraction === null ? undefined : Math.floor(fraction * 100);
  return (
    <div
      className={styles.track}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      data-tone={tone}
      data-indeterminate={fraction === null || undefined}
    >
      <div className={styles.bar} style={fraction === null ? {} : { transform: `scaleX(${fraction})` }} />
    </div>
  );
}
