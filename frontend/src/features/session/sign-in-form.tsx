import type { Broker } from "@broker/client";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { Button } from "../../shared/button.tsx";
import { explainError } from "../../shared/explain-error.ts";
import { messages } from "../../shared/messages.ts";
import { Notice } from "../../shared/notice.tsx";
import type { SessionStore } from "./session-store.ts";
import styles from "./sign-in-form.module.css";

const PATIENCE_MS = 30_000;

interface SignInFormProps {
  readonly broker: Broker;
  readonly store: SessionStore;
  /** Why the form is here, if the person did not ask for it. */
  readonly reason: string | null;
  readonly initialUsername: string;
}

export function SignInForm({ broker, store, reason, initialUsername }: SignInFormProps) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const usernameField = useRef<HTMLInputElement>(null);
  const passwordField = useRef<HTMLInputElement>(null);

  useEffect(() => {
    window.scrollTo(0, 0); // the page that was here before may have been scrolled
    const field = initialUsername === "" ? usernameField : passwordField;
    field.current?.focus({ preventScroll: true });
  }, [initialUsername]);

  // the page's CSP forbids real form submission, and a real one would leave the page
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const username = String(fields.get("username")).trim();
    const password = String(fields.get("password"));
    setBusy(true);
    setError(null);
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      store.signIn(username, await broker.signIn({ username, password }, { signal }));
    } catch (caught) {
      setError(caught);
      setBusy(false);
      passwordField.current?.select();
    }
  };

  return (
    <form className={styles.form} onSubmit={submit} aria-labelledby="sign-in-heading">
      <div>
        <h1 id="sign-in-heading" className={styles.heading}>
          {messages.session.heading}
        </h1>
        <p className={styles.lead}>{messages.session.lead}</p>
      </div>
      {error !== null ? (
        <Notice tone="danger">{explainError(error)}</Notice>
      ) : (
        reason !== null && <Notice tone="info">{reason}</Notice>
      )}
      <label className={styles.field}>
        <span className={styles.label}>{messages.session.username}</span>
        <input
          ref={usernameField}
          className={styles.input}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={200}
          required
          defaultValue={initialUsername}
        />
      </label>
      <label className={styles.field}>
        <span className={styles.label}>{messages.session.password}</span>
        <input
          ref={passwordField}
          className={styles.input}
          name="password"
          type="password"
          autoComplete="current-password"
          maxLength={1000}
          required
        />
      </label>
      <Button type="submit" variant="primary" disabled={isBusy}>
        {isBusy ? messages.session.submitting : messages.session.submit}
      </Button>
    </form>
  );
}
