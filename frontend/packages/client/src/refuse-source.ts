import { SourceRefused, SourceTooLarge } from "./failures.ts";
import type { Source } from "./source.ts";
import type { Policy } from "./wire.ts";

/** What a policy says of a file, before a byte of it is read. */
export type SourceRules = Pick<Policy, "types" | "extensions" | "min_size" | "max_size">;

/** Say why the broker would refuse a file by these rules; null when it would not. */
export function refuseSource(
  { name, type, size }: Pick<Source, "name" | "type" | "size">,
  { types, extensions, min_size, max_size }: SourceRules,
): SourceTooLarge | SourceRefused | null {
  if (types.length > 0 && !types.some((pattern) => isOfType(type || "application/octet-stream", pattern))) {
    return new SourceRefused({ rule: "types", limit: types });
  }
  if (extensions.length > 0 && !extensions.some((ending) => name.toLowerCase().endsWith(ending))) {
    return new SourceRefused({ rule: "extensions", limit: extensions });
  }
  if (size > max_size) {
    return new SourceTooLarge({ limit: max_size });
  }
  return size < min_size ? new SourceRefused({ rule: "min_size", limit: min_size }) : null;
}

function isOfType(type: string, pattern: string): boolean {
  return pattern.endsWith("/*") ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
}
