import { isCollision, type UploadItem, type UploadQueue } from "@broker/client";
import { Button } from "../../shared/button.tsx";
import { messages } from "../../shared/messages.ts";
import { Notice } from "../../shared/notice.tsx";
import styles from "./upload-list.module.css";

interface CollisionNoticeProps {
  readonly items: readonly UploadItem[];
  readonly queue: UploadQueue;
  /** Called before the notice goes, and the button that had the focus with it. */
  readonly onSettle: () => void;
}

/** Ask what becomes of files whose names are taken. */
export function CollisionNotice({ items, queue, onSettle }: CollisionNoticeProps) {
  const { collisions } = messages.uploads;
  const taken = items.filter(isCollision);
  const [first] = taken;
  if (first === undefined) {
    return null;
  }
  const settle = (action: () => void) => () => {
    onSettle();
    action();
  };
  return (
    <div className={styles.notice}>
      <Notice
        tone="info"
        actions={
          <>
            <Button size="small" onClick={settle(() => queue.settleCollisions("rename"))}>
              {collisions.keepBoth}
            </Button>
            <Button size="small" onClick={settle(() => queue.settleCollisions("replace"))}>
              {collisions.replace}
            </Button>
            <Button variant="quiet" size="small" onClick={settle(queue.skipCollisions)}>
              {collisions.skip(taken.length)}
            </Button>
          </>
        }
      >
        {collisions.question(first.name, taken.length)}
      </Notice>
    </div>
  );
}
