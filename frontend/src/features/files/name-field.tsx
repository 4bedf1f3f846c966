import { Problem } from "@broker/client";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { explainError } from "../../shared/explain-error.ts";
import field from "../../shared/field.module.css";
import { messages } from "../../shared/messages.ts";
import styles from "./name-field.module.css";
import { splitExtension } from "./split-extension.ts";

/** A name that is being changed where it stands. */
export interface Renaming {
  /** The row whose name it is. */
  readonly key: string;
  /** Rejects when the name cannot be taken. */
  readonly onConfirm: (name: string) => Promise<void>;
  readonly onClose: () => void;
}

/** Takes a new name: Enter and leaving the field confirm it. Escape gives it up, and leaving it refused. */
export function NameField({ name: old, renaming }: { name: string; renaming: Renaming }) {
  const [name, setName] = useState(old);
  const [error, setError] = useState<unknown>(null);
  const input = useRef<HTMLInputElement>(null);
  const isOver = useRef(false);
  const refused = useRef<string | null>(null);
  const { onConfirm, onClose } = renaming;

  // all but the extension, which is seldom meant; once: the list may have the new name before the field is gone
  useEffect(() => {
    const opened = input.current;
    opened?.focus();
    opened?.setSelectionRange(0, splitExtension(opened.value)[0].length);
  }, []);

  const close = () => {
    isOver.current = true;
    onClose();
  };
  const confirm = async () => {
    if (isOver.current) {
      return;
    }
    if (name.trim() === "" || name === old) {
      close();
      return;
    }
    isOver.current = true;
    setError(null);
    try {
      await onConfirm(name.trim());
      onClose();
    } catch (problem) {
      isOver.current = false;
      // else it was not looked at: leaving tries again
      refused.current = problem instanceof Problem && problem.status < 500 ? name : null;
      setError(problem);
      input.current?.focus();
    }
  };
  const leave = () => (!isOver.current && name === refused.current ? close() : confirm());
  const press = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) {
      return; // the key ends what is being composed, as Japanese is
    }
    if (event.key === "Enter") {
      void confirm();
    } else if (event.key === "Escape") {
      close();
    }
  };

  return (
    <div className={styles.field}>
      <input
        ref={input}
        className={field.input}
        aria-label={messages.files.name}
        aria-invalid={error !== null}
        value={name}
        maxLength={255}
        autoComplete="off"
        spellCheck={false}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
        onKeyDown={press}
        onBlur={leave}
      />
      {error !== null && (
        <p role="alert" className={styles.error}>
          {explainError(error)}
        </p>
      )}
    </div>
  );
}
