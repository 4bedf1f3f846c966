import type { Me, User } from "@broker/client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Button } from "../../shared/button.tsx";
import { explainError } from "../../shared/explain-error.ts";
import { formatUntil } from "../../shared/format.ts";
import { CheckIcon, CrossIcon, KeyIcon, UserIcon } from "../../shared/icons.tsx";
import { ListCard } from "../../shared/list-card.tsx";
import { Menu, type MenuItem } from "../../shared/menu.tsx";
import { adminMessages } from "../../shared/messages.admin.ts";
import { messages } from "../../shared/messages.ts";
import { SearchField } from "../../shared/search-field.tsx";
import type { Toaster } from "../../shared/toaster.ts";
import { AddUserDialog } from "./add-user-dialog.tsx";
import type { AdminCalls } from "./admin-calls.ts";
import { AdminRow } from "./admin-row.tsx";
import { PasswordDialog } from "./password-dialog.tsx";
import { PATIENCE_MS } from "./patience.ts";
import { ADMIN_KEY, usePages } from "./use-pages.ts";
import styles from "./users-tab.module.css";

const SEARCH_AFTER_MS = 200;

interface UsersTabProps {
  readonly calls: AdminCalls;
  readonly toaster: Toaster;
  readonly me: Me;
}

/** The built-in users: to be added, shut out, let in again, and given passwords. */
export function UsersTab({ calls, toaster, me }: UsersTabProps) {
  const queries = useQueryClient();
  const [typed, setTyped] = useState("");
  const [q, setQ] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setQ(typed), SEARCH_AFTER_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const query = usePages(["users", q], (wanted, call) => calls.listUsers({ q, ...wanted }, call));
  const [open, setOpen] = useState<User | "new" | null>(null);
  const { users } = adminMessages;

  const refresh = () => queries.invalidateQueries({ queryKey: [ADMIN_KEY, "users"] });
  const switching = useMutation<void, Error, { name: string; isDisabled: boolean }>({
    mutationFn: ({ name, isDisabled }) => {
      const call = { signal: AbortSignal.timeout(PATIENCE_MS) };
      return isDisabled ? calls.disableUser(name, call) : calls.enableUser(name, call);
    },
    onSuccess: (_, { name, isDisabled }) => {
      if (isDisabled) {
        const enable = () => switching.mutate({ name, isDisabled: false });
        toaster.show(users.disabled(name), { label: messages.actions.undo, run: enable });
      } else {
        toaster.show(users.enabled(name));
      }
    },
    onError: (error) => toaster.fail(explainError(error)),
    onSettled: refresh,
  });

  const choicesFor = (user: User): readonly MenuItem[] => {
    const choices: MenuItem[] = [{ label: users.setPassword, icon: KeyIcon, onSelect: () => setOpen(user) }];
    if (user.disabled_at !== null) {
      const enable = () => switching.mutate({ name: user.name, isDisabled: false });
      choices.push({ label: users.enable, icon: CheckIcon, onSelect: enable });
    } else if (user.name !== me.subject) {
      const disable = () => switching.mutate({ name: user.name, isDisabled: true });
      choices.push({ label: users.disable, icon: CrossIcon, tone: "danger", onSelect: disable });
    }
    return choices;
  };
  const done = (text: string) => {
    toaster.show(text);
    void refresh();
  };
  const close = () => setOpen(null);

  return (
    <>
      <ListCard
        heading={users.heading}
        query={query}
        empty={
          q === ""
            ? { heading: users.emptyHeading, text: users.emptyText }
            : { heading: messages.files.foundNothing, text: users.foundNothingText }
        }
        actions={
          <Button size="small" variant="primary" onClick={() => setOpen("new")}>
            {users.add}
          </Button>
        }
        above={
          <div className={styles.search}>
            <SearchField label={users.search} value={typed} maxLength={200} onChange={setTyped} />
          </div>
        }
      >
        {(user) => (
          <AdminRow
            key={user.name}
            icon={UserIcon}
            tone={user.disabled_at === null ? "accent" : "neutral"}
            name={
              <>
                {user.name}
                {user.name === me.subject && <span className={styles.badge}>{users.you}</span>}
                {user.disabled_at !== null && (
                  <span className={styles.badge} data-tone="danger">
                    {users.isDisabled}
                  </span>
                )}
              </>
            }
            detail={describe(user)}
          >
            <Menu label={messages.files.more(user.name)} items={choicesFor(user)} />
          </AdminRow>
        )}
      </ListCard>
      {open === "new" && <AddUserDialog calls={calls} onDone={done} onClose={close} />}
      {open !== null && open !== "new" && (
        <PasswordDialog calls={calls} user={open} onDone={done} onClose={close} />
      )}
    </>
  );
}

function describe({ scopes, created_at }: User): string {
  const { users } = adminMessages;
  const labels = new Map(Object.entries(adminMessages.scopes));
  const may = scopes.map((scope) => labels.get(scope) ?? scope).join(", ");
  return [users.since(formatUntil(created_at, { now: new Date() })), may || users.noScopes].join(" · ");
}
