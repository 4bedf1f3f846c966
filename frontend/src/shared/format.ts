import { LOCALE } from "./language.ts";
import { messages } from "./messages.ts";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte"] as const;

// making a formatter takes milliseconds, using one microseconds: a list of files would be slow
const sizeFormat = remember(
  (locale: string, unit: string, digits: number) =>
    new Intl.NumberFormat(locale, {
      style: "unit",
      unit,
      unitDisplay: unit === "byte" ? "long" : "short",
      maximumFractionDigits: digits,
    }),
);
const percentFormat = remember((locale: string) => new Intl.NumberFormat(locale, { style: "percent" }));
const timeFormat = remember((locale: string) => new Intl.DateTimeFormat(locale, { timeStyle: "short" }));
const dayFormat = remember(
  (locale: string) => new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" }),
);
const dateFormat = remember((locale: string) => new Intl.DateTimeFormat(locale, { dateStyle: "medium" }));
const instantFormat = remember(
  (locale: string) => new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short" }),
);

const listFormat = remember((locale: string) => new Intl.ListFormat(locale, { type: "disjunction" }));

/**
 * Write a choice for a person.
 *
 * @example formatList([".jpg", ".png"]) // ".jpg or .png"
 */
export function formatList(items: readonly string[], locale: string = LOCALE): string {
  return listFormat(locale).format(items);
}

/**
 * Write a number of bytes for a person, in decimal units as their names in Intl say.
 *
 * @example formatSize(1_234_567) // "1.2 MB"
 */
export function formatSize(bytes: number, locale: string = LOCALE): string {
  let power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  // 999,950 bytes would round up to "1,000 kB"
  if (power < UNITS.length - 1 && round(bytes / 1000 ** power) >= 1000) {
    power += 1;
  }
  const value = bytes / 1000 ** power;
  const digits = value < 100 && power > 0 ? 1 : 0;
  return sizeFormat(locale, UNITS[power] ?? "byte", digits).format(value);
}

function round(value: number): number {
  return value < 100 ? Math.round(value * 10) / 10 : Math.round(value);
}

/** Write a fraction as whole percent, rounded down: "100%" means all of it. */
export function formatPercent(fraction: number, locale: string = LOCALE): string {
  return percentFormat(locale).format(Math.floor(fraction * 100) / 100);
}

interface Near {
  readonly now: Date;
  readonly locale?: string;
}

/** Write an instant as near as a person wants it: the time for today, the day for this year. */
export function formatWhen(instant: string, near: Near): string {
  return writeWhen(messages.when, instant, near);
}

/** The same, to stand behind other words. */
export function formatUntil(instant: string, near: Near): string {
  return writeWhen(messages.until, instant, near);
}

function writeWhen(words: typeof messages.when, instant: string, { now, locale = LOCALE }: Near): string {
  const date = new Date(instant);
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);

  if (date.toDateString() === now.toDateString()) {
    return words.today(timeFormat(locale).format(date));
  }
  if (date.toDateString() === yesterday.toDateString()) {
    return words.yesterday(timeFormat(locale).format(date));
  }
  return (date.getFullYear() === now.getFullYear() ? dayFormat : dateFormat)(locale).format(date);
}

/** Write an instant in full. */
export function formatInstant(instant: string, locale: string = LOCALE): string {
  return instantFormat(locale).format(new Date(instant));
}

/** Make a thing once for the same arguments. */
function remember<Arguments extends readonly (string | number)[], Thing>(
  make: (...parts: Arguments) => Thing,
): (...parts: Arguments) => Thing {
  const made = new Map<string, Thing>();
  return (...parts) => {
    const key = parts.join("|");
    const thing = made.get(key) ?? make(...parts);
    made.set(key, thing);
    return thing;
  };
}
