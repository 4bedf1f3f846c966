import { isActive, type OidcProvider, type UploadItem } from "@broker/client";
import { prepareDeparture } from "../features/session/oidc-departure.ts";
import type { Session } from "../features/session/session-store.ts";
import { SignInWays } from "../features/session/sign-in-ways.tsx";
import { UploadList } from "../features/uploads/upload-list.tsx";
import { useFileDrop } from "../features/uploads/use-file-drop.ts";
import { messages } from "../shared/messages.ts";
import { safeStorage } from "../shared/safe-storage.ts";
import { isHeldUp } from "./follow-session.ts";
import { PageHeader } from "./page-header.tsx";
import type { Services } from "./services.ts";
import styles from "./sign-in-page.module.css";

const storage = safeStorage(() => sessionStorage);

interface SignInPageProps {
  readonly services: Services;
  readonly session: Extract<Session, { status: "signed-out" | "ended" }>;
  readonly uploads: readonly UploadItem[];
}

export function SignInPage({ services, session, uploads }: SignInPageProps) {
  const { broker, keeper, passwordLogin, queue } = services;
  // nobody may upload yet, but a dropped file must not replace the page
  useFileDrop(() => {}, false);

  const signIn = async (credentials: { username: string; password: string }) =>
    keeper.signIn(passwordLogin, await passwordLogin.signIn(credentials));

  const leave = async (provider: OidcProvider) =>
    location.assign(await prepareDeparture(provider, { storage, home: `${location.origin}/` }));

  return (
    <>
      <PageHeader />
      <main className={styles.page}>
        <SignInWays
          broker={broker}
          signIn={signIn}
          leave={leave}
          reason={session.status === "ended" ? describeEnd(uploads) : null}
          initialError={session.status === "ended" ? null : session.error}
          initialUsername={session.status === "ended" ? session.username : ""}
        />
        {session.status === "ended" && (
          <div className={styles.uploads}>
            <UploadList items={uploads} queue={queue} />
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
