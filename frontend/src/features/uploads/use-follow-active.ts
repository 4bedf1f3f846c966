import { type RefObject, useEffect } from "react";

/**
 * Scroll a long list so that the upload being sent and the one before it are in sight, unless someone is busy in the list.
 *
 * @param id the row's `data-upload`; null when nothing is being sent, which shows the beginning.
 */
export function useFollowActive(list: RefObject<HTMLElement | null>, id: number | null): void {
  useEffect(() => {
    const element = list.current;
    if (!element || element.matches(":hover, :has(:focus-visible)")) {
      return;
    }
    const row = element.querySelector(`[data-upload="${id}"]`);
    const before = row?.previousElementSibling;
    const top = before instanceof HTMLElement ? before.offsetTop - element.offsetTop : 0;
    element.scrollTo({ top });
  }, [list, id]);
}
