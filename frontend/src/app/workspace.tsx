import { DEFAULT_RULES, type UploadItem } from "@broker/client";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { FileList } from "../features/files/file-list.tsx";
import { Account } from "../features/session/account.tsx";
import { useMe } from "../features/session/use-me.ts";
import { DropOverlay } from "../features/uploads/drop-overlay.tsx";
import { FilePicker } from "../features/uploads/file-picker.tsx";
import { UploadList } from "../features/uploads/upload-list.tsx";
import { useFileDrop } from "../features/uploads/use-file-drop.ts";
import { Button } from "../shared/button.tsx";
import { explainError } from "../shared/explain-error.ts";
import { messages } from "../shared/messages.ts";
import { Notice } from "../shared/notice.tsx";
import { countFiles } from "./follow-uploads.ts";
import { PageHeader } from "./page-header.tsx";
import type { Services } from "./services.ts";
import styles from "./workspace.module.css";

/** What the broker goes by when an upload names no policy. */
const POLICY = "default";

interface WorkspaceProps {
  readonly services: Services;
  readonly username: string;
  readonly uploads: readonly UploadItem[];
}

/** The page of a person who is signed in. */
export function Workspace({ services, username, uploads }: WorkspaceProps) {
  const { announcer, broker, keeper, queue } = services;
  const queries = useQueryClient();
  const { data: me } = useMe(broker);
  const policy = me?.policies.find(({ name }) => name === POLICY);
  const main = useRef<HTMLElement>(null);
  const [leftOut, setLeftOut] = useState(0);
  const [signOutError, setSignOutError] = useState<unknown>(null);

  const add = (files: readonly File[], folders = 0) => {
    queue.add(files, policy ?? DEFAULT_RULES);
    setLeftOut(folders);
  };
  const isOver = useFileDrop(add);

  // what had the focus, the form to sign in, is gone
  useEffect(() => main.current?.focus({ preventScroll: true }), []);

  const leave = async (signOut: () => Promise<void>) => {
    setSignOutError(null);
    try {
      await queue.clear(); // first: to abort what runs takes the token
      await signOut();
    } catch (error) {
      setSignOutError(error);
    }
  };

  return (
    <>
      <PageHeader>
        <Account
          username={username}
          onSignOut={() => leave(keeper.signOut)}
          onSignOutEverywhere={() => leave(keeper.signOutEverywhere)}
        />
      </PageHeader>
      <main ref={main} tabIndex={-1} className={styles.page}>
        {signOutError !== null && (
          <Notice tone="danger">{messages.session.signOutFailed(explainError(signOutError))}</Notice>
        )}
        <FilePicker maxSize={policy?.max_size ?? null} onPick={add} />
        {leftOut > 0 && (
          <Notice
            tone="info"
            actions={
              <Button variant="quiet" size="small" onClick={() => setLeftOut(0)}>
                {messages.actions.dismiss}
              </Button>
            }
          >
            {messages.picker.foldersLeftOut(leftOut)}
          </Notice>
        )}
        <UploadList items={uploads} queue={queue} />
        <FileList
          broker={broker}
          usage={me?.usage ?? null}
          announce={announcer.announce}
          onDeleted={(file) => countFiles(queries, [file], -1)}
        />
      </main>
      {isOver && <DropOverlay />}
    </>
  );
}
