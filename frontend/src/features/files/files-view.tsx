import type { FileOrder, Usage } from "@broker/client";
import { Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Breadcrumb } from "../../shared/breadcrumb.tsx";
import { Button, IconButton } from "../../shared/button.tsx";
import card from "../../shared/card.module.css";
import { CollisionNotice } from "../../shared/collision-notice.tsx";
import { EmptyState } from "../../shared/empty-state.tsx";
import { explainError } from "../../shared/explain-error.ts";
import { FolderPlusIcon } from "../../shared/icons.tsx";
import { isFocusLost } from "../../shared/is-focus-lost.ts";
import { messages } from "../../shared/messages.ts";
import { Notice } from "../../shared/notice.tsx";
import type { PageBroker } from "../../shared/page-broker.ts";
import type { Toaster } from "../../shared/toaster.ts";
import visuallyHidden from "../../shared/visually-hidden.module.css";
import { FileGrid } from "./file-grid.tsx";
import { FileList } from "./file-list.tsx";
import { flatten } from "./file-pages.ts";
import { FileSkeleton } from "./file-skeleton.tsx";
import styles from "./files-view.module.css";
import { type Chosen, type Filing, nameOf, type Taken } from "./filing.ts";
import type { Renaming } from "./name-field.tsx";
import { type Open, OpenDialog } from "./open-dialog.tsx";
import { drawnKeys, findOpener } from "./row-focus.ts";
import { choose, folderKey, NOTHING, prune, type Selection, successor } from "./selection.ts";
import { SelectionBar } from "./selection-bar.tsx";
import { thumbnailReader } from "./thumbnails.ts";
import { UsageBar } from "./usage-bar.tsx";
import { useDownloadFile } from "./use-download-file.ts";
import { useDragToMove } from "./use-drag-to-move.ts";
import { useFiles, useFolders } from "./use-files.ts";
import { useRowActions } from "./use-row-actions.ts";
import { useRowKeys } from "./use-row-keys.ts";
import { useSaving } from "./use-saving.ts";
import type { View } from "./view.ts";

interface Place {
  /** The folder that is shown, or null for the trash. */
  readonly folder: string | null;
  /** What names are to hold; empty for all of the folder. */
  readonly q: string;
}

interface FilesViewProps extends Place {
  readonly broker: PageBroker;
  readonly filing: Filing;
  readonly toaster: Toaster;
  readonly announce: (text: string) => void;
  readonly order: FileOrder;
  readonly view: View;
  readonly usage: Usage | null;
  /** Bytes that may be stored in all; null without a limit. */
  readonly quota: number | null;
  /** Days after which what is in the trash goes; null is never. */
  readonly trashDays: number | null;
  readonly addressOf: (folder: string) => string;
  readonly onOpenFolder: (folder: string) => void;
  readonly onSearch: () => void;
}

