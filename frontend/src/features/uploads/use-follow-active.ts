import { type RefObject, useEffect, useEffectEvent, useRef } from "react";

interface Following {
  /** The row being sent; -1 when there is none, which shows the beginning. */
  readonly active: number;
  readonly batch: number;
  readonly scrollTo: (index: number) => void;
}

/**
 * Scroll a long list so that the upload being sent and the one before it are in sight.
 *
 * A new batch is shown at once; later, whoever is busy in the list is left alone.
 */
export function useFollowActive(
  list: RefObject<HTMLElement | null>,
  { active, batch, scrollTo }: Following,
): void {
  const shownBatch = useRef(batch);
  const show = useEffectEvent(() => scrollTo(Math.max(0, active - 1)));

  // biome-ignore lint/correctness/useExhaustiveDependencies: every change of the active row is to be followed
  useEffect(() => {
    const element = list.current;
    const isNewBatch = shownBatch.current !== batch;
    shownBatch.current = batch;
    if (element && (isNewBatch || !element.matches(":hover, :has(:focus-visible)"))) {
      show();
    }
  }, [list, active, batch]);
}
