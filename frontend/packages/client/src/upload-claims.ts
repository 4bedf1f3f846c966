/**
 * Which uploads are being sent from here, so that the same file chosen twice, in one tab or in two, is not sent
 * into the same upload twice. That would do no harm, only waste: so where a page has no Web Locks (plain http)
 * or is given none (Firefox without cookies), tabs do not know of each other.
 */
export class UploadClaims {
  readonly #held = new Map<string, () => void>();

  /** Say whether nobody else has this upload; then it is the caller's until it is released. */
  readonly take = async (id: string): Promise<boolean> => {
    if (this.#held.has(id)) {
      return false;
    }
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#held.set(id, release);
    const isFree = await lock(`broker-upload-${id}`, released);
    if (!isFree) {
      this.release(id);
    }
    return isFree;
  };

  readonly release = (id: string): void => {
    this.#held.get(id)?.();
    this.#held.delete(id);
  };
}

/** Take a lock of the whole browser, if it is free, and keep it until `released`. */
function lock(name: string, released: Promise<void>): Promise<boolean> {
  const locks = globalThis.navigator?.locks;
  if (locks === undefined) {
    return Promise.resolve(true);
  }
  return new Promise((resolve) => {
    locks
      .request(name, { ifAvailable: true }, (taken) => {
        resolve(taken !== null);
        return taken === null ? undefined : released;
      })
      .catch(() => resolve(true));
  });
}
