import type { Broker, NewShare, Share, StoredFile } from "@broker/client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../shared/button.tsx";
import { Dialog, DialogActions, DialogSubject } from "../../shared/dialog.tsx";
import { explainError } from "../../shared/explain-error.ts";
import field from "../../shared/field.module.css";
import { FileName } from "../../shared/file-name.tsx";
import { KindTile } from "../../shared/kind-tile.tsx";
import { messages } from "../../shared/messages.ts";
import { Notice } from "../../shared/notice.tsx";
import { CopyField } from "./copy-field.tsx";
import { QrCode } from "./qr-code.tsx";
import styles from "./share-dialog.module.css";
import { SHARES_KEY } from "./use-shares.ts";

const PATIENCE_MS = 30_000;
const DAY = 86_400;
const LIVES = [1, 7, 30, 365].map((days) => days * DAY);

interface ShareDialogProps {
  readonly broker: Broker;
  readonly file: StoredFile;
  readonly onClose: () => void;
}

/** Makes a link to a file, and shows it to be copied or photographed. */
export function ShareDialog({ broker, file, onClose }: ShareDialogProps) {
  const queries = useQueryClient();
  const [expiresIn, setExpiresIn] = useState(7 * DAY);
  const [password, setPassword] = useState("");
  const [limit, setLimit] = useState("");
  const { sharing } = messages;

  const making = useMutation<Share, Error, NewShare>({
    mutationFn: (wanted) => broker.shareFile(file.id, wanted, { signal: AbortSignal.timeout(PATIENCE_MS) }),
    onSuccess: () => queries.invalidateQueries({ queryKey: SHARES_KEY }),
  });
  const make = () => {
    if (!making.isPending) {
      making.mutate({
        expires_in: expiresIn,
        ...(password === "" ? {} : { password }),
        ...(limit === "" ? {} : { max_downloads: Number(limit) }),
      });
    }
  };

  return (
    <Dialog heading={sharing.heading} onClose={onClose} onSubmit={making.data ? onClose : make}>
      <DialogSubject>
        <KindTile name={file.name} type={file.type} />
        <FileName name={file.name} />
      </DialogSubject>
      {making.data === undefined ? (
        <>
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
              <span className={field.label}>{sharing.limit}</span>
              <input
                className={field.input}
                type="number"
                inputMode="numeric"
                min={1}
                max={1_000_000}
                step={1}
                placeholder={sharing.noLimit}
                value={limit}
                onChange={({ currentTarget }) => setLimit(currentTarget.value)}
              />
            </label>
          </div>
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
