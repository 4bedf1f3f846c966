import type { Share } from "@broker/client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Button } from "../../shared/button.tsx";
import { CopyField } from "../../shared/copy-field.tsx";
import { Dialog, DialogActions, DialogSubject } from "../../shared/dialog.tsx";
import { explainError } from "../../shared/explain-error.ts";
import field from "../../shared/field.module.css";
import { messages } from "../../shared/messages.ts";
import { Notice } from "../../shared/notice.tsx";
import styles from "./link-dialog.module.css";
import { QrCode } from "./qr-code.tsx";
import { SHARES_KEY } from "./use-shares.ts";

const PATIENCE_MS = 30_000;
const DAY = 86_400;
const LIVES = [1, 7, 30, 365].map((days) => days * DAY);

/** What every link may have. */
export interface LinkWishes {
  readonly expires_in: number;
  readonly password?: string;
}

interface LinkDialogProps {
  /** What the link leads to. */
  readonly subject: ReactNode;
  readonly make: (wishes: LinkWishes, options: { signal: AbortSignal }) => Promise<Share>;
  readonly onClose: () => void;
  /** Stands above what every link may have. */
  readonly before?: ReactNode;
  /** Fields of this kind of link. */
  readonly children: ReactNode;
}

/** Makes a link, and shows it to be copied or photographed. */
export function LinkDialog({ subject, make, onClose, before, children }: LinkDialogProps) {
  const queries = useQueryClient();
  const [expiresIn, setExpiresIn] = useState(7 * DAY);
  const [password, setPassword] = useState("");
  const { sharing } = messages;

  const making = useMutation<Share, Error, LinkWishes>({
    mutationFn: (wishes) => make(wishes, { signal: AbortSignal.timeout(PATIENCE_MS) }),
    onSuccess: () => queries.invalidateQueries({ queryKey: SHARES_KEY }),
  });
  const submit = () => {
    if (!making.isPending) {
      making.mutate({ expires_in: expiresIn, ...(password === "" ? {} : { password }) });
    }
  };

  return (
    <Dialog heading={sharing.heading} onClose={onClose} onSubmit={making.data ? onClose : submit}>
      <DialogSubject>{subject}</DialogSubject>
      {making.data === undefined ? (
        <>
          {before}
          <div className={styles.pair}>
            <label className={field.field}>
              <span className={field.label}>{sharing.expires}</span>
              <select
                className={field.input}
                value={expiresIn}
                onChange={({ currentTarget }) => setExpiresIn(Number(currentTarget.value))}
              >
                {LIVES.map((seconds) => (
                  <option key={seconds} value={seconds}>
                    {sharing.days(seconds / DAY)}
                  </option>
                ))}
              </select>
            </label>
            <label className={field.field}>
              <span className={field.label}>{sharing.password}</span>
              <input
                className={field.input}
                type="password"
                autoComplete="new-password"
                maxLength={1000}
                placeholder={sharing.noPassword}
                value={password}
                onChange={({ currentTarget }) => setPassword(currentTarget.value)}
              />
            </label>
            {children}
          </div>
          {making.error !== null && <Notice tone="danger">{explainError(making.error)}</Notice>}
          <DialogActions>
            <Button onClick={onClose}>{messages.actions.cancel}</Button>
            <Button type="submit" variant="primary" aria-disabled={making.isPending}>
              {sharing.confirm}
            </Button>
          </DialogActions>
        </>
      ) : (
        <>
          <CopyField label={sharing.link} text={making.data.url} />
          <QrCode label={sharing.qr} text={making.data.url} />
          <DialogActions>
            <Button type="submit" variant="primary">
              {messages.actions.done}
            </Button>
          </DialogActions>
        </>
      )}
    </Dialog>
  );
}
