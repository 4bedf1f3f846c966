import {
  BrokerUnreachable,
  ChecksumMismatch,
  Problem,
  SourceRefused,
  SourceTooLarge,
  SourceUnreadable,
  StoreRefused,
  StoreUnreachable,
  UploadClosed,
} from "@broker/client";
import { formatList, formatSize } from "./format.ts";
import { messages } from "./messages.ts";
import { OidcFailure } from "./oidc-failure.ts";

/** Say in one sentence what happened and, where there is something, what to do. */
export function explainError(error: unknown): string {
  const { errors } = messages;
  if (error instanceof Problem) {
    return (
      errors.rules.get(error.members.rule) ??
      errors.problems.get(error.slug) ??
      error.detail ??
      errors.unexpected
    );
  }
  if (error instanceof BrokerUnreachable) {
    return errors.brokerUnreachable;
  }
  if (error instanceof StoreUnreachable) {
    return errors.storeUnreachable;
  }
  if (error instanceof StoreRefused) {
    return errors.storeRefused(error.status);
  }
  if (error instanceof ChecksumMismatch) {
    return errors.damaged;
  }
  if (error instanceof SourceUnreadable) {
    return errors.sourceUnreadable;
  }
  if (error instanceof SourceTooLarge) {
    return errors.sourceTooLarge(formatSize(error.limit));
  }
  if (error instanceof SourceRefused) {
    const { rule, limit } = error;
    return errors.sourceRefused[rule](typeof limit === "number" ? formatSize(limit) : formatList(limit));
  }
  if (error instanceof OidcFailure) {
    return errors.oidc.get(error.reason) ?? errors.oidcFailed;
  }
  return error instanceof UploadClosed ? errors.uploadClosed : errors.unexpected;
}
