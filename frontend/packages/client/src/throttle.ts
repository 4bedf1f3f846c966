/** Make `action` happen at once when called, but not more often than every so many milliseconds. */
export function throttle(action: () => void, milliseconds: number): () => void {
  let timeout: ReturnType<typeof setTimeout> | undefined;
  let isDue = false;

  const call = () => {
    if (timeout !== undefined) {
      isDue = true;
      return;
    }
    action();
    timeout = setTimeout(() => {
      timeout = undefined;
      if (isDue) {
        isDue = false;
        call();
      }
    }, milliseconds);
  };
  return call;
}
