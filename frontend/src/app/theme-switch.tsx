import { type ComponentType, useState } from "react";
import { IconSwitch } from "../shared/icon-switch.tsx";
import { MoonIcon, SunIcon, SystemIcon } from "../shared/icons.tsx";
import { messages } from "../shared/messages.ts";
import { safeStorage } from "../shared/safe-storage.ts";
import { chooseTheme, readTheme, THEMES, type Theme } from "../shared/theme.ts";

const ICONS: Readonly<Record<Theme, ComponentType>> = { system: SystemIcon, light: SunIcon, dark: MoonIcon };

const storage = safeStorage(() => localStorage);

export function ThemeSwitch() {
  const [chosen, setChosen] = useState(() => readTheme(storage));

  return (
    <IconSwitch
      name="theme"
      label={messages.theme.label}
      options={THEMES.map((value) => ({ value, label: messages.theme[value], icon: ICONS[value] }))}
      value={chosen}
      onChange={(theme) => {
        chooseTheme(theme, storage);
        setChosen(theme);
      }}
    />
  );
}
