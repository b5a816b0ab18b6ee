// The name of the trace of this page's own request, as the server told it with the answer.

import { pageTraceparent } from "../deduplication/surroundings.js";

export function pageTrace() {
  return pageTraceparent().split("-")[1] ?? "";
}
