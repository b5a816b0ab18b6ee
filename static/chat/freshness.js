// What was read before is outdated when the socket says that it changed; the answers' tags say what is meant.

import { invalidate } from "../deduplication/request.js";

export const LIST = "conversations";
export const within = (conversation) => `conversation:${conversation}`;

// To begin before anybody else listens: whoever reads on an event must not be given what was before it.
export function startFreshness(live) {
  for (const event of ["message", "conversation", "reset"]) {
    live.addEventListener(event, ({ detail }) => changed(detail.conversation));
  }
}

function changed(conversation) {
  for (const tag of [LIST, within(conversation)]) invalidate(tag);
}
