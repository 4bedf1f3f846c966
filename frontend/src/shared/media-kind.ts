/** What a file is to a person, coarse enough for an icon. */
export type MediaKind =
  | "image"
  | "video"
  | "audio"
  | "pdf"
  | "text"
  | "sheet"
  | "slides"
  | "archive"
  | "code"
  | "other";

const BY_PATTERN: readonly (readonly [RegExp, MediaKind])[] = [
  [/^image\//, "image"],
  [/^video\//, "video"],
  [/^audio\//, "audio"],
  [/^application\/pdf$/, "pdf"],
  [/spreadsheet|ms-excel|^text\/csv$/, "sheet"],
  [/presentation|ms-powerpoint/, "slides"],
  [/zip|compressed|x-tar|x-7z|x-rar|vnd\.rar|iso9660|diskimage/, "archive"],
  [/wordprocessing|msword|opendocument\.text|rtf/, "text"],
  [/[/+](json|xml)$|html|css|javascript|typescript|x-sh|x-python|yaml|sql/, "code"],
  [/^text\//, "text"],
];

/** Names for what browsers do not know and call `application/octet-stream`. */
const BY_EXTENSION = new Map<string, MediaKind>([
  ["7z", "archive"],
  ["avif", "image"],
  ["dmg", "archive"],
  ["flac", "audio"],
  ["go", "code"],
  ["gz", "archive"],
  ["heic", "image"],
  ["iso", "archive"],
  ["md", "text"],
  ["mkv", "video"],
  ["mov", "video"],
  ["parquet", "sheet"],
  ["py", "code"],
  ["rar", "archive"],
  ["rs", "code"],
  ["sql", "code"],
  ["tar", "archive"],
  ["ts", "code"],
  ["tsx", "code"],
  ["xz", "archive"],
  ["yaml", "code"],
  ["yml", "code"],
  ["zst", "archive"],
]);

/** Tell a file's kind by its media type, or by its name where the type says nothing. */
export function mediaKind({ name, type }: { name: string; type: string }): MediaKind {
  const essence = type.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const byPattern = BY_PATTERN.find(([pattern]) => pattern.test(essence));
  if (byPattern !== undefined) {
    return byPattern[1];
  }
  return BY_EXTENSION.get(name.slice(name.lastIndexOf(".") + 1).toLowerCase()) ?? "other";
}
