const PREFIX = "urn:broker:problem:";

/** The slugs that mean: sign in (again). */
const AUTHENTICATION = new Set(["authentication-required", "invalid-token", "expired-token"]);

/** An answer with which the broker refused: RFC 9457 problem details. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  /** What happened, for a program; `about:blank` (RFC 9457 §4.2.1) when the answer did not say. */
  readonly slug: string;
  /** What happened, as a sentence for a person; null when the answer did not say. */
  readonly detail: string | null;
  readonly members: Readonly<Record<string, unknown>>;
  /** How long the broker asks to wait, in milliseconds. */
  readonly retryAfter: number | null;

  constructor(facts: ProblemFacts) {
    super(facts.detail ?? `HTTP ${facts.status}`);
    this.status = facts.status;
    this.slug = facts.slug;
    this.detail = facts.detail;
    this.members = facts.members;
    this.retryAfter = facts.retryAfter;
  }

  get isAuthentication(): boolean {
    return AUTHENTICATION.has(this.slug);
  }
}

interface ProblemFacts {
  readonly status: number;
  readonly slug: string;
  readonly detail: string | null;
  readonly members: Readonly<Record<string, unknown>>;
  readonly retryAfter: number | null;
}

/**
 * Read a refusal. A proxy in front of the broker may answer with anything, so nothing is taken for granted.
 *
 * @param retryAfter the header's value; only its form in seconds is understood.
 */
export function decodeProblem(status: number, body: string, retryAfter: string | null): Problem {
  const seconds = Number(retryAfter ?? Number.NaN);
  return toProblem(status, readObject(body), seconds >= 0 ? seconds * 1000 : null);
}

/** Read the refusal of one item of a batch: the same, without an answer of its own around it. */
export function readProblem(facts: Readonly<Record<string, unknown>>): Problem {
  const { status } = facts;
  return toProblem(typeof status === "number" ? status : 500, facts, null);
}

function toProblem(
  status: number,
  facts: Readonly<Record<string, unknown>>,
  retryAfter: number | null,
): Problem {
  const { type, title: _title, status: _status, detail, ...members } = facts;
  return new Problem({
    status,
    slug: typeof type === "string" ? type.replace(PREFIX, "") : "about:blank",
    detail: typeof detail === "string" && detail !== "" ? detail : null,
    members,
    retryAfter,
  });
}

function readObject(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
