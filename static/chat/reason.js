// Why a request has no answer, in words that can be shown.

const SIGNED_OUT = "You are signed out. Reload the page to sign in again.";

export function reason({ status, message, errors: [first] = [] }) {
  if (status === 401) return SIGNED_OUT;
  return first ? worded(first) : message;
}

// "file" and "is empty." make a sentence; what is one already stays as it is.
function worded({ field, detail }) {
  if (/^[A-Z]/.test(detail)) return detail;
  return `${field.charAt(0).toUpperCase()}${field.slice(1).replaceAll("_", " ")} ${detail}`;
}
