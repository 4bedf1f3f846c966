// The one door of the package: what is not named here may change without notice.

export { Batcher } from "./batcher.ts";
export { Broker } from "./broker.ts";
export { BrowserClient, createClient } from "./browser-client.ts";
export { checksum } from "./checksum.ts";
export { type DownloadOptions, downloadStream } from "./download-stream.ts";
export * from "./failures.ts";
export { Lanes } from "./lanes.ts";
export { whenOnline } from "./online.ts";
export { probeObject } from "./probe-object.ts";
export { Problem } from "./problem.ts";
export type { SourceRules } from "./refuse-source.ts";
export { isTransient, sleep } from "./retry.ts";
export { sendBlob } from "./send-blob.ts";
export type { Source } from "./source.ts";
export { path, query } from "./target.ts";
export { throttle } from "./throttle.ts";
export { UploadClaims } from "./upload-claims.ts";
export {
  isActive,
  isCollision,
  isPausable,
  isRetryable,
  type UploadItem,
  type UploadState,
} from "./upload-item.ts";
export { type BatchProgress, batchProgress, progressOf } from "./upload-progress.ts";
export { UploadQueue, type UploadRules } from "./upload-queue.ts";
export type {
  AuditEntry,
  AuditEvent,
  AuditQuery,
  Collision,
  Diagnosis,
  Download,
  FileChange,
  FileHistory,
  FileOrder,
  FileQuery,
  Folder,
  HistoryEntry,
  Me,
  NewDownload,
  NewFolderShare,
  NewReceivingShare,
  NewShare,
  NewThumbnail,
  NewUser,
  OidcProvider,
  Page,
  PendingUpload,
  Policy,
  PresignedRequest,
  ReceivingFolder,
  Session,
  Share,
  Shared,
  SharedEntry,
  SharedFile,
  SharedFolder,
  ShareKey,
  SignInOptions,
  StoredFile,
  StoreFinding,
  StoreHealth,
  SubjectUsage,
  TenantUpload,
  Thumbnail,
  Upload,
  Usage,
  UsageOrder,
  User,
} from "./wire.ts";
