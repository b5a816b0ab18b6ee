// Changes of messages from the socket, put into the history: gathered, so that a replay is drawn at once.

const GATHER_MS = 16;
const AT_ONCE = 50; // more would hold up the page
const AGAIN_MS = 3_000;
const SETTLED_MS = 200; // all tabs have heard that too much was missed before one of them asks for all

export class Arrivals {
  constructor(history, live, { stored }) {
    Object.assign(this, { history, stored });
    this.waiting = [];
    this.timer = null;
    live.addEventListener("message", ({ detail }) => { if (detail.conversation === history.conversation) this.take(detail.message); });
    live.addEventListener("reset", ({ detail }) => { if (detail.conversation === history.conversation) setTimeout(() => this.reload(), SETTLED_MS); });
  }

  take(record) {
    this.waiting.push(record);
    this.timer ??= setTimeout(() => this.draw(), GATHER_MS);
  }

  draw() {
    const records = this.waiting.splice(0, AT_ONCE);
    this.timer = this.waiting.length ? setTimeout(() => this.draw(), GATHER_MS) : null;
    for (const record of records) this.stored(record);
    this.history.changed(records);
  }

  async reload() {
    try {
      await this.history.reload();
    } catch {
      setTimeout(() => this.reload(), AGAIN_MS * (1 + Math.random())); // until then what comes is shown all the same
    }
  }
}
