// An OpenID provider for one page: anybody signs in, by any password. Takes one line of JSON, and writes its
// issuer once it answers.

import { createServer } from "node:http";
import { createInterface } from "node:readline";
import Provider from "oidc-provider";

const { value: line } = await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next();
const { audience, page, scope } = JSON.parse(line);

const server = createServer();
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "page",
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      redirect_uris: [`${page}/`],
      post_logout_redirect_uris: [`${page}/`],
    },
  ],
  claims: { openid: ["sub"], profile: ["preferred_username"] },
  scopes: ["openid", "profile", "offline_access", ...scope.split(" ")],
  clientBasedCORS: (_, origin) => origin === page,
  conformIdTokenClaims: false,
  cookies: { keys: ["only for tests"] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, preferred_username: id }) }),
  issueRefreshToken: () => true,
  rotateRefreshToken: true,
  ttl: { AccessToken: 900, Grant: 3600, IdToken: 3600, Interaction: 600, RefreshToken: 3600, Session: 3600 },
  features: {
    devInteractions: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => `urn:${audience}`,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope,
        audience,
        accessTokenFormat: "jwt",
      }),
    },
  },
});
server.on("request", provider.callback());
process.stdout.write(`${issuer}\n`);
