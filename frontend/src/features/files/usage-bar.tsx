import type { Usage } from "@broker/client";
import card from "../../shared/card.module.css";
import { formatSize } from "../../shared/format.ts";
import { messages } from "../../shared/messages.ts";
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
        <meter
          className={styles.bar}
          aria-label={files.quota(formatSize(used), formatSize(quota))}
          title={files.quota(formatSize(used), formatSize(quota))}
          value={used}
          max={quota}
          high={quota * NEARLY_FULL}
          optimum={0}
        />
      )}
    </span>
  );
}
