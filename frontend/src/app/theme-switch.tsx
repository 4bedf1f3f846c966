import { type ComponentType, useState } from "react";
import { MoonIcon, SunIcon, SystemIcon } from "../shared/icons.tsx";
import { messages } from "../shared/messages.ts";
import { safeStorage } from "../shared/safe-storage.ts";
import { chooseTheme, readTheme, THEMES, type Theme } from "../shared/theme.ts";
import visuallyHidden from "../shared/visually-hidden.module.css";
import styles from "./theme-switch.module.css";

const ICONS: Readonly<Record<Theme, ComponentType>> = { system: SystemIcon, light: SunIcon, dark: MoonIcon };

const storage = safeStorage(() => localStorage);

export function ThemeSwitch() {
  const [chosen, setChosen] = useState(() => readTheme(storage));

  return (
    <fieldset className={styles.switch}>
      <legend className={visuallyHidden.text}>{messages.theme.label}</legend>
      {THEMES.map((theme) => {
        const Icon = ICONS[theme];
        return (
          <label key={theme} className={styles.option} title={messages.theme[theme]}>
            <input
              className={visuallyHidden.text}
              type="radio"
              name="theme"
              aria-label={messages.theme[theme]}
              checked={theme === chosen}
              onChange={() => {
                chooseTheme(theme, storage);
                setChosen(theme);
              }}
            />
            <Icon />
          </label>
        );
      })}
    </fieldset>
  );
}
