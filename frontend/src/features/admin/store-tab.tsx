import type { StoreFinding, StoreHealth } from "@broker/client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ComponentType } from "react";
import { Button } from "../../shared/button.tsx";
import card from "../../shared/card.module.css";
import { EmptyState } from "../../shared/empty-state.tsx";
import { explainError } from "../../shared/explain-error.ts";
import { formatWhen } from "../../shared/format.ts";
import { CheckIcon, CrossIcon, InfoIcon, RetryIcon, WarningIcon } from "../../shared/icons.tsx";
import list from "../../shared/list-card.module.css";
import { adminMessages } from "../../shared/messages.admin.ts";
import { messages } from "../../shared/messages.ts";
import { Notice } from "../../shared/notice.tsx";
import type { AdminCalls } from "./admin-calls.ts";
import { AdminRow } from "./admin-row.tsx";
import { PATIENCE_MS } from "./patience.ts";
import styles from "./store-tab.module.css";
import { ADMIN_KEY } from "./use-pages.ts";

const KEY = [ADMIN_KEY, "store"] as const;

type Outcome = StoreFinding["outcome"];

/** What has to be seen to comes first. */
const ORDER: readonly Outcome[] = ["failed", "warning", "skipped", "ok"];
const LOOKS: Readonly<Record<Outcome, { icon: ComponentType; tone: "danger" | "success" | "neutral" }>> = {
  failed: { icon: CrossIcon, tone: "danger" },
  warning: { icon: WarningIcon, tone: "danger" },
  skipped: { icon: InfoIcon, tone: "neutral" },
  ok: { icon: CheckIcon, tone: "success" },
};

/** What the store was found to do and not to do, as `broker doctor` tells it. */
export function StoreTab({ calls }: { calls: AdminCalls }) {
  const queries = useQueryClient();
  const query = useQuery({ queryKey: KEY, queryFn: ({ signal }) => calls.readStoreHealth({ signal }) });
  const examining = useMutation<StoreHealth, Error>({
    mutationFn: () => calls.examineStore({ signal: AbortSignal.timeout(PATIENCE_MS) }),
    onSuccess: (health) => queries.setQueryData(KEY, health),
  });
  const { store } = adminMessages;
  const { data: health } = query;
  const error = examining.error ?? query.error;

  return (
    <section className={card.card} aria-labelledby="store-heading">
      <header className={card.header}>
        <h2 id="store-heading" className={card.heading}>
          {store.heading}
        </h2>
        <span className={card.aside} role="status">
          {examining.isPending ? store.running : health && describe(health)}
        </span>
        <div className={list.actions}>
          <Button
            size="small"
            aria-disabled={examining.isPending}
            onClick={() => examining.isPending || examining.mutate()}
          >
            <RetryIcon />
            {store.runAgain}
          </Button>
        </div>
      </header>
      {error !== null && (
        <div className={list.notice}>
          <Notice tone="danger">{explainError(error)}</Notice>
        </div>
      )}
      {query.isPending && (
        <p className={list.loading} role="status">
          {messages.session.loading}
        </p>
      )}
      {health?.findings.length === 0 && <EmptyState heading={store.emptyHeading} text={store.emptyText} />}
      {health !== undefined && health.findings.length > 0 && (
        <ul className={card.rows} aria-labelledby="store-heading">
          {sort(health.findings).map((finding, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: one probe may have several findings
            <Finding key={`${finding.name} ${index}`} finding={finding} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Finding({ finding: { name, outcome, detail, fix } }: { finding: StoreFinding }) {
  const { store } = adminMessages;
  const { icon, tone } = LOOKS[outcome];
  const rule = store.probes.get(name);
  return (
    <AdminRow
      icon={icon}
      tone={tone}
      name={
        <>
          {name} <span className={styles.outcome}>{store.outcomes[outcome]}</span>
        </>
      }
      detail={
        <>
          {rule}
          {/* the broker speaks English; of what is as it should be, it says no more than the rule */}
          {!(rule !== undefined && outcome === "ok") && (
            <p className={styles.found} lang="en">
              {detail}
            </p>
          )}
          {fix !== "" && (
            <p className={styles.fix}>
              {store.fix} <span lang="en">{fix}</span>
            </p>
          )}
        </>
      }
    />
  );
}

function sort(findings: readonly StoreFinding[]): readonly StoreFinding[] {
  return [...findings].sort((one, other) => ORDER.indexOf(one.outcome) - ORDER.indexOf(other.outcome));
}

function describe({ server, examined_at, is_good }: StoreHealth): string {
  const { store } = adminMessages;
  if (examined_at === null) {
    return "";
  }
  const verdict = is_good ? store.isGood : store.isBad;
  return [verdict, server, formatWhen(examined_at, { now: new Date() })].filter(Boolean).join(" · ");
}
