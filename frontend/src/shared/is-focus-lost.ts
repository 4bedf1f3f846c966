/** Say whether what had the focus is gone: the browser leaves it with nothing then. */
export function isFocusLost(): boolean {
  return document.activeElement === document.body;
}
