import type { OidcProvider } from "@broker/client";
import type { SafeStorage } from "../../shared/safe-storage.ts";

const KEY = "oidc";

/** What has to be known when the browser comes back from the provider. Good for one return. */
export interface Departure {
  readonly state: string;
  readonly nonce: string;
  /** PKCE's (RFC 7636): only who left can use the code that comes back. */
  readonly verifier: string;
  /** The address to come back to. */
  readonly home: string;
  /** Who it was, when nobody is asked anything (`prompt=none`), else null. */
  readonly silentlyAs: string | null;
}

/** Make the address to leave for: authorization code with PKCE, state and nonce. Needs a secure context. */
export async function prepareDeparture(
  provider: OidcProvider,
  { storage, home, silentlyAs = null }: { storage: SafeStorage; home: string; silentlyAs?: string | null },
): Promise<URL> {
  const departure: Departure = {
    state: random(),
    nonce: random(),
    verifier: random(),
    home,
    silentlyAs,
  };
  storage.setItem(KEY, JSON.stringify(departure));
  const address = new URL(provider.authorization_endpoint);
  const parameters = {
    client_id: provider.client_id,
    redirect_uri: home,
    response_type: "code",
    scope: provider.scope,
    audience: provider.audience, // Auth0 makes no JWT without; others do not mind
    state: departure.state,
    nonce: departure.nonce,
    code_challenge: await challenge(departure.verifier),
    code_challenge_method: "S256",
    ...(silentlyAs === null ? {} : { prompt: "none" }),
  };
  for (const [name, value] of Object.entries(parameters)) {
    address.searchParams.set(name, value);
  }
  return address;
}

/** Take what was left here at departure, once; null when this is not the return that belongs to it. */
export function takeDeparture(storage: SafeStorage, { searchParams }: URL): Departure | null {
  const stored = storage.getItem(KEY);
  storage.removeItem(KEY);
  const departure: Departure | null = JSON.parse(stored ?? "null");
  return departure?.state === searchParams.get("state") ? departure : null;
}

/** Say whether the page was opened by a provider's answer (RFC 6749 §4.1.2). */
export function isReturn({ searchParams }: URL): boolean {
  return searchParams.has("state") && (searchParams.has("code") || searchParams.has("error"));
}

function random(): string {
  return encode(crypto.getRandomValues(new Uint8Array(32)));
}

async function challenge(verifier: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return encode(new Uint8Array(digest));
}

function encode(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