/** A folder, what a search finds, or the trash: to look at, and to do something with. */
export function FilesView(props: FilesViewProps) {
  const {
    broker,
    filing,
    toaster,
    announce,
    folder,
    q,
    order,
    usage,
    quota,
    trashDays,
    addressOf,
    onOpenFolder,
  } = props;
  const heading = useRef<HTMLDivElement>(null);
  const anchor = useRef<string | null>(null);
  const [selection, setSelection] = useState<Selection>(NOTHING);
  const [open, setOpen] = useState<Open | null>(null);
  const [renaming, setRenaming] = useState<Renaming | null>(null);
  const readThumbnail = useMemo(() => thumbnailReader(broker), [broker]);
  const close = useCallback(() => setOpen(null), []);

  const isTrash = folder === null;
  const wanted = isTrash ? { trashed: true } : q === "" ? { folder } : { q };
  const query = useFiles(broker, { ...wanted, sort: order });
  const folderQuery = useFolders(broker, folder ?? "", { isWanted: !isTrash && q === "" });
  const files = useMemo(() => (query.data === undefined ? [] : flatten(query.data)), [query.data]);
  const folders = useMemo(
    () => (isTrash || q !== "" ? [] : (folderQuery.data ?? [])),
    [isTrash, q, folderQuery.data],
  );
  const keys = useMemo(() => [...folders.map(folderKey), ...files.map(({ id }) => id)], [folders, files]);

  const chosen: Chosen = {
    files: files.filter(({ id }) => selection.has(id)),
    folders: folders.filter((path) => selection.has(folderKey(path))),
  };
  const count = chosen.files.length + chosen.folders.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another place begins with nothing chosen or open
  useEffect(() => {
    setSelection(NOTHING);
    setOpen(null);
    setRenaming(null);
    // the row that led here is gone
    requestAnimationFrame(() => isFocusLost() && heading.current?.focus());
  }, [folder, q]);
  useEffect(() => setSelection((old) => prune(old, keys)), [keys]);

  const select = useCallback(
    (key: string, isRange: boolean) => {
      const from = isRange ? anchor.current : null; // React asks for the new selection later
      anchor.current = key;
      setSelection((old) => choose(old, key, { keys, anchor: from }));
    },
    [keys],
  );
  const {
    mutate: download,
    error,
    variables,
    reset,
  } = useDownloadFile(broker, ({ name }) => announce(messages.files.announceDownload(name)));
  useEffect(() => {
    if (error !== null && variables !== undefined) {
      toaster.fail(messages.files.downloadFailed(variables.name, explainError(error)));
      reset();
    }
  }, [error, variables, toaster, reset]);
  const saving = useSaving({ broker, toaster });
  const { saveVerified } = saving;
  /** Where the focus goes from a button that goes; while something is chosen, the header is not shown. */
  const focusHeading = () => requestAnimationFrame(() => heading.current?.focus({ preventScroll: true }));

  /** Do something that takes rows away; the focus goes to the one that comes to stand there. */
  const act = useCallback(({ files, folders }: Chosen, action: Promise<void>) => {
    setSelection(NOTHING);
    setOpen(null);
    const next = successor(drawnKeys(), new Set([...folders.map(folderKey), ...files.map(({ id }) => id)]));
    // a dialog is closed by then: it gives the focus back to where it was opened
    requestAnimationFrame(() => {
      const opener = next === null ? null : findOpener(next);
      (opener ?? heading.current)?.focus({ preventScroll: true });
    });
    void action;
  }, []);

  const [question, setQuestion] = useState<(Taken & Place) | null>(null);
  const ask = useCallback(
    (found: Taken | null) => setQuestion((old) => (found === null ? old : { ...found, folder, q })),
    [folder, q],
  );
  // where it was asked, so that one may look at what has the name
  const taken = question?.folder === folder && question.q === q ? question : null;
  const actions = useRowActions({
    filing,
    isTrash,
    download,
    saveVerified,
    act,
    ask,
    setOpen,
    setRenaming,
  });

  const remove = (what: Chosen) =>
    isTrash ? setOpen({ kind: "delete", chosen: what }) : actions.trash(what);
  const emptyTrash = async () => {
    const all = await filing.readTrash();
    if (all.length > 0) {
      setOpen({ kind: "delete", chosen: { files: all, folders: [] } });
    }
  };
  const only = (key: string | undefined): Chosen => ({
    files: files.filter(({ id }) => id === key),
    folders: folders.filter((path) => folderKey(path) === key),
  });
  useRowKeys({
    onTrash: () => {
      const key = document.activeElement?.closest<HTMLElement>("[data-key]")?.dataset.key;
      const what = count > 0 ? chosen : only(key);
      if (what.files.length + what.folders.length > 0) {
        remove(what);
      }
    },
    onRename: (key) => {
      const file = files.find(({ id }) => id === key);
      if (file !== undefined) {
        actions.ofFiles.rename?.(file);
      } else {
        actions.ofFolders.rename(key.slice(1));
      }
    },
    onChooseAll: () => setSelection(new Set(keys)),
    onChooseNone: () => setSelection(NOTHING),
    onChoose: (key) => select(key, false),
    onSearch: props.onSearch,
    onHelp: () => setOpen({ kind: "shortcuts" }),
  });

  const drag = useDragToMove({
    draggedWith: (key) => (selection.has(key) ? chosen : only(key)),
    onMove: actions.move,
  });

  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const readOn = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) {
      void fetchNextPage();
    }
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);

  const loadError = query.error ?? folderQuery.error;
  const isEmpty = query.isSuccess && files.length === 0 && folders.length === 0 && !folderQuery.isLoading;
  const Entries = props.view === "grid" ? FileGrid : FileList;
  const Heading = isTrash ? "h1" : "h2"; // elsewhere, where files are dropped comes first
  const label = isTrash ? messages.trash.heading : q === "" ? nameOf(folder) : messages.files.found(q);

  return (
    <section className={card.card} aria-label={label || messages.files.heading} {...(isTrash ? {} : drag)}>
      <header className={`${card.header} ${styles.header}`} data-covered={count > 0 || undefined}>
        <div ref={heading} tabIndex={-1} className={styles.heading} data-above-rows>
          <Heading className={isTrash || q !== "" ? card.heading : visuallyHidden.text}>
            {label || messages.files.heading}
          </Heading>
          {!isTrash && q === "" && <Breadcrumb folder={folder} onOpen={onOpenFolder} />}
        </div>
        {usage !== null && usage.files > 0 && !isTrash && (
          <div className={styles.usage}>
            <UsageBar usage={usage} quota={quota} />
          </div>
        )}
        {!isTrash && q === "" && (
          <IconButton label={messages.files.newFolder} onClick={() => setOpen({ kind: "newFolder" })}>
            <FolderPlusIcon />
          </IconButton>
        )}
        {isTrash && files.length > 0 && (
          <Button size="small" onClick={emptyTrash}>
            {messages.trash.empty}
          </Button>
        )}
      </header>

      {count > 0 && (
        <SelectionBar
          count={count}
          isTrash={isTrash}
          onClear={() => {
            setSelection(NOTHING);
            focusHeading();
          }}
          onRestore={() => actions.restore(chosen.files)}
          onZip={() => saving.saveZip(chosen, folder ?? "")}
          onMove={() => setOpen({ kind: "move", chosen })}
          onRemove={() => remove(chosen)}
        />
      )}
      {taken !== null && (
        <div className={styles.notice}>
          <CollisionNotice
            names={taken.files.map(({ name }) => name)}
            onSettle={(collision) => {
              setQuestion(null);
              act({ files: taken.files, folders: [] }, filing.settle(taken, collision));
            }}
            onSkip={() => {
              setQuestion(null);
              focusHeading();
            }}
          />
        </div>
      )}
      {saving.progress !== null && (
        <div className={styles.notice}>
          <Notice
            tone="info"
            actions={
              <Button size="small" onClick={saving.cancel}>
                {messages.actions.cancel}
              </Button>
            }
          >
            {saving.progress}
          </Notice>
        </div>
      )}
      {loadError !== null && (
        <div className={styles.notice}>
          <Notice
            tone="danger"
            actions={
              <Button
                size="small"
                onClick={() => {
                  void query.refetch();
                  void folderQuery.refetch();
                }}
              >
                {messages.actions.tryAgain}
              </Button>
            }
          >
            {query.data === undefined ? messages.files.failedHeading : messages.files.stale}{" "}
            {explainError(loadError)}
          </Notice>
        </div>
      )}

      {query.isPending && <FileSkeleton />}
      {isTrash && trashDays !== null && files.length > 0 && (
        <p className={styles.hint}>{messages.trash.emptied(trashDays)}</p>
      )}
      {isEmpty && <EmptyState {...emptiness(folder, q)} />}
      {keys.length > 0 && (
        <Entries
          label={label || messages.files.heading}
          folders={folders}
          files={files}
          selection={selection}
          renaming={renaming}
          onChoose={select}
          fileActions={actions.ofFiles}
          folderActions={actions.ofFolders}
          addressOf={addressOf}
          hasFolders={isTrash || q !== ""}
          readThumbnail={readThumbnail}
          onEnd={readOn}
        />
      )}

      <Suspense>
        {open !== null && (
          <OpenDialog
            open={open}
            broker={broker}
            filing={filing}
            files={files}
            folder={q === "" ? (folder ?? "") : null}
            act={act}
            onMove={actions.move}
            onDownload={download}
            onOpen={setOpen}
            onClose={close}
          />
        )}
      </Suspense>
    </section>
  );
}

function emptiness(folder: string | null, q: string): { heading: string; text: string } {
  const { files, trash } = messages;
  if (folder === null) {
    return { heading: trash.emptyHeading, text: trash.emptyText };
  }
  if (q !== "") {
    return { heading: files.foundNothing, text: files.foundNothingText };
  }
  return folder === ""
    ? { heading: files.emptyHeading, text: files.emptyText }
    : { heading: files.emptyFolder, text: files.emptyFolderText };
}
