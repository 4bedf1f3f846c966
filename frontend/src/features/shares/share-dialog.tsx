import type { StoredFile } from "@broker/client";
import { useState } from "react";
import { FileName } from "../../shared/file-name.tsx";
import { KindTile } from "../../shared/kind-tile.tsx";
import { messages } from "../../shared/messages.ts";
import type { PageBroker } from "../../shared/page-broker.ts";
import { LinkDialog } from "./link-dialog.tsx";
import { NumberField } from "./number-field.tsx";

interface ShareDialogProps {
  readonly broker: PageBroker;
  readonly file: StoredFile;
  readonly onClose: () => void;
}

/** Makes a link to a file. */
export function ShareDialog({ broker, file, onClose }: ShareDialogProps) {
  const [limit, setLimit] = useState("");
  return (
    <LinkDialog
      subject={
        <>
          <KindTile name={file.name} type={file.type} />
          <FileName name={file.name} />
        </>
      }
      make={(wishes, options) =>
        broker.shareFile(
          file.id,
          { ...wishes, ...(limit === "" ? {} : { max_downloads: Number(limit) }) },
          options,
        )
      }
      onClose={onClose}
    >
      <NumberField label={messages.sharing.limit} value={limit} onChange={setLimit} max={1_000_000} />
    </LinkDialog>
  );
}
