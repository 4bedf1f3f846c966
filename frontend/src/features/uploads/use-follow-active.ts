import { type RefObject, useEffect, useRef } from "react";

interface Following {
  /** The row's `data-upload`; null when nothing is being sent, which shows the beginning. */
  readonly id: number | null;
  readonly batch: number;
}

/**
 * Scroll a long list so that the upload being sent and the one before it are in sight.
 *
 * A new batch is shown at once; later, whoever is busy in the list is left alone.
 */
export function useFollowActive(list: RefObject<HTMLElement | null>, { id, batch }: Following): void {
  const shownBatch = useRef(batch);

  useEffect(() => {
    const element = list.current;
    const isNewBatch = shownBatch.current !== batch;
    shownBatch.current = batch;
    if (!element || (!isNewBatch && element.matches(":hover, :has(:focus-visible)"))) {
      return;
    }
    const row = element.querySelector(`[data-upload="${id}"]`);
    const before = row?.previousElementSibling;
    const top = before instanceof HTMLElement ? before.offsetTop - element.offsetTop : 0;
    element.scrollTo({ top });
  }, [list, id, batch]);
}
