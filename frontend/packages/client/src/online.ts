/**
 * Wait until the browser has a network; tell whether there was none.
 *
 * Where nothing says (Node.js), there always is one.
 */
export async function whenOnline(signal: AbortSignal): Promise<boolean> {
  if (globalThis.navigator?.onLine !== false) {
    return false;
  }
  await new Promise<void>((resolve, reject) => {
    const end = () => {
      globalThis.removeEventListener("online", back);
      signal.removeEventListener("abort", abort);
    };
    const back = () => {
      end();
      resolve();
    };
    const abort = () => {
      end();
      reject(signal.reason);
    };
    signal.throwIfAborted();
    globalThis.addEventListener("online", back);
    signal.addEventListener("abort", abort);
  });
  return true;
}
