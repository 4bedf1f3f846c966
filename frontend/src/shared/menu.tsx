import { type ComponentType, type KeyboardEvent, useId, useRef } from "react";
import { IconButton } from "./button.tsx";
import { MoreIcon } from "./icons.tsx";
import { isPlainKey } from "./is-plain-key.ts";
import styles from "./menu.module.css";

export interface MenuItem {
  readonly label: string;
  readonly icon: ComponentType;
  readonly tone?: "danger";
  readonly onSelect: () => void;
}

const GAP = 4;

/** A button with three dots that opens a menu over everything else. The browser closes it by itself. */
export function Menu({ label, items }: { label: string; items: readonly MenuItem[] }) {
  const id = useId();
  const panel = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);

  const place = () => {
    const [element, button] = [panel.current, opener.current?.getBoundingClientRect()];
    if (element === null || button === undefined) {
      return;
    }
    const { width, height } = element.getBoundingClientRect();
    const below = button.bottom + GAP;
    const fits = below + height <= window.innerHeight - GAP;
    element.style.top = `${Math.max(GAP, fits ? below : button.top - GAP - height)}px`;
    element.style.left = `${Math.max(GAP, button.right - width)}px`;
    element.querySelector<HTMLElement>("[role=menuitem]")?.focus();
  };

  const move = (event: KeyboardEvent<HTMLDivElement>) => {
    const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=menuitem]")];
    const at = buttons.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (next !== undefined && isPlainKey(event)) {
      event.preventDefault();
      buttons.at(next % buttons.length)?.focus();
    } else if (event.key === "Tab") {
      panel.current?.hidePopover();
    }
  };

  return (
    <>
      <IconButton ref={opener} label={label} aria-haspopup="menu" popoverTarget={id}>
        <MoreIcon />
      </IconButton>
      <div
        ref={panel}
        id={id}
        popover="auto"
        role="menu"
        aria-label={label}
        tabIndex={-1}
        className={styles.menu}
        onToggle={({ newState }) => newState === "open" && place()}
        onKeyDown={move}
      >
        {items.map(({ label: text, icon: Icon, tone, onSelect }) => (
          <button
            key={text}
            type="button"
            role="menuitem"
            tabIndex={-1}
            className={styles.item}
            data-tone={tone}
            onClick={() => {
              panel.current?.hidePopover();
              opener.current?.focus();
              onSelect();
            }}
          >
            <Icon />
            {text}
          </button>
        ))}
      </div>
    </>
  );
}
