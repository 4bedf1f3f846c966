import { type FocusEvent, type KeyboardEvent, useRef, useState } from "react";
import { ChevronIcon, ShieldIcon, SignOutIcon, UserIcon } from "../../shared/icons.tsx";
import { messages } from "../../shared/messages.ts";
import styles from "./account.module.css";

interface AccountProps {
  readonly username: string;
  /** Where administration is, for whoever may see it. */
  readonly administration: string | null;
  readonly onSignOut: () => void;
  readonly onSignOutEverywhere: () => void;
}

/** Who is signed in, and the ways out. */
export function Account({ username, administration, onSignOut, onSignOutEverywhere }: AccountProps) {
  const [isOpen, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const { session } = messages;

  const closeOnEscape = (event: KeyboardEvent) => {
    if (event.key === "Escape" && isOpen) {
      event.stopPropagation(); // what is chosen below stays chosen
      setOpen(false);
      opener.current?.focus();
    }
  };

  // a press elsewhere takes the focus away too
  const closeOnLeave = ({ currentTarget, relatedTarget }: FocusEvent<HTMLElement>) => {
    if (!currentTarget.contains(relatedTarget)) {
      setOpen(false);
    }
  };

  const choose = (action: () => void) => () => {
    setOpen(false);
    opener.current?.focus();
    action();
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it listens to what its buttons let through
    <div className={styles.account} onKeyDown={closeOnEscape} onBlur={closeOnLeave}>
      <button
        ref={opener}
        type="button"
        className={styles.opener}
        aria-label={session.account(username)}
        aria-expanded={isOpen}
        aria-controls="account-panel"
        onClick={() => setOpen(!isOpen)}
      >
        <UserIcon />
        <span className={styles.name}>{username}</span>
        <span className={styles.chevron}>
          <ChevronIcon />
        </span>
      </button>
      <div id="account-panel" className={styles.panel} hidden={!isOpen} tabIndex={-1}>
        <p className={styles.who}>
          <span className={styles.caption}>{session.signedInAs}</span>
          <span className={styles.fullName}>{username}</span>
        </p>
        {administration !== null && (
          <a className={styles.choice} href={administration} onClick={choose(() => {})}>
            <ShieldIcon />
            {session.administration}
          </a>
        )}
        <button type="button" className={styles.choice} onClick={choose(onSignOut)}>
          <SignOutIcon />
          {session.signOut}
        </button>
        <button type="button" className={styles.choice} onClick={choose(onSignOutEverywhere)}>
          <SignOutIcon />
          <span>
            {session.signOutEverywhere}
            <span className={styles.caption}>{session.signOutEverywhereHint}</span>
          </span>
        </button>
      </div>
    </div>
  );
}
