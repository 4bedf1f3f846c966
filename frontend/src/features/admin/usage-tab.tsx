import type { SubjectUsage, UsageOrder } from "@broker/client";
import { useState } from "react";
import field from "../../shared/field.module.css";
import { formatSize } from "../../shared/format.ts";
import { UserIcon } from "../../shared/icons.tsx";
import { ListCard } from "../../shared/list-card.tsx";
import { adminMessages } from "../../shared/messages.admin.ts";
import { messages } from "../../shared/messages.ts";
import { ProgressBar } from "../../shared/progress-bar.tsx";
import visuallyHidden from "../../shared/visually-hidden.module.css";
import type { AdminCalls } from "./admin-calls.ts";
import { AdminRow } from "./admin-row.tsx";
import styles from "./usage-tab.module.css";
import { usePages } from "./use-pages.ts";

const ORDERS: readonly UsageOrder[] = ["-bytes", "bytes", "-files", "-pending", "subject", "-subject"];

/** How much everybody stores, and may. */
export function UsageTab({ calls }: { calls: AdminCalls }) {
  const [sort, setSort] = useState<UsageOrder>("-bytes");
  const query = usePages(["usage", sort], (wanted, call) => calls.listUsage({ sort, ...wanted }, call));
  const { usage } = adminMessages;
  return (
    <ListCard
      heading={usage.heading}
      query={query}
      empty={{ heading: usage.emptyHeading, text: usage.emptyText }}
      actions={
        <label>
          <span className={visuallyHidden.text}>{messages.nav.order}</span>
          <select
            className={`${field.input} ${styles.order}`}
            value={sort}
            onChange={({ currentTarget }) => setSort(currentTarget.value as UsageOrder)}
          >
            {ORDERS.map((each) => (
              <option key={each} value={each}>
                {usage.orders[each]}
              </option>
            ))}
          </select>
        </label>
      }
    >
      {(each) => (
        <AdminRow
          key={`${each.subject}/${each.policy}`}
          icon={UserIcon}
          name={each.policy === "default" ? each.subject : usage.under(each.subject, each.policy)}
          detail={<Detail usage={each} />}
        />
      )}
    </ListCard>
  );
}

function Detail({
  usage: { subject, bytes, files, pending, pending_bytes, quota },
}: {
  usage: SubjectUsage;
}) {
  const { usage } = adminMessages;
  const size = formatSize(bytes);
  return (
    <>
      {[
        quota.bytes === null ? size : usage.of(size, formatSize(quota.bytes)),
        quota.files === null ? usage.files(files) : usage.filesOf(files, quota.files),
        pending === 0 ? "" : usage.pending(pending, formatSize(pending_bytes)),
      ]
        .filter(Boolean)
        .join(" · ")}
      {quota.bytes !== null && (
        <div className={styles.bar}>
          <ProgressBar
            label={usage.share(subject)}
            fraction={quota.bytes === 0 ? 1 : Math.min(1, bytes / quota.bytes)}
          />
        </div>
      )}
    </>
  );
}
