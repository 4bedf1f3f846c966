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
        <Button variant="quiet" size="small" onClick={onRestore}>
          <RestoreIcon />
          {menu.restore}
        </Button>
      ) : (
        <>
          <Button variant="quiet" size="small" onClick={onZip}>
            <ArchiveIcon />
            {menu.zip}
          </Button>
          <Button variant="quiet" size="small" onClick={onMove}>
            <MoveIcon />
            {menu.move}
          </Button>
        </>
      )}
      <Button variant="quiet" size="small" onClick={onRemove}>
        <TrashIcon />
        {isTrash ? menu.deleteForGood : menu.trash}
      </Button>
    </div>
  );
}
