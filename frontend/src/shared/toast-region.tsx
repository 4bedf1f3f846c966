import { useSyncExternalStore } from "react";
import { Button, IconButton } from "./button.tsx";
import { CrossIcon } from "./icons.tsx";
import { messages } from "./messages.ts";
import styles from "./toast-region.module.css";
import type { Toaster } from "./toaster.ts";

/** Where toasts are shown and read out. */
export function ToastRegion({ toaster }: { toaster: Toaster }) {
  const toast = useSyncExternalStore(toaster.subscribe, toaster.getSnapshot);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: what is looked at is not taken away
    <div
      className={styles.region}
      role={toast?.tone === "danger" ? "alert" : "status"}
      onMouseEnter={toaster.hold}
      onMouseLeave={toaster.resume}
      onFocus={toaster.hold}
      onBlur={toaster.resume}
    >
      {toast !== null && (
        <div key={toast.id} className={styles.toast} data-tone={toast.tone}>
          <span className={styles.text}>{toast.text}</span>
          {toast.action !== null && (
            <Button
              variant="quiet"
              size="small"
              onClick={() => {
                toaster.dismiss();
                toast.action?.run();
              }}
            >
              {toast.action.label}
            </Button>
          )}
          <IconButton label={messages.actions.dismiss} onClick={toaster.dismiss}>
            <CrossIcon />
          </IconButton>
        </div>
      )}
    </div>
  );
}
