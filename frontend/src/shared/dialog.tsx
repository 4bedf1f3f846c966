import { type ReactNode, type SyntheticEvent, useId, useLayoutEffect, useRef } from "react";
import styles from "./dialog.module.css";

interface DialogProps {
  readonly heading: string;
  readonly children: ReactNode;
  readonly onClose: () => void;
  /** Called when its form is submitted: by Enter, or by a button of the type `submit`. */
  readonly onSubmit?: () => void;
  readonly isWide?: boolean;
}

/** A modal dialog, open as long as it is rendered. */
export function Dialog({ heading, children, onClose, onSubmit, isWide = false }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();

  // a layout effect: only a dialog that is closed while it is still in the page gives the focus back
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);

  // Escape closes by rendering too: the browser's own way tells of it only some time later
  const cancel = (event: SyntheticEvent) => {
    event.preventDefault();
    onClose();
  };
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    onSubmit?.();
  };

  return (
    <dialog
      ref={dialog}
      className={styles.dialog}
      data-wide={isWide || undefined}
      aria-labelledby={id}
      onCancel={cancel}
      onClose={onClose}
    >
      <form className={styles.form} onSubmit={submit}>
        <h2 id={id} className={styles.heading}>
          {heading}
        </h2>
        {children}
      </form>
    </dialog>
  );
}

export function DialogText({ children }: { children: ReactNode }) {
  return <p className={styles.text}>{children}</p>;
}

/** The buttons at the end of a dialog. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={styles.actions}>{children}</div>;
}

/** What a dialog is about, in a box of its own. */
export function DialogSubject({ children }: { children: ReactNode }) {
  return <div className={styles.subject}>{children}</div>;
}
