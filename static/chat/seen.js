// Who has read the last message, when it is the reader's own.

const MOST_NAMED = 3;

export class Seen {
  constructor(line, history, live) {
    Object.assign(this, { line, history });
    this.readers = new Map(JSON.parse(line.dataset.readers).map(({ id, name, read }) => [id, { name, read }]));
    live.addEventListener("read", ({ detail }) => this.heard(detail));
    live.addEventListener("message", ({ detail: { message } }) => this.moved(message.author, message.sequence));
    history.addEventListener("changed", () => this.show());
    this.show();
  }

  heard({ conversation, user, last_read_sequence: sequence }) {
    if (conversation === this.history.conversation) this.moved(user, sequence);
  }

  // Whoever writes has read what is there.
  moved({ id, name }, sequence) {
    if (id === null || id === this.history.viewer.id) return;
    this.readers.set(id, { name, read: Math.max(sequence, this.readers.get(id)?.read ?? 0) });
    this.show();
  }

  show() {
    const last = this.history.newest;
    const isOwn = this.history.hasEnd && last?.classList.contains("is-own") && !this.history.unsent.firstElementChild;
    const names = isOwn ? this.names(Number(last.dataset.sequence)) : [];
    this.line.hidden = names.length === 0;
    this.line.textContent = names.length > MOST_NAMED ? `Seen by ${names.length}` : `Seen by ${names.join(", ")}`;
  }

  names(sequence) {
    return [...this.readers.values()].filter(({ read }) => read >= sequence).map(({ name }) => name);
  }
}
