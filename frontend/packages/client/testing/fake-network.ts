/** What a broker is made with whose network is a function: `requests` holds what went out. */
export function fakeNetwork(
  answer: (request: Request) => Response | Promise<Response>,
  token: string | null = "t0ken",
) {
  const requests: Request[] = [];
  const refused: (string | null)[] = [];
  const options = {
    origin: "https://broker.example",
    token: () => token,
    onTokenRefused: (refusedToken: string | null) => refused.push(refusedToken),
    fetch: async (...asked: Parameters<typeof fetch>) => {
      const request = new Request(...asked);
      requests.push(request);
      return await answer(request);
    },
  };
  return { options, requests, refused };
}

/** An answer with which the broker refuses. */
export function refuse(status: number, slug: string): Response {
  const type = `urn:broker:problem:${slug}`;
  return Response.json({ type, status, title: "No", detail: "It is so." }, { status });
}
