import type { StoredFile } from "@broker/client";
import { lazy } from "react";
import { messages } from "../../shared/messages.ts";
import type { PageBroker } from "../../shared/page-broker.ts";
import { DeleteDialog } from "./delete-dialog.tsx";
import { DetailsDialog } from "./details-dialog.tsx";
import type { Chosen, Filing } from "./filing.ts";
import { MoveDialog } from "./move-dialog.tsx";
import { NameDialog } from "./name-dialog.tsx";
import { ShortcutsDialog } from "./shortcuts-dialog.tsx";

const Preview = lazy(() => import("./preview.tsx").then((module) => ({ default: module.Preview })));
const ShareDialog = lazy(() =>
  import("../shares/share-dialog.tsx").then((module) => ({ default: module.ShareDialog })),
);
const ShareFolderDialog = lazy(() =>
  import("../shares/share-folder-dialog.tsx").then((module) => ({ default: module.ShareFolderDialog })),
);

/** What is open over the list. */
export type Open =
  | { readonly kind: "preview" | "details" | "share"; readonly file: StoredFile }
  | { readonly kind: "shareFolder"; readonly path: string }
  | { readonly kind: "move" | "delete"; readonly chosen: Chosen }
  | { readonly kind: "newFolder" | "shortcuts" };

interface OpenDialogProps {
  readonly open: Open;
  readonly broker: PageBroker;
  readonly filing: Filing;
  /** Those of the list, to go on to the next one. */
  readonly files: readonly StoredFile[];
  /** The folder that is shown; null where files of many are. */
  readonly folder: string | null;
  /** Do what a dialog confirms. */
  readonly act: (chosen: Chosen, action: Promise<void>) => void;
  readonly onMove: (chosen: Chosen, to: string) => void;
  readonly onDownload: (file: StoredFile) => void;
  readonly onOpen: (open: Open) => void;
  readonly onClose: () => void;
}

/** A dialog over the list, or a file to look at; the code of some is loaded when they are opened first. */
export function OpenDialog({
  open,
  broker,
  filing,
  files,
  folder,
  act,
  onMove,
  onDownload,
  onOpen,
  onClose,
}: OpenDialogProps) {
  switch (open.kind) {
    case "newFolder":
      return (
        <NameDialog
          heading={messages.files.newFolder}
          confirm={messages.files.create}
          name=""
          onConfirm={(name) => filing.createFolder(folder ?? "", name)}
          onClose={onClose}
        />
      );
    case "move":
      return (
        <MoveDialog
          broker={broker}
          chosen={open.chosen}
          from={folder ?? open.chosen.files[0]?.folder ?? ""}
          onConfirm={(to) => onMove(open.chosen, to)}
          onClose={onClose}
        />
      );
    case "delete":
      return (
        <DeleteDialog
          files={open.chosen.files}
          onConfirm={() => act(open.chosen, filing.deleteForGood(open.chosen))}
          onClose={onClose}
        />
      );
    case "details":
      return <DetailsDialog broker={broker} file={open.file} onClose={onClose} />;
    case "shortcuts":
      return <ShortcutsDialog onClose={onClose} />;
    case "share":
      return <ShareDialog broker={broker} file={open.file} onClose={onClose} />;
    case "shareFolder":
      return <ShareFolderDialog broker={broker} folder={open.path} onClose={onClose} />;
    case "preview":
      return (
        <Preview
          broker={broker}
          file={open.file}
          {...neighbours(files, open.file)}
          onShow={(file) => onOpen({ kind: "preview", file })}
          onDownload={onDownload}
          onClose={onClose}
        />
      );
  }
}

function neighbours(
  files: readonly StoredFile[],
  file: StoredFile,
): { previous: StoredFile | undefined; next: StoredFile | undefined } {
  const at = files.findIndex(({ id }) => id === file.id);
  return at < 0 ? { previous: undefined, next: undefined } : { previous: files[at - 1], next: files[at + 1] };
}
