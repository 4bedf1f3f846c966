import { readRemembered } from "./remembered.ts";

export const THEMES = ["system", "light", "dark"] as const;

export type Theme = (typeof THEMES)[number];

const KEY = "theme";

/** Read the theme that was chosen on this device. */
export function readTheme(storage: Pick<Storage, "getItem">): Theme {
  return readRemembered(KEY, THEMES, storage);
}

/** Show a theme now and remember it. */
export function chooseTheme(theme: Theme, storage: Pick<Storage, "setItem">): void {
  document.documentElement.dataset.theme = theme;
  storage.setItem(KEY, theme);
}
