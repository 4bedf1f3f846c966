import { expect, test } from "vitest";
import { safeStorage } from "../../shared/safe-storage.ts";
import { isReturn, prepareDeparture, takeDeparture } from "./oidc-departure.ts";

const PROVIDER = {
  issuer: "https://login.example.com",
  client_id: "page",
  scope: "openid profile",
  audience: "files",
  authorization_endpoint: "https://login.example.com/authorize?tenant=home",
  token_endpoint: "https://login.example.com/token",
  end_session_endpoint: null,
};
const HOME = "https://files.example.com/";

const inMemory = () =>
  safeStorage(() => {
    throw new DOMException("there is no browser here", "SecurityError");
  });

function comeBack(state: string | null): URL {
  return new URL(`${HOME}?code=c&state=${state}`);
}

test("who leaves asks for a code by PKCE, with state and nonce", async () => {
  const address = await prepareDeparture(PROVIDER, { storage: inMemory(), home: HOME });

  const { state, nonce, code_challenge, ...rest } = Object.fromEntries(address.searchParams);
  expect(rest).toEqual({
    tenant: "home",
    client_id: "page",
    redirect_uri: HOME,
    response_type: "code",
    scope: "openid profile",
    audience: "files",
    code_challenge_method: "S256",
  });
  for (const random of [state, nonce, code_challenge]) {
    expect(random).toMatch(/^[\w-]{43}$/);
  }
  expect(new Set([state, nonce, code_challenge]).size).toBe(3);
});

test("nobody is asked anything when a page is only loaded again", async () => {
  const address = await prepareDeparture(PROVIDER, { storage: inMemory(), home: HOME, silentlyAs: "Ada" });

  expect(address.searchParams.get("prompt")).toBe("none");
});

test("a departure is good for one return", async () => {
  const storage = inMemory();
  const address = await prepareDeparture(PROVIDER, { storage, home: HOME });
  const back = comeBack(address.searchParams.get("state"));

  expect(takeDeparture(storage, back)).toMatchObject({ home: HOME, silentlyAs: null });
  expect(takeDeparture(storage, back)).toBeNull();
});

test("c48 a return that belongs to no departure is none", async () => {
  const storage = inMemory();
  await prepareDeparture(PROVIDER, { storage, home: HOME });

  expect(takeDeparture(storage, comeBack("forged"))).toBeNull();
  expect(takeDeparture(inMemory(), comeBack("forged"))).toBeNull();
});

test.each([
  ["?code=c&state=s", true],
  ["?error=access_denied&state=s", true],
  ["?code=c", false],
  ["?state=s", false],
  ["", false],
])("%j is an answer of a provider: %s", (query, expected) => {
  expect(isReturn(new URL(HOME + query))).toBe(expected);
});
