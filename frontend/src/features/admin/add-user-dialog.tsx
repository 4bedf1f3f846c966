import type { User } from "@broker/client";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../shared/button.tsx";
import { Dialog, DialogActions } from "../../shared/dialog.tsx";
import { explainError } from "../../shared/explain-error.ts";
import field from "../../shared/field.module.css";
import { adminMessages } from "../../shared/messages.admin.ts";
import { messages } from "../../shared/messages.ts";
import { Notice } from "../../shared/notice.tsx";
import styles from "./add-user-dialog.module.css";
import type { AdminCalls } from "./admin-calls.ts";
import { PasswordField } from "./password-field.tsx";
import { PATIENCE_MS } from "./patience.ts";

const SCOPES = Object.keys(adminMessages.scopes);

interface AddUserDialogProps {
  readonly calls: AdminCalls;
  readonly onDone: (text: string) => void;
  readonly onClose: () => void;
}

/** Adds a user to the administrator's own tenant. */
export function AddUserDialog({ calls, onDone, onClose }: AddUserDialogProps) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [scopes, setScopes] = useState<readonly string[]>(SCOPES.filter((scope) => scope !== "admin"));
  const { users } = adminMessages;

  const adding = useMutation<User, Error>({
    mutationFn: () => calls.addUser({ name, password, scopes }, { signal: AbortSignal.timeout(PATIENCE_MS) }),
    onSuccess: () => {
      onClose();
      onDone(users.added(name));
    },
  });

  return (
    <Dialog heading={users.add} onClose={onClose} onSubmit={() => adding.isPending || adding.mutate()}>
      <label className={field.field}>
        <span className={field.label}>{messages.session.username}</span>
        <input
          className={field.input}
          value={name}
          maxLength={200}
          required
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
      </label>
      <PasswordField password={password} onChange={setPassword} />
      <fieldset className={styles.scopes}>
        <legend className={field.label}>{users.scopes}</legend>
        {Object.entries(adminMessages.scopes).map(([scope, label]) => (
          <label key={scope} className={styles.scope}>
            <input
              type="checkbox"
              checked={scopes.includes(scope)}
              onChange={({ currentTarget: { checked } }) =>
                setScopes(checked ? [...scopes, scope] : scopes.filter((each) => each !== scope))
              }
            />
            {label}
          </label>
        ))}
      </fieldset>
      {adding.error !== null && <Notice tone="danger">{explainError(adding.error)}</Notice>}
      <DialogActions>
        <Button onClick={onClose}>{messages.actions.cancel}</Button>
        <Button type="submit" variant="primary" aria-disabled={adding.isPending}>
          {users.confirmAdd}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
