import { IconButton } from "../../shared/button.tsx";
import { SignOutIcon } from "../../shared/icons.tsx";
import { messages } from "../../shared/messages.ts";
import styles from "./account.module.css";

/** Who is signed in, and the way out. */
export function Account({ username, onSignOut }: { username: string; onSignOut: () => void }) {
  return (
    <div className={styles.account}>
      <span className={styles.name} title={messages.session.signedInAs(username)}>
        {username}
      </span>
      <IconButton label={messages.session.signOut} onClick={onSignOut}>
        <SignOutIcon />
      </IconButton>
    </div>
  );
}
