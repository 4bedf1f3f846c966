import { useEffect, useRef, useState } from "react";
import { Button } from "../../shared/button.tsx";
import { Dialog, DialogActions } from "../../shared/dialog.tsx";
import { explainError } from "../../shared/explain-error.ts";
import field from "../../shared/field.module.css";
import { messages } from "../../shared/messages.ts";
import { Notice } from "../../shared/notice.tsx";
import { splitExtension } from "./split-extension.ts";

interface NameDialogProps {
  readonly heading: string;
  readonly confirm: string;
  readonly name: string;
  /** Rejects when the name cannot be taken. */
  readonly onConfirm: (name: string) => Promise<void>;
  readonly onClose: () => void;
}

/** Asks for a name: of a new folder, or a new one of something. */
export function NameDialog({ heading, confirm, name: old, onConfirm, onClose }: NameDialogProps) {
  const [name, setName] = useState(old);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const input = useRef<HTMLInputElement>(null);

  // all but the extension, which is seldom meant
  useEffect(() => {
    input.current?.focus();
    input.current?.setSelectionRange(0, splitExtension(old)[0].length);
  }, [old]);

  const submit = async () => {
    if (isBusy || name.trim() === "") {
      return;
    }
    if (name === old) {
      onClose();
      return;
    }
    setBusy(true);
    setError(null);
    try {
      await onConfirm(name.trim());
      onClose();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };

  return (
    <Dialog heading={heading} onClose={onClose} onSubmit={submit}>
      <label className={field.field}>
        <span className={field.label}>{messages.files.name}</span>
        <input
          ref={input}
          className={field.input}
          value={name}
          maxLength={255}
          autoComplete="off"
          spellCheck={false}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
      </label>
      {error !== null && <Notice tone="danger">{explainError(error)}</Notice>}
      <DialogActions>
        <Button onClick={onClose}>{messages.actions.cancel}</Button>
        <Button type="submit" variant="primary" aria-disabled={isBusy || name.trim() === ""}>
          {confirm}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
