import type { UploadRules } from "../src/upload-queue.ts";

/** A policy that takes everything. */
export const DEFAULT_RULES: UploadRules = {
  types: [],
  extensions: [],
  min_size: 0,
  max_size: Number.POSITIVE_INFINITY,
  single_put_max: 16 * 1024 * 1024,
  checksum_required: false,
  checksum_algorithm: "crc32c",
  part_concurrency: 4,
  url_expires_in: 300,
};
