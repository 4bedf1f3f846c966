/** Signing in at the OpenID provider did not work. */
export class OidcFailure extends Error {
  override readonly name = "OidcFailure";
  /** The provider's own word (RFC 6749 §4.1.2.1), or `refused`, `mismatch`, `unreachable`. */
  readonly reason: string;

  constructor(reason: string, options?: ErrorOptions) {
    super(`Signing in at the provider failed: ${reason}`, options);
    this.reason = reason;
  }
}
