import { Button } from "./button.tsx";
import { messages } from "./messages.ts";
import { Notice } from "./notice.tsx";

interface CollisionNoticeProps {
  /** The names that are taken. */
  readonly names: readonly string[];
  /** Each callback is called before the notice goes, and the button that had the focus with it. */
  readonly onSettle: (collision: "rename" | "replace") => void;
  readonly onSkip: () => void;
}

/** Ask what becomes of files whose names are taken. */
export function CollisionNotice({ names, onSettle, onSkip }: CollisionNoticeProps) {
  const { collisions } = messages;
  const [first] = names;
  if (first === undefined) {
    return null;
  }
  return (
    <Notice
      tone="info"
      actions={
        <>
          <Button size="small" onClick={() => onSettle("rename")}>
            {collisions.keepBoth}
          </Button>
          <Button size="small" onClick={() => onSettle("replace")}>
            {collisions.replace}
          </Button>
          <Button variant="quiet" size="small" onClick={onSkip}>
            {collisions.skip(names.length)}
          </Button>
        </>
      }
    >
      {collisions.question(first, names.length)}
    </Notice>
  );
}
