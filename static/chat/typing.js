// Who is typing: told to the others now and then, shown until it expires or their message comes.

const REPEAT_MS = 2_000; // the server tells the others no more often
const LIMIT = 3;

export class Typing {
  constructor(line, field, live, { conversation }) {
    Object.assign(this, { line, live, conversation });
    this.people = new Map();
    this.toldAt = -Infinity;
    field.addEventListener("input", () => { if (field.value.trim()) this.tell(); });
    live.addEventListener("typing", ({ detail }) => this.heard(detail));
    live.addEventListener("message", ({ detail }) => this.stopped(detail.message.author.id));
    live.addEventListener("state", () => { if (!live.isLive) this.clear(); });
  }

  tell() {
    if (!this.live.isLive || performance.now() - this.toldAt < REPEAT_MS) return;
    this.toldAt = performance.now();
    this.live.say({ type: "typing", conversation: this.conversation });
  }

  // The message is sent: the next key is news again.
  sent() {
    this.toldAt = -Infinity;
  }

  heard({ conversation, user, seconds }) {
    if (conversation !== this.conversation) return;
    clearTimeout(this.people.get(user.id)?.timer);
    const timer = setTimeout(() => this.stopped(user.id), seconds * 1000);
    this.people.set(user.id, { name: user.name, timer });
    this.show();
  }

  stopped(id) {
    clearTimeout(this.people.get(id)?.timer);
    if (this.people.delete(id)) this.show();
  }

  clear() {
    for (const id of [...this.people.keys()]) this.stopped(id);
  }

  show() {
    const names = [...this.people.values()].map(({ name }) => name);
    this.line.classList.toggle("is-shown", names.length > 0);
    this.line.querySelector("[data-text]").textContent = told(names);
  }
}

function told(names) {
  if (names.length > LIMIT) return `${names.length} people are typing`;
  if (names.length > 1) return `${names.slice(0, -1).join(", ")} and ${names.at(-1)} are typing`;
  return names.length ? `${names[0]} is typing` : "";
}
