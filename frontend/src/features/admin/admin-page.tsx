import type { Me } from "@broker/client";
import { useMemo } from "react";
import { BackIcon } from "../../shared/icons.tsx";
import { adminMessages } from "../../shared/messages.admin.ts";
import type { PageBroker } from "../../shared/page-broker.ts";
import type { Toaster } from "../../shared/toaster.ts";
import { AdminCalls } from "./admin-calls.ts";
import styles from "./admin-page.module.css";
import { AuditTab } from "./audit-tab.tsx";
import { StoreTab } from "./store-tab.tsx";
import { ADMIN_TABS, type AdminTab } from "./tabs.ts";
import { UploadsTab } from "./uploads-tab.tsx";
import { UsageTab } from "./usage-tab.tsx";
import { UsersTab } from "./users-tab.tsx";

interface AdminPageProps {
  readonly broker: PageBroker;
  readonly toaster: Toaster;
  readonly me: Me;
  readonly tab: AdminTab;
  readonly home: string;
  readonly addressOf: (tab: AdminTab) => string;
}

/** Bring a tab into sight, where there is no room for all. */
function show(tab: HTMLElement | null): void {
  tab?.scrollIntoView({ block: "nearest", inline: "center" });
}

/** What an administrator of a tenant sees to. */
export function AdminPage({ broker, toaster, me, tab, home, addressOf }: AdminPageProps) {
  const calls = useMemo(() => new AdminCalls(broker), [broker]);
  return (
    <>
      <header className={styles.header}>
        <a className={styles.back} href={home} aria-label={adminMessages.back} title={adminMessages.back}>
          <BackIcon />
        </a>
        <h1 className={styles.heading}>{adminMessages.heading}</h1>
        <span className={styles.tenant}>{adminMessages.tenant(me.tenant)}</span>
      </header>
      <nav className={styles.tabs} aria-label={adminMessages.heading}>
        {ADMIN_TABS.map((each) => (
          <a
            key={each}
            className={styles.tab}
            href={addressOf(each)}
            aria-current={each === tab ? "page" : undefined}
            ref={each === tab ? show : null}
          >
            {adminMessages.tabs[each]}
          </a>
        ))}
      </nav>
      {tab === "users" && <UsersTab calls={calls} toaster={toaster} me={me} />}
      {tab === "usage" && <UsageTab calls={calls} />}
      {tab === "uploads" && <UploadsTab calls={calls} toaster={toaster} />}
      {tab === "audit" && <AuditTab calls={calls} />}
      {tab === "store" && <StoreTab calls={calls} />}
    </>
  );
}
