// Messages not yet acknowledged, kept in this browser until the server has them: a reload loses none.

const PREFIX = "unsent:";

export class Outbox {
  constructor(user, conversation) {
    this.key = `${PREFIX}${user}:${conversation}`;
  }

  items() {
    try {
      return JSON.parse(localStorage.getItem(this.key) ?? "[]");
    } catch {
      return [];
    }
  }

  add(item) {
    this.keep([...this.items().filter((other) => other.clientId !== item.clientId), item]);
  }

  remove(clientId) {
    this.keep(this.items().filter((item) => item.clientId !== clientId));
  }

  keep(items) {
    try {
      if (items.length) localStorage.setItem(this.key, JSON.stringify(items));
      else localStorage.removeItem(this.key);
    } catch {
      // Storage full or forbidden: the message is still on the screen.
    }
  }
}
