import type { AuditEntry, AuditQuery } from "@broker/client";
import { useState } from "react";
import { formatInstant, formatWhen } from "../../shared/format.ts";
import { ShieldIcon, WarningIcon } from "../../shared/icons.tsx";
import { ListCard } from "../../shared/list-card.tsx";
import { adminMessages } from "../../shared/messages.admin.ts";
import type { AdminCalls } from "./admin-calls.ts";
import { AdminRow } from "./admin-row.tsx";
import { AuditForm } from "./audit-form.tsx";
import { usePages } from "./use-pages.ts";

const REFUSALS: ReadonlySet<string> = new Set([
  "session.refused",
  "upload.rejected",
  "file.infected",
  "access.denied",
  "limit.exceeded",
]);
const LABELS: ReadonlyMap<string, string> = new Map(Object.entries(adminMessages.audit.events));

/** What was done in the tenant, by whom, and when. */
export function AuditTab({ calls }: { calls: AdminCalls }) {
  const [wanted, setWanted] = useState<AuditQuery>({});
  const query = usePages(["audit", wanted], (page, call) => calls.searchAudit({ ...wanted, ...page }, call));
  const { audit } = adminMessages;
  return (
    <ListCard
      heading={audit.heading}
      query={query}
      empty={{ heading: audit.emptyHeading, text: audit.emptyText }}
      above={<AuditForm isBusy={query.isFetching} onSearch={setWanted} />}
    >
      {(entry) => (
        <AdminRow
          key={entry.id}
          icon={REFUSALS.has(entry.event) ? WarningIcon : ShieldIcon}
          tone={REFUSALS.has(entry.event) ? "danger" : "neutral"}
          name={LABELS.get(entry.event) ?? entry.event}
          detail={<Detail entry={entry} />}
        />
      )}
    </ListCard>
  );
}

function Detail({ entry: { at, subject, target, address } }: { entry: AuditEntry }) {
  const { audit } = adminMessages;
  return (
    <>
      <time dateTime={at} title={formatInstant(at)}>
        {formatWhen(at, { now: new Date() })}
      </time>
      {[subject && audit.by(subject), target && audit.to(target), address && audit.from(address)]
        .filter(Boolean)
        .map((part) => ` · ${part}`)}
    </>
  );
}
