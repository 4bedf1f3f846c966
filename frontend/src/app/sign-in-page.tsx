import { isActive, type UploadItem } from "@broker/client";
import type { Session } from "../features/session/session-store.ts";
import { SignInForm } from "../features/session/sign-in-form.tsx";
import { UploadList } from "../features/uploads/upload-list.tsx";
import { useFileDrop } from "../features/uploads/use-file-drop.ts";
import { messages } from "../shared/messages.ts";
import { isHeldUp } from "./follow-session.ts";
import { PageHeader } from "./page-header.tsx";
import type { Services } from "./services.ts";
import styles from "./sign-in-page.module.css";

interface SignInPageProps {
  readonly services: Services;
  readonly session: Exclude<Session, { status: "signed-in" }>;
  readonly uploads: readonly UploadItem[];
}

export function SignInPage({ services, session, uploads }: SignInPageProps) {
  // nobody may upload yet, but a dropped file must not replace the page
  useFileDrop(() => {});

  return (
    <>
      <PageHeader />
      <main className={styles.page}>
        <SignInForm
          broker={services.broker}
          store={services.session}
          reason={session.status === "ended" ? describeEnd(uploads) : null}
          initialUsername={session.status === "ended" ? session.username : ""}
        />
        {session.status === "ended" && (
          <div className={styles.uploads}>
            <UploadList items={uploads} queue={services.queue} />
          </div>
        )}
      </main>
    </>
  );
}

function describeEnd(uploads: readonly UploadItem[]): string {
  const unfinished = uploads.filter((item) => isActive(item) || isHeldUp(item)).length;
  return unfinished === 0 ? messages.session.ended : messages.session.endedWithUploads(unfinished);
}
