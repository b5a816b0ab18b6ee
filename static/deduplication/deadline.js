// The longest that anybody waits: for a server, or for another tab that waits for it.

import { RequestError } from "./error.js";

// Answers what `work` answers, which is given a signal that ends with the caller's or after the time; throws its reason.
export async function within(milliseconds, { clock, signal }, work) {
  const late = new AbortController();
  const done = new AbortController();
  const either = AbortSignal.any([signal, late.signal]);
  const error = new RequestError({ detail: "The server took too long to answer." });
  clock.sleep(milliseconds, done.signal).then(() => late.abort(error));
  try {
    return await work(either);
  } catch (failure) {
    throw either.aborted ? either.reason : failure;
  } finally {
    done.abort();
  }
}
