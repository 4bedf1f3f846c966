import type { AuditEvent, AuditQuery } from "@broker/client";
import { Button } from "../../shared/button.tsx";
import field from "../../shared/field.module.css";
import { SearchIcon } from "../../shared/icons.tsx";
import { adminMessages } from "../../shared/messages.admin.ts";
import styles from "./audit-form.module.css";

interface AuditFormProps {
  readonly isBusy: boolean;
  readonly onSearch: (wanted: AuditQuery) => void;
}

/** Asks which entries are wanted; what is left empty does not matter. */
export function AuditForm({ isBusy, onSearch }: AuditFormProps) {
  const { audit } = adminMessages;
  return (
    <search>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          onSearch(readForm(new FormData(event.currentTarget)));
        }}
      >
        <label className={field.field}>
          <span className={field.label}>{audit.subject}</span>
          <input
            className={field.input}
            name="subject"
            maxLength={200}
            autoComplete="off"
            spellCheck={false}
          />
        </label>
        <label className={field.field}>
          <span className={field.label}>{audit.event}</span>
          <select className={field.input} name="event">
            <option value="">{audit.anyEvent}</option>
            {Object.entries(audit.events).map(([event, label]) => (
              <option key={event} value={event}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <label className={field.field}>
          <span className={field.label}>{audit.target}</span>
          <input
            className={field.input}
            name="target"
            maxLength={200}
            autoComplete="off"
            spellCheck={false}
          />
        </label>
        <label className={field.field}>
          <span className={field.label}>{audit.since}</span>
          <input className={field.input} name="since" type="datetime-local" />
        </label>
        <label className={field.field}>
          <span className={field.label}>{audit.until}</span>
          <input className={field.input} name="until" type="datetime-local" />
        </label>
        <Button type="submit" variant="primary" aria-disabled={isBusy}>
          <SearchIcon />
          {audit.search}
        </Button>
      </form>
    </search>
  );
}

/** Read what was filled in; times are those of the reader's place. */
function readForm(data: FormData): AuditQuery {
  const given = (name: string) => String(data.get(name) ?? "").trim();
  const [subject, event, target] = [given("subject"), given("event") as AuditEvent | "", given("target")];
  const [since, until] = [given("since"), given("until")];
  return {
    ...(subject && { subject }),
    ...(event && { event }),
    ...(target && { target }),
    ...(since && { since: new Date(since).toISOString() }),
    ...(until && { until: new Date(until).toISOString() }),
  };
}
