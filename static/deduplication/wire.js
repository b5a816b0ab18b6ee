// One exchange with the server: an answer, or a RequestError.

import { RequestError, refusal } from "./error.js";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
const RAW = [FormData, Blob, URLSearchParams, ArrayBuffer];

export class Wire {
  constructor({ fetch, clock, traceparent = "" }) {
    Object.assign(this, { fetch, clock });
    this.traced = traceparent ? { traceparent } : {};
  }

  // One cache decides: ours where we hold an ETag, else the browser's, which asks the server each time.
  read(url, { accept, etag, signal }) {
    const headers = { ...this.traced, Accept: accept, "Cache-Control": "max-age=0" };
    if (etag) headers["If-None-Match"] = etag;
    return this.exchange(url, { method: "GET", headers, cache: etag ? "default" : "no-cache" }, signal);
  }

  write(url, { method, body, accept, idempotencyKey, signal }) {
    const headers = { ...this.traced, Accept: accept, "Idempotency-Key": idempotencyKey };
    if (!SAFE.has(method)) headers["X-CSRFToken"] = csrfToken();
    const isJson = body !== undefined && !RAW.some((kind) => body instanceof kind);
    if (isJson) headers["Content-Type"] = "application/json";
    return this.exchange(url, { method, headers, body: isJson ? JSON.stringify(body) : body }, signal);
  }

  // Answers {status, text, isJson, etag, isReplayed}; throws RequestError, of status 0 also when aborted.
  async exchange(url, options, signal) {
    try {
      return await this.answer(url, { ...options, redirect: "manual", credentials: "same-origin", signal });
    } catch (error) {
      throw error instanceof RequestError ? error : new RequestError({ detail: "The server cannot be reached. Check the connection." });
    }
  }

  async answer(url, options) {
    const answer = await this.fetch(url, options);
    const { status, headers } = answer;
    if (!answer.ok && status !== 304) throw await refusal(answer, this.clock.now());
    const isJson = /[/+]json\b/.test(headers.get("Content-Type") ?? "");
    const text = await answer.text();
    if (isJson && text) checked(text, status);
    return { status, text, isJson, etag: headers.get("ETag"), isReplayed: headers.get("Idempotent-Replayed") === "true" };
  }
}

// A copy of its own for whoever asks: nobody changes another's.
export function parsed({ text, isJson }) {
  if (!text) return null;
  return isJson ? JSON.parse(text) : text;
}

function checked(text, status) {
  try {
    JSON.parse(text);
  } catch {
    throw new RequestError({ status, title: "Unreadable answer", detail: "The server's answer cannot be read." });
  }
}

// Django's cookie; the form field where the project keeps the token out of the cookies.
export function csrfToken() {
  return document.cookie.match(/(?:^|;\s*)csrftoken=([^;]+)/)?.[1] ?? document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}
