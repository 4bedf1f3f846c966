/** Write a query string; what is not given is left out. */
export function query(given: Readonly<Record<string, string | number | boolean | null | undefined>>): string {
  const pairs = Object.entries(given).filter(([, value]) => value !== null && value !== undefined);
  return new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
}

/** Fill ids into a path: an id is opaque, so nothing is assumed about its characters. */
export function path(parts: TemplateStringsArray, ...ids: readonly string[]): string {
  return String.raw(parts, ...ids.map((id) => encodeURIComponent(id)));
}
