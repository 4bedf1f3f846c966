import type { TenantUpload } from "@broker/client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Button, IconButton } from "../../shared/button.tsx";
import { Dialog, DialogActions, DialogText } from "../../shared/dialog.tsx";
import { explainError } from "../../shared/explain-error.ts";
import { FileName } from "../../shared/file-name.tsx";
import { formatSize, formatUntil } from "../../shared/format.ts";
import { CrossIcon, UploadIcon } from "../../shared/icons.tsx";
import { ListCard } from "../../shared/list-card.tsx";
import { adminMessages } from "../../shared/messages.admin.ts";
import { messages } from "../../shared/messages.ts";
import type { Toaster } from "../../shared/toaster.ts";
import type { AdminCalls } from "./admin-calls.ts";
import { AdminRow } from "./admin-row.tsx";
import { PATIENCE_MS } from "./patience.ts";
import { ADMIN_KEY, usePages } from "./use-pages.ts";

const KEY = ["uploads"] as const;

/** What nobody has finished yet, of all in the tenant. */
export function UploadsTab({ calls, toaster }: { calls: AdminCalls; toaster: Toaster }) {
  const queries = useQueryClient();
  const query = usePages(KEY, (wanted, call) => calls.listTenantUploads(wanted, call));
  const heading = useRef<HTMLHeadingElement>(null);
  const [doomed, setDoomed] = useState<TenantUpload | null>(null);
  const { uploads } = adminMessages;

  const aborting = useMutation<void, Error, TenantUpload>({
    mutationFn: ({ id }) => calls.abortTenantUpload(id, { signal: AbortSignal.timeout(PATIENCE_MS) }),
    onSuccess: (_, { name }) => {
      toaster.show(messages.unfinished.discarded(name));
      heading.current?.focus();
    },
    onError: (error) => toaster.fail(explainError(error)),
    onSettled: () => queries.invalidateQueries({ queryKey: [ADMIN_KEY, ...KEY] }),
  });
  const close = () => setDoomed(null);

  return (
    <>
      <ListCard
        heading={messages.unfinished.heading}
        headingRef={heading}
        query={query}
        empty={{ heading: uploads.emptyHeading, text: uploads.emptyText }}
      >
        {(upload) => (
          <AdminRow
            key={upload.id}
            icon={UploadIcon}
            name={<FileName name={upload.name} />}
            detail={describe(upload)}
          >
            <IconButton
              tone="danger"
              label={uploads.abort(upload.name, upload.subject)}
              onClick={() => setDoomed(upload)}
            >
              <CrossIcon />
            </IconButton>
          </AdminRow>
        )}
      </ListCard>
      {doomed !== null && (
        <Dialog heading={uploads.abortHeading} onClose={close}>
          <DialogText>{uploads.abortText(doomed.name, doomed.subject)}</DialogText>
          <DialogActions>
            <Button onClick={close}>{messages.actions.cancel}</Button>
            <Button
              variant="danger"
              onClick={() => {
                close();
                aborting.mutate(doomed);
              }}
            >
              {uploads.confirmAbort}
            </Button>
          </DialogActions>
        </Dialog>
      )}
    </>
  );
}

function describe({ subject, size, created_at, expires_at, policy }: TenantUpload): string {
  const { uploads } = adminMessages;
  const now = new Date();
  return [
    subject,
    formatSize(size),
    uploads.begun(formatUntil(created_at, { now })),
    uploads.until(formatUntil(expires_at, { now })),
    uploads.policy(policy),
  ].join(" · ");
}
