import { BrokerUnreachable, type OidcProvider } from "@broker/client";
import * as oauth from "oauth4webapi";
import { OidcFailure } from "../../shared/oidc-failure.ts";
import { type Access, type Login, SessionOver } from "./login.ts";
import type { Departure } from "./oidc-departure.ts";

const PATIENCE_MS = 30_000;

interface Tokens {
  readonly accessToken: string;
  readonly expiresIn: number;
  readonly refreshToken: string | null;
  readonly idToken: string | null;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Stay signed in by the refresh token of an OpenID provider. Its tokens are here and nowhere else. */
export class OidcLogin implements Login {
  readonly method = "oidc";
  readonly #provider: OidcProvider;
  readonly #home: string;
  #tokens: Tokens;

  private constructor(provider: OidcProvider, home: string, tokens: Tokens) {
    this.#provider = provider;
    this.#home = home;
    this.#tokens = tokens;
  }

  /**
   * Finish a sign-in for which the browser comes back from the provider: exchange the code (RFC 6749 §4.1.3).
   *
   * @throws OidcFailure
   */
  static async finish(provider: OidcProvider, departure: Departure, address: URL): Promise<OidcLogin> {
    try {
      const server = serverOf(provider);
      const client = { client_id: provider.client_id };
      const parameters = oauth.validateAuthResponse(server, client, address, departure.state);
      const response = await oauth.authorizationCodeGrantRequest(
        server,
        client,
        oauth.None(),
        parameters,
        departure.home,
        departure.verifier,
        optionsFor(provider),
      );
      const answer = await oauth.processAuthorizationCodeResponse(server, client, response, {
        expectedNonce: departure.nonce,
        requireIdToken: true,
      });
      return new OidcLogin(provider, departure.home, read(answer, null));
    } catch (error) {
      throw explain(error);
    }
  }

  get access(): Access {
    const { accessToken, expiresIn, claims } = this.#tokens;
    const subject = String(claims.sub);
    const username = [claims.preferred_username, claims.name, claims.email].find(isName) ?? subject;
    return { subject, username, token: accessToken, expiresIn };
  }

  readonly renew = async (): Promise<Access> => {
    const { refreshToken } = this.#tokens;
    if (refreshToken === null) {
      throw new SessionOver("The provider gave no refresh token");
    }
    try {
      const server = serverOf(this.#provider);
      const client = { client_id: this.#provider.client_id };
      const response = await oauth.refreshTokenGrantRequest(
        server,
        client,
        oauth.None(),
        refreshToken,
        optionsFor(this.#provider),
      );
      const answer = await oauth.processRefreshTokenResponse(server, client, response);
      this.#tokens = read(answer, this.#tokens);
      return this.access;
    } catch (error) {
      throw isRefusal(error)
        ? new SessionOver("The provider does not take the refresh token any more", { cause: error })
        : new BrokerUnreachable("The provider does not answer", { cause: error });
    }
  };

  /** Leave for the provider, which ends its session too (OpenID Connect RP-Initiated Logout 1.0 §2). */
  readonly signOut = async (): Promise<void> => {
    const { end_session_endpoint: endpoint, client_id } = this.#provider;
    if (endpoint === null) {
      return;
    }
    const address = new URL(endpoint);
    const { idToken } = this.#tokens;
    if (idToken !== null) {
      address.searchParams.set("id_token_hint", idToken);
    }
    address.searchParams.set("client_id", client_id);
    address.searchParams.set("post_logout_redirect_uri", this.#home);
    location.assign(address);
  };
}

function serverOf(provider: OidcProvider): oauth.AuthorizationServer {
  const { issuer, authorization_endpoint, token_endpoint } = provider;
  return { issuer, authorization_endpoint, token_endpoint };
}

/** A broker that trusts a provider without TLS, as in development, is the one to know. */
function optionsFor(provider: OidcProvider) {
  return {
    [oauth.allowInsecureRequests]: provider.token_endpoint.startsWith("http:"),
    signal: AbortSignal.timeout(PATIENCE_MS),
  };
}

/** A refresh need not bring another refresh token or ID token (RFC 6749 §6, OpenID Connect Core §12.2). */
function read(answer: oauth.TokenEndpointResponse, before: Tokens | null): Tokens {
  return {
    accessToken: answer.access_token,
    expiresIn: answer.expires_in ?? 300,
    refreshToken: answer.refresh_token ?? before?.refreshToken ?? null,
    idToken: answer.id_token ?? before?.idToken ?? null,
    claims: oauth.getValidatedIdTokenClaims(answer) ?? before?.claims ?? {},
  };
}

/** The provider said no, as opposed to nothing, or to being in trouble itself. */
function isRefusal(error: unknown): boolean {
  return error instanceof oauth.ResponseBodyError && error.status < 500;
}

function explain(error: unknown): OidcFailure {
  if (error instanceof oauth.AuthorizationResponseError) {
    return new OidcFailure(error.error, { cause: error });
  }
  if (error instanceof oauth.ResponseBodyError) {
    return new OidcFailure("refused", { cause: error });
  }
  const isProtocol =
    error instanceof oauth.OperationProcessingError && error.code !== oauth.RESPONSE_IS_NOT_CONFORM;
  return new OidcFailure(isProtocol ? "mismatch" : "unreachable", { cause: error });
}

function isName(claim: unknown): claim is string {
  return typeof claim === "string" && claim !== "";
}
