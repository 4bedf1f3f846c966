import { useRef, useState } from "react";
import { Button, IconButton } from "../../shared/button.tsx";
import { copyText } from "../../shared/copy-text.ts";
import field from "../../shared/field.module.css";
import { CheckIcon, CopyIcon } from "../../shared/icons.tsx";
import { adminMessages } from "../../shared/messages.admin.ts";
import { messages } from "../../shared/messages.ts";
import { generatePassword } from "./generate-password.ts";
import styles from "./password-field.module.css";

interface PasswordFieldProps {
  readonly password: string;
  readonly onChange: (password: string) => void;
}

/** Asks for a password for somebody else, or makes one up, which can be seen and copied. */
export function PasswordField({ password, onChange }: PasswordFieldProps) {
  const input = useRef<HTMLInputElement>(null);
  const [made, setMade] = useState("");
  const [isCopied, setCopied] = useState(false);
  const isMade = made !== "" && made === password;
  const { users } = adminMessages;

  const generate = () => {
    const password = generatePassword();
    setMade(password);
    setCopied(false);
    onChange(password);
  };
  const copy = async () => setCopied(await copyText(password, input.current));

  return (
    <div className={field.field}>
      <label className={field.label} htmlFor="new-password">
        {messages.session.password}
      </label>
      <div className={styles.line}>
        <input
          ref={input}
          id="new-password"
          className={field.input}
          type={isMade ? "text" : "password"}
          autoComplete="new-password"
          spellCheck={false}
          minLength={8}
          maxLength={1000}
          required
          aria-describedby="new-password-hint"
          value={password}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        />
        {isMade ? (
          <IconButton label={isCopied ? messages.actions.copied : messages.actions.copy} onClick={copy}>
            {isCopied ? <CheckIcon /> : <CopyIcon />}
          </IconButton>
        ) : (
          <Button onClick={generate}>{users.generate}</Button>
        )}
      </div>
      <span id="new-password-hint" className={field.hint} role="status">
        {isMade ? users.generatedHint : users.passwordHint}
      </span>
    </div>
  );
}
