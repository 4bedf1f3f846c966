import { batchProgress, type UploadItem } from "@broker/client";
import { useEffect } from "react";
import { formatPercent } from "../shared/format.ts";
import { messages } from "../shared/messages.ts";

/** Show in the tab how far the uploads are. */
export function usePageTitle(items: readonly UploadItem[]): void {
  const { active, fraction } = batchProgress(items);
  const title = active > 0 ? messages.titleWhileSending(formatPercent(fraction)) : messages.product;
  useEffect(() => {
    document.title = title;
  }, [title]);
}
