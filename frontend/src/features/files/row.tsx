import type { MouseEvent, ReactNode } from "react";
import { Menu, type MenuItem } from "../../shared/menu.tsx";
import { messages } from "../../shared/messages.ts";
import { NameField, type Renaming } from "./name-field.tsx";
import styles from "./row.module.css";

interface RowProps {
  readonly rowKey: string;
  readonly name: string;
  readonly tile: ReactNode;
  /** The name, as a link or a button that opens it. */
  readonly opener: ReactNode;
  readonly facts: ReactNode;
  readonly isChosen: boolean;
  readonly onChoose: (key: string, isRange: boolean) => void;
  readonly menu: readonly MenuItem[];
  /** Set while the name is being changed. */
  readonly renaming: Renaming | null;
  readonly children?: ReactNode;
}

/** One line of a list: a file or a folder. */
export function Row({ rowKey, name, renaming, tile, opener, facts, isChosen, ...others }: RowProps) {
  const { onChoose, menu, children } = others;
  return (
    <div
      className={styles.row}
      draggable={renaming === null}
      data-chosen={isChosen || undefined}
      data-key={rowKey}
    >
      <label className={styles.choice}>
        <input
          type="checkbox"
          className={styles.box}
          checked={isChosen}
          aria-label={messages.files.choose(name)}
          onChange={() => {}}
          onClick={(event: MouseEvent) => onChoose(rowKey, event.shiftKey)}
        />
        <span className={styles.tile}>{tile}</span>
      </label>
      <div className={styles.facts}>
        <div className={styles.name}>
          {renaming === null ? opener : <NameField name={name} renaming={renaming} />}
        </div>
        {facts}
      </div>
      <div className={styles.actions}>
        {children}
        <Menu label={messages.files.more(name)} items={menu} />
      </div>
    </div>
  );
}
