import type { ComponentType } from "react";
import { Button, IconButton } from "../../shared/button.tsx";
import { ArchiveIcon, CrossIcon, MoveIcon, RestoreIcon, TrashIcon } from "../../shared/icons.tsx";
import { messages } from "../../shared/messages.ts";
import styles from "./selection-bar.module.css";

interface SelectionBarProps {
  readonly count: number;
  readonly isTrash: boolean;
  readonly onClear: () => void;
  readonly onRestore: () => void;
  readonly onZip: () => void;
  readonly onMove: () => void;
  /** Put into the trash, or delete what is there for good. */
  readonly onRemove: () => void;
}

/** How much is chosen, and what can be done with it. */
export function SelectionBar({
  count,
  isTrash,
  onClear,
  onRestore,
  onZip,
  onMove,
  onRemove,
}: SelectionBarProps) {
  const { menu } = messages.files;
  return (
    <div className={styles.bar} role="toolbar" aria-label={messages.files.selection}>
      <IconButton label={messages.files.chooseNone} onClick={onClear}>
        <CrossIcon />
      </IconButton>
      <span className={styles.count} role="status">
        {messages.files.chosen(count)}
      </span>
      {isTrash ? (
        <Action label={menu.restore} icon={RestoreIcon} onClick={onRestore} />
      ) : (
        <>
          <Action label={menu.zip} icon={ArchiveIcon} onClick={onZip} />
          <Action label={menu.move} icon={MoveIcon} onClick={onMove} />
        </>
      )}
      <Action label={isTrash ? menu.deleteForGood : menu.trash} icon={TrashIcon} onClick={onRemove} />
    </div>
  );
}

interface ActionProps {
  readonly label: string;
  readonly icon: ComponentType;
  readonly onClick: () => void;
}

/** Shows its icon alone where there is little room. */
function Action({ label, icon: Icon, onClick }: ActionProps) {
  return (
    <Button variant="quiet" size="small" title={label} onClick={onClick}>
      <Icon />
      <span className={styles.label}>{label}</span>
    </Button>
  );
}
