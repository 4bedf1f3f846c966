import type { User } from "@broker/client";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../shared/button.tsx";
import { Dialog, DialogActions, DialogText } from "../../shared/dialog.tsx";
import { explainError } from "../../shared/explain-error.ts";
import { adminMessages } from "../../shared/messages.admin.ts";
import { messages } from "../../shared/messages.ts";
import { Notice } from "../../shared/notice.tsx";
import type { AdminCalls } from "./admin-calls.ts";
import { PasswordField } from "./password-field.tsx";
import { PATIENCE_MS } from "./patience.ts";

interface PasswordDialogProps {
  readonly calls: AdminCalls;
  readonly user: User;
  readonly onDone: (text: string) => void;
  readonly onClose: () => void;
}

/** Gives a user another password. */
export function PasswordDialog({ calls, user, onDone, onClose }: PasswordDialogProps) {
  const [password, setPassword] = useState("");
  const { users } = adminMessages;

  const setting = useMutation<void, Error>({
    mutationFn: () => calls.setPassword(user.name, password, { signal: AbortSignal.timeout(PATIENCE_MS) }),
    onSuccess: () => {
      onClose();
      onDone(users.passwordSet(user.name));
    },
  });

  return (
    <Dialog
      heading={users.passwordOf(user.name)}
      onClose={onClose}
      onSubmit={() => setting.isPending || setting.mutate()}
    >
      <DialogText>{users.passwordText}</DialogText>
      <PasswordField password={password} onChange={setPassword} />
      {setting.error !== null && <Notice tone="danger">{explainError(setting.error)}</Notice>}
      <DialogActions>
        <Button onClick={onClose}>{messages.actions.cancel}</Button>
        <Button type="submit" variant="primary" aria-disabled={setting.isPending}>
          {users.setPassword}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
