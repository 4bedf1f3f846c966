import type { Share } from "@broker/client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ComponentType, useRef } from "react";
import { IconButton } from "../../shared/button.tsx";
import { copyText } from "../../shared/copy-text.ts";
import { explainError } from "../../shared/explain-error.ts";
import { FileName } from "../../shared/file-name.tsx";
import { formatUntil } from "../../shared/format.ts";
import { IconTile } from "../../shared/icon-tile.tsx";
import { CopyIcon, FolderIcon, LinkIcon, TrashIcon, UploadIcon } from "../../shared/icons.tsx";
import { ListCard } from "../../shared/list-card.tsx";
import row from "../../shared/list-row.module.css";
import { messages } from "../../shared/messages.ts";
import type { PageBroker } from "../../shared/page-broker.ts";
import type { Toaster } from "../../shared/toaster.ts";
import { SHARES_KEY, useShares } from "./use-shares.ts";

const PATIENCE_MS = 30_000;

const ICONS: Readonly<Record<Share["kind"], ComponentType>> = {
  file: LinkIcon,
  folder: FolderIcon,
  receive: UploadIcon,
};

/** The links that one has made: to copy them again, and to take them back. */
export function LinkList({ broker, toaster }: { broker: PageBroker; toaster: Toaster }) {
  const queries = useQueryClient();
  const heading = useRef<HTMLHeadingElement>(null);
  const query = useShares(broker);
  const { links } = messages;

  const revoking = useMutation<void, Error, Share>({
    mutationFn: ({ id }) => broker.revokeShare(id, { signal: AbortSignal.timeout(PATIENCE_MS) }),
    onSuccess: (_, { name }) => {
      toaster.show(links.revoked(name));
      heading.current?.focus();
    },
    onError: (error) => toaster.fail(explainError(error)),
    onSettled: () => queries.invalidateQueries({ queryKey: SHARES_KEY }),
  });
  const copy = async ({ url }: Share) => {
    if (await copyText(url, null)) {
      toaster.show(messages.actions.copied);
    } else {
      toaster.show(url); // where there is no clipboard, it can be copied from here
    }
  };

  return (
    <ListCard
      heading={links.heading}
      Heading="h1"
      headingRef={heading}
      query={query}
      empty={{ heading: links.emptyHeading, text: links.emptyText }}
    >
      {(share) => (
        <li key={share.id} className={row.row}>
          <IconTile icon={ICONS[share.kind]} label={links.kinds[share.kind]} />
          <div className={row.facts}>
            <div className={row.name}>
              <FileName name={share.name} />
            </div>
            <span className={row.detail}>{describe(share)}</span>
          </div>
          <IconButton label={links.copy(share.name)} onClick={() => copy(share)}>
            <CopyIcon />
          </IconButton>
          <IconButton tone="danger" label={links.revoke(share.name)} onClick={() => revoking.mutate(share)}>
            <TrashIcon />
          </IconButton>
        </li>
      )}
    </ListCard>
  );
}

function describe(share: Share): string {
  const { links } = messages;
  const now = new Date();
  const isOver = new Date(share.expires_at) <= now;
  return [
    share.kind === "file" ? "" : links.kinds[share.kind],
    isOver ? links.expired : links.until(formatUntil(share.expires_at, { now })),
    share.kind === "receive"
      ? links.received(share.received_files, share.max_files)
      : links.used(share.downloads, share.max_downloads),
    share.has_password ? links.hasPassword : "",
  ]
    .filter(Boolean)
    .join(" · ");
}
