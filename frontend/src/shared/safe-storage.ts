export type SafeStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** Take the browser's storage, or plain memory where it is blocked or full. */
export function safeStorage(open: () => Storage): SafeStorage {
  const memory = new Map<string, string>();
  return {
    getItem: (key) => memory.get(key) ?? attempt(() => open().getItem(key)),
    setItem: (key, value) => {
      memory.set(key, value);
      attempt(() => open().setItem(key, value));
    },
    removeItem: (key) => {
      memory.delete(key);
      attempt(() => open().removeItem(key));
    },
  };
}

function attempt<T>(action: () => T): T | null {
  try {
    return action();
  } catch {
    return null; // a browser throws SecurityError or QuotaExceededError here
  }
}
