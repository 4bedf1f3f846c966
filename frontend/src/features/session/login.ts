/** An access token, and whose it is. */
export interface Access {
  /** Who it is for the broker. */
  readonly subject: string;
  /** Who it is for people. */
  readonly username: string;
  readonly token: string;
  /** Seconds that it is good for, from now. */
  readonly expiresIn: number;
}

/** One way to stay signed in. */
export interface Login {
  readonly method: "password" | "oidc";
  /**
   * Get another access token, of whoever is signed in now.
   *
   * @throws SessionOver when nobody is; anything else leaves that open.
   */
  readonly renew: () => Promise<Access>;
  /** Have it forgotten wherever it is kept. */
  readonly signOut: () => Promise<void>;
}

/** Nobody is signed in any more: only to sign in again helps. */
export class SessionOver extends Error {
  override readonly name = "SessionOver";
}
