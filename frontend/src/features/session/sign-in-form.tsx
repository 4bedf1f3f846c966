import { type FormEvent, useEffect, useRef, useState } from "react";
import { Button } from "../../shared/button.tsx";
import field from "../../shared/field.module.css";
import { messages } from "../../shared/messages.ts";
import styles from "./sign-in-form.module.css";

interface SignInFormProps {
  readonly signIn: (credentials: { username: string; password: string }) => Promise<void>;
  readonly onError: (error: unknown) => void;
  readonly initialUsername: string;
}

/** Asks for a user name and a password. */
export function SignInForm({ signIn, onError, initialUsername }: SignInFormProps) {
  const [isBusy, setBusy] = useState(false);
  const usernameField = useRef<HTMLInputElement>(null);
  const passwordField = useRef<HTMLInputElement>(null);

  useEffect(() => {
    window.scrollTo(0, 0); // the page that was here before may have been scrolled
    const first = initialUsername === "" ? usernameField : passwordField;
    first.current?.focus({ preventScroll: true });
  }, [initialUsername]);

  // the page's CSP forbids real form submission, and a real one would leave the page
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const username = String(fields.get("username")).trim();
    const password = String(fields.get("password"));
    setBusy(true);
    onError(null);
    try {
      await signIn({ username, password });
    } catch (error) {
      onError(error);
      setBusy(false);
      passwordField.current?.select();
    }
  };

  return (
    <form className={styles.form} onSubmit={submit} aria-labelledby="sign-in-heading">
      <label className={field.field}>
        <span className={field.label}>{messages.session.username}</span>
        <input
          ref={usernameField}
          className={field.input}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={200}
          required
          defaultValue={initialUsername}
        />
      </label>
      <label className={field.field}>
        <span className={field.label}>{messages.session.password}</span>
        <input
          ref={passwordField}
          className={field.input}
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
