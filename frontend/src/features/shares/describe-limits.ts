import type { SharedFile, SharedFolder } from "@broker/client";
import { formatUntil } from "../../shared/format.ts";
import { messages } from "../../shared/messages.ts";

/** Say how long a link is good, and how often still. */
export function describeLimits({
  expires_at,
  downloads_left,
}: Pick<SharedFile | SharedFolder, "expires_at" | "downloads_left">): readonly string[] {
  const { shared } = messages;
  const until = shared.until(formatUntil(expires_at, { now: new Date() }));
  return downloads_left === null ? [until] : [until, shared.left(downloads_left)];
}
