import { useEffect } from "react";

/** Keep the screen awake, where the browser can, so that a phone does not stop sending. */
export function useWakeLock(isWanted: boolean): void {
  useEffect(() => {
    if (!isWanted) {
      return;
    }
    let lock: WakeLockSentinel | null = null;
    let isOver = false;
    const ask = async () => {
      if (document.visibilityState !== "visible") {
        return;
      }
      try {
        const got = await navigator.wakeLock?.request("screen");
        if (isOver) {
          await got?.release();
        } else {
          lock = got ?? null;
        }
      } catch {
        // a battery that is low says no; pages by plain http cannot ask
      }
    };
    void ask();
    // the browser takes it back when the page is hidden
    document.addEventListener("visibilitychange", ask);
    return () => {
      isOver = true;
      document.removeEventListener("visibilitychange", ask);
      void lock?.release();
    };
  }, [isWanted]);
}
