import { Button } from "../../shared/button.tsx";
import { Dialog, DialogActions } from "../../shared/dialog.tsx";
import { messages } from "../../shared/messages.ts";
import styles from "./shortcuts-dialog.module.css";

/** Which keys do what. */
export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const { shortcuts } = messages;
  return (
    <Dialog heading={shortcuts.heading} onClose={onClose}>
      <dl className={styles.list}>
        {shortcuts.keys.map(([key, does]) => (
          <div key={key} className={styles.line}>
            <dt>{does}</dt>
            <dd className={styles.keys}>
              <kbd className={styles.key}>{key}</kbd>
            </dd>
          </div>
        ))}
      </dl>
      <DialogActions>
        <Button onClick={onClose}>{messages.actions.close}</Button>
      </DialogActions>
    </Dialog>
  );
}
