/** A name up to this many characters is never cut. */
const SHORT = 24;
/** So many characters stay at the end: the extension, and what tells "part 1" from "part 2". */
const TAIL = 12;

/** Cuts between what a reader sees as characters: never inside an emoji or before an accent. */
const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * Split a file name into a head that may be cut short and a tail that is always shown.
 *
 * @example splitName("quarterly-report-2026-final-v2.pdf") // ["quarterly-report-2026-", "final-v2.pdf"]
 */
export function splitName(name: string): readonly [head: string, tail: string] {
  if (name.length <= SHORT) {
    return [name, ""]; // no need to segment, which is slow: characters are never more than code units
  }
  const characters = Array.from(segmenter.segment(name), ({ segment }) => segment);
  if (characters.length <= SHORT) {
    return [name, ""];
  }
  return [characters.slice(0, -TAIL).join(""), characters.slice(-TAIL).join("")];
}
