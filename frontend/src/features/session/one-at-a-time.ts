const LOCK = "session";

/**
 * Run what no two tabs of a browser should do at once. Without Web Locks, which a plain http page does not have,
 * it just runs: the broker takes the last but one refresh token for a few seconds more.
 */
export async function oneAtATime<T>(action: () => Promise<T>): Promise<T> {
  const { locks }: { locks?: LockManager } = navigator;
  return locks === undefined ? await action() : await locks.request(LOCK, action);
}
