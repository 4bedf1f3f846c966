import type { FileOrder, UploadItem } from "@broker/client";
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { AdminTab } from "../features/admin/tabs.ts";
import { FilesView } from "../features/files/files-view.tsx";
import { Filing, join, nameOf } from "../features/files/filing.ts";
import { ORDERS, VIEWS } from "../features/files/view.ts";
import { Account } from "../features/session/account.tsx";
import { meQuery, useMe } from "../features/session/use-me.ts";
import { LinkList } from "../features/shares/link-list.tsx";
import { DropOverlay } from "../features/uploads/drop-overlay.tsx";
import { keepHandle } from "../features/uploads/file-handles.ts";
import { FilePicker } from "../features/uploads/file-picker.tsx";
import { type Drop, groupByFolder, readFolders } from "../features/uploads/read-drop.ts";
import { UnfinishedList } from "../features/uploads/unfinished-list.tsx";
import { UploadList } from "../features/uploads/upload-list.tsx";
import { useFileDrop } from "../features/uploads/use-file-drop.ts";
import { explainError } from "../shared/explain-error.ts";
import { messages } from "../shared/messages.ts";
import { Notice } from "../shared/notice.tsx";
import { OfflineBanner } from "../shared/offline-banner.tsx";
import { useRemembered } from "../shared/remembered.ts";
import { ToastRegion } from "../shared/toast-region.tsx";
import { FilesBar } from "./files-bar.tsx";
import { PageHeader } from "./page-header.tsx";
import { go, HOME, useRoute, writeRoute } from "./route.ts";
import type { Services } from "./services.ts";
import styles from "./workspace.module.css";

const AdminPage = lazy(() =>
  import("../features/admin/admin-page.tsx").then((module) => ({ default: module.AdminPage })),
);

/** What the broker goes by when an upload names no policy. */
const POLICY = "default";

interface WorkspaceProps {
  readonly services: Services;
  readonly username: string;
  readonly uploads: readonly UploadItem[];
}

/** The page of a person who is signed in. */
export function Workspace({ services, username, uploads }: WorkspaceProps) {
  const { announcer, broker, keeper, queue, toaster } = services;
  const queries = useQueryClient();
  const { data: me } = useMe(broker);
  const isAdministrator = me?.scopes.includes("admin") ?? false;
  const policy = me?.policies.find(({ name }) => name === POLICY);
  const main = useRef<HTMLElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const route = useRoute();
  const [order, setOrder] = useRemembered<FileOrder>("order", ORDERS);
  const [view, setView] = useRemembered("view", VIEWS);
  const [signOutError, setSignOutError] = useState<unknown>(null);
  const filing = useMemo(() => new Filing({ broker, queries, toaster }), [broker, queries, toaster]);
  const target = route.page === "files" ? route.folder : null;
  const folder = target ?? "";

  // rules come first: before they are known, a file might be hashed by another algorithm than the policy takes
  const add = async (files: readonly File[], place: { folder: string; policy?: string } = { folder }) => {
    const target = { policy: POLICY, ...place, collision: "refuse" } as const;
    try {
      const { policies } = await queries.ensureQueryData(meQuery(broker));
      const rules = policies.find(({ name }) => name === target.policy);
      if (rules === undefined) {
        toaster.fail(messages.picker.noPolicy(target.policy));
      } else {
        queue.add(files, rules, target);
      }
    } catch (error) {
      toaster.fail(explainError(error));
    }
  };
  const addPicked = async (files: readonly File[]) => {
    for (const group of groupByFolder(files)) {
      await add(group.files, { folder: group.folder === "" ? folder : join(folder, group.folder) });
    }
  };
  const addDropped = async ({ files, folders, handles }: Drop) => {
    if (target === null) {
      toaster.fail(messages.picker.notHere);
      return;
    }
    if (files.length > 0) {
      await add(files);
    }
    const unreadable: string[] = [];
    for await (const group of readFolders(folders, (path) => unreadable.push(path))) {
      await add(group.files, { folder: join(folder, group.folder) });
    }
    if (unreadable[0] !== undefined) {
      toaster.fail(messages.uploads.unreadable(unreadable[0], unreadable.length));
    }
    for (const found of await Promise.all(handles)) {
      if (found !== null) {
        const { name, size } = found.file;
        await keepHandle({ folder, name, size }, found.handle);
      }
    }
  };
  const isOver = useFileDrop(addDropped, target !== null);

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
  const openFolder = useCallback((path: string) => go({ page: "files", folder: path, q: "" }), []);

  return (
    <>
      <PageHeader>
        <Account
          username={username}
          administration={isAdministrator ? adminAddress("users") : null}
          onSignOut={() => leave(keeper.signOut)}
          onSignOutEverywhere={() => leave(keeper.signOutEverywhere)}
        />
      </PageHeader>
      <main ref={main} tabIndex={-1} className={styles.page}>
        <OfflineBanner />
        {signOutError !== null && (
          <Notice tone="danger">{messages.session.signOutFailed(explainError(signOutError))}</Notice>
        )}
        {route.page === "files" && (
          <FilePicker limits={policy ?? null} folder={nameOf(folder)} onPick={addPicked} />
        )}
        <UploadList items={uploads} queue={queue} />
        {route.page === "files" && (
          <UnfinishedList
            broker={broker}
            toaster={toaster}
            items={uploads}
            onResume={(file, { folder, policy }) => add([file], { folder, policy })}
          />
        )}
        {route.page !== "admin" && (
          <FilesBar
            route={route}
            search={search}
            order={order}
            onOrder={setOrder}
            view={view}
            onView={setView}
          />
        )}
        {route.page === "admin" ? (
          me !== undefined &&
          (isAdministrator ? (
            <Suspense fallback={<p role="status">{messages.session.loading}</p>}>
              <AdminPage
                broker={broker}
                toaster={toaster}
                me={me}
                tab={route.tab}
                home={writeRoute(HOME)}
                addressOf={adminAddress}
              />
            </Suspense>
          ) : (
            <Notice tone="danger">{messages.errors.problems.get("insufficient-scope")}</Notice>
          ))
        ) : route.page === "links" ? (
          <LinkList broker={broker} toaster={toaster} />
        ) : (
          <FilesView
            broker={broker}
            filing={filing}
            toaster={toaster}
            announce={announcer.announce}
            folder={route.page === "files" ? route.folder : null}
            q={route.page === "files" ? route.q : ""}
            order={order}
            view={view}
            usage={me?.usage ?? null}
            quota={policy?.quota.bytes ?? null}
            trashDays={me?.trash_days ?? null}
            addressOf={addressOf}
            onOpenFolder={openFolder}
            onSearch={() => search.current?.focus()}
          />
        )}
      </main>
      <ToastRegion toaster={toaster} />
      {isOver && <DropOverlay folder={target === null ? null : nameOf(target)} />}
    </>
  );
}

function adminAddress(tab: AdminTab): string {
  return writeRoute({ page: "admin", tab });
}

function addressOf(folder: string): string {
  return writeRoute({ page: "files", folder, q: "" });
}
