// What can go wrong beside a Problem. Each says what happened and carries the fact that its reader needs.

/** The broker did not answer: no network, no service, or something else answered in its place. */
export class BrokerUnreachable extends Error {
  override readonly name = "BrokerUnreachable";
}

/** The store did not answer: no network, no store, or an answer that CORS hides from the page. */
export class StoreUnreachable extends Error {
  override readonly name = "StoreUnreachable";
}

/** The store answered, and refused. */
export class StoreRefused extends Error {
  override readonly name = "StoreRefused";
  readonly status: number;
  /** S3's own word, such as `BadDigest`; null when the answer had none. */
  readonly code: string | null;

  constructor({ status, code }: { status: number; code: string | null }) {
    super(`The store answered ${status} ${code ?? ""}`.trimEnd());
    this.status = status;
    this.code = code;
  }
}

/** The file on disk was changed, moved or locked after it was chosen. */
export class SourceUnreadable extends Error {
  override readonly name = "SourceUnreadable";
}

/** The file is larger than the policy allows. */
export class SourceTooLarge extends Error {
  override readonly name = "SourceTooLarge";
  /** Bytes. */
  readonly limit: number;

  constructor({ limit }: { limit: number }) {
    super(`Files may have at most ${limit} bytes`);
    this.limit = limit;
  }
}

/** The policy does not take files like this one, or so small. */
export class SourceRefused extends Error {
  override readonly name = "SourceRefused";
  readonly rule: "types" | "extensions" | "min_size";
  /** What the policy says: media types, extensions, or bytes. */
  readonly limit: readonly string[] | number;

  constructor({ rule, limit }: Pick<SourceRefused, "rule" | "limit">) {
    super(`The policy's ${rule}: ${limit}`);
    this.rule = rule;
    this.limit = limit;
  }
}

/** What was fetched is not what the broker has verified. */
export class ChecksumMismatch extends Error {
  override readonly name = "ChecksumMismatch";
}

/** The upload ended elsewhere: it was aborted, has expired, was rejected, or its file is deleted. */
export class UploadClosed extends Error {
  override readonly name = "UploadClosed";
}
