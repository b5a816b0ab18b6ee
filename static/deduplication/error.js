// Why a request has no answer: what a problem document (RFC 9457) says, fit to be shown and to be decided upon.

const PASSING = new Set([0, 429, 502, 503, 504]);
const REDIRECTED = { status: 302, title: "Redirected", detail: "The server answered with a redirect, perhaps to its sign-in page." };

export class RequestError extends Error {
  // `status` is 0 where the server gave no answer; `retryAfter` is in seconds, null when the server named no time.
  constructor({ status = 0, type = "about:blank", title = "", detail = "", requestId = null, retryAfter = null, errors = [] }) {
    super(detail || title || `The server answered ${status}.`);
    this.name = "RequestError";
    Object.assign(this, { status, type, title, detail, requestId, retryAfter, errors });
  }

  // Whether the same request may go well later. A 409 that names a time is about one still under way.
  get isPassing() {
    return PASSING.has(this.status) || (this.status === 409 && this.retryAfter !== null);
  }

  // What another tab needs to throw the same.
  get problem() {
    const { status, type, title, detail, requestId, retryAfter, errors } = this;
    return { status, type, title, detail, requestId, retryAfter, errors };
  }
}

export async function refusal(answer, now) {
  if (answer.type === "opaqueredirect") return new RequestError(REDIRECTED);
  const problem = await answer.json().catch(() => null);
  const { type, title = answer.statusText, detail, errors, request_id: id } = problem ?? {};
  const requestId = id ?? answer.headers.get("X-Request-ID");
  return new RequestError({ status: answer.status, type, title, detail, errors, requestId, retryAfter: retryAfter(answer, now) });
}

// Seconds or a date (RFC 9110, 10.2.3); null when it says neither.
function retryAfter(answer, now) {
  const value = answer.headers.get("Retry-After")?.trim();
  if (!value) return null;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - now) / 1000;
  return Number.isNaN(seconds) ? null : Math.max(0, seconds);
}
