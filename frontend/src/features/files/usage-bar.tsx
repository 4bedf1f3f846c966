import type { Usage } from "@broker/client";
import card from "../../shared/card.module.css";
import { formatSize } from "../../shared/format.ts";
import { messages } from "../../shared/messages.ts";
import progress from "../../shared/progress-bar.module.css";
import styles from "./usage-bar.module.css";

/** Above this share of the quota it is time to tidy up. */
const NEARLY_FULL = 0.9;

/** How much is stored, and of how much that may be. */
export function UsageBar({ usage, quota }: { usage: Usage; quota: number | null }) {
  const { files } = messages;
  const used = usage.bytes + usage.pending_bytes;
  return (
    <span className={card.aside}>
      {files.usage(usage.files, formatSize(usage.bytes))}
      {quota !== null && (
        // biome-ignore lint/a11y/useSemanticElements: each browser draws a meter of its own, and as it likes
        <span
          className={`${progress.track} ${styles.bar}`}
          role="meter"
          aria-label={files.quota(formatSize(used), formatSize(quota))}
          aria-valuemin={0}
          aria-valuenow={used}
          aria-valuemax={quota}
          title={files.quota(formatSize(used), formatSize(quota))}
          data-nearly-full={used > quota * NEARLY_FULL || undefined}
        >
          <span
            className={`${progress.bar} ${styles.filling}`}
            style={{ transform: `scaleX(${quota === 0 ? 1 : Math.min(1, used / quota)})` }}
          />
        </span>
      )}
    </span>
  );
}
