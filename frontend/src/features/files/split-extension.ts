/**
 * Cut a name in front of its extension.
 *
 * @example splitExtension("a.tar.gz") // ["a.tar", ".gz"]
 */
export function splitExtension(name: string): readonly [string, string] {
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? [name, ""] : [name.slice(0, dot), name.slice(dot)];
}
