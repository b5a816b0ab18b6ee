// The JSON API: one function that answers with data or throws an ApiError fit to be shown.

const TIMEOUT_MS = 20_000;

export class ApiError extends Error {
  constructor(message, { status = 0, errors = [] } = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.errors = errors;
  }

  // Whether the same request may go well later.
  get isPassing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export async function call(method, path, body) {
  const answer = await sent(method, path, body);
  if (answer.status === 204) return null;
  const data = await answer.json().catch(() => null);
  if (!answer.ok) throw refused(answer, data);
  return data;
}

export function csrfToken() {
  return document.cookie.match(/(?:^|;\s*)csrftoken=([^;]+)/)?.[1] ?? document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}

export function refused(answer, problem) {
  if (answer.status === 401) return new ApiError("You are signed out. Reload the page to sign in again.", { status: 401 });
  const [first] = problem?.errors ?? [];
  const message = (first && worded(first)) || problem?.detail || problem?.title || `The server answered ${answer.status}.`;
  return new ApiError(message, { status: answer.status, errors: problem?.errors ?? [] });
}

// "file" and "is empty." make a sentence; what is one already stays as it is.
function worded({ field, detail }) {
  if (/^[A-Z]/.test(detail)) return detail;
  return `${field.charAt(0).toUpperCase()}${field.slice(1).replaceAll("_", " ")} ${detail}`;
}

async function sent(method, path, body) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new ApiError("The server cannot be reached. Check the connection.");
  }
}
