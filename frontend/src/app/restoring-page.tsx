import type { Session } from "../features/session/session-store.ts";
import { useFileDrop } from "../features/uploads/use-file-drop.ts";
import { Button } from "../shared/button.tsx";
import { explainError } from "../shared/explain-error.ts";
import { messages } from "../shared/messages.ts";
import { Notice } from "../shared/notice.tsx";
import visuallyHidden from "../shared/visually-hidden.module.css";
import { PageHeader } from "./page-header.tsx";
import styles from "./restoring-page.module.css";

/** Stands where the files will be, as long as it is not known who is signed in. */
export function RestoringPage({
  session,
}: {
  session: Extract<Session, { status: "restoring" | "unknown" }>;
}) {
  useFileDrop(() => {}, false);

  return (
    <>
      <PageHeader />
      <main className={styles.page}>
        {session.status === "unknown" ? (
          <Notice
            tone="danger"
            actions={
              <Button variant="quiet" size="small" onClick={() => location.reload()}>
                {messages.actions.tryAgain}
              </Button>
            }
          >
            {messages.session.notRestored} {explainError(session.error)}
          </Notice>
        ) : (
          <div className={styles.skeleton}>
            <span role="status" className={visuallyHidden.text}>
              {messages.session.restoring}
            </span>
            <span className={styles.picker} />
            <span className={styles.files} />
          </div>
        )}
      </main>
    </>
  );
}
