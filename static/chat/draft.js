// What was typed and not sent, kept in this browser per person and conversation.

const PREFIX = "draft:";
const OWN = /^(draft|unsent):/;

export class Draft {
  constructor(user, conversation) {
    this.key = `${PREFIX}${user}:${conversation}`;
  }

  get text() {
    try {
      return localStorage.getItem(this.key) ?? "";
    } catch {
      return "";
    }
  }

  set text(value) {
    try {
      if (value.trim()) localStorage.setItem(this.key, value);
      else localStorage.removeItem(this.key);
    } catch {
      // Storage full or forbidden: the text is still in the field.
    }
  }
}

// All that is kept of anybody.
export function forgetTexts() {
  for (const key of Object.keys(localStorage)) if (OWN.test(key)) localStorage.removeItem(key);
}
