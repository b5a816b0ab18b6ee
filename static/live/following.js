// Which tab follows which conversation, and how far it has come. Decides who gets a frame; no I/O.

const TO_FOLLOWERS = new Set(["typing", "presence", "read", "token", "reply"]);

export class Following {
  constructor() {
    this.tabs = new Map(); // tab → Map(conversation → number of the last change it has)
  }

  enter(tab) {
    if (!this.tabs.has(tab)) this.tabs.set(tab, new Map());
  }

  // Returns the conversations that nobody follows any more.
  leave(tab) {
    const own = [...(this.tabs.get(tab)?.keys() ?? [])];
    this.tabs.delete(tab);
    return own.filter((conversation) => this.after(conversation) === null);
  }

  follow(tab, conversation, after) {
    this.tabs.get(tab)?.set(conversation, after);
  }

  forget(conversation) {
    for (const positions of this.tabs.values()) positions.delete(conversation);
  }

  conversations() {
    return new Set([...this.tabs.values()].flatMap((positions) => [...positions.keys()]));
  }

  // From where the server has to begin so that no tab misses anything; null when nobody follows.
  after(conversation) {
    const found = [...this.tabs.values()].map((positions) => positions.get(conversation)).filter((one) => one !== undefined);
    return found.length ? Math.min(...found) : null;
  }

  subscription(conversation) {
    return { type: "subscribe", conversation, after_sequence: this.after(conversation) };
  }

  // Returns [tab, frame] for each tab that gets something.
  route(frame) {
    if (frame.type === "message") return this.messages(frame);
    if (frame.type === "reset") return this.resets(frame);
    if (frame.type === "ack") return this.acknowledged(frame);
    const isForFollowers = TO_FOLLOWERS.has(frame.type);
    const tabs = [...this.tabs].filter(([, positions]) => !isForFollowers || positions.has(frame.conversation));
    return tabs.map(([tab]) => [tab, frame]);
  }

  messages(frame) {
    const { conversation, sequence } = frame;
    return [...this.tabs].flatMap(([tab, positions]) => {
      if (!positions.has(conversation)) return [[tab, listed(frame)]];
      if (sequence <= positions.get(conversation)) return [];
      positions.set(conversation, sequence);
      return [[tab, frame]];
    });
  }

  resets(frame) {
    return this.behind(frame).map(([tab, positions]) => {
      positions.set(frame.conversation, frame.sequence);
      return [tab, frame];
    });
  }

  acknowledged(frame) {
    if (frame.for !== "subscribe") return [];
    for (const [, positions] of this.behind(frame)) positions.set(frame.conversation, frame.sequence);
    return [...this.tabs].filter(([, positions]) => positions.has(frame.conversation)).map(([tab]) => [tab, frame]);
  }

  behind({ conversation, sequence }) {
    return [...this.tabs].filter(([, positions]) => positions.get(conversation) < sequence);
  }
}

// What a tab on another page shows of a message in its list: the server says so only to sockets that do not follow.
function listed({ conversation, sequence, message }) {
  const { text, html, ...shown } = message;
  return { type: "conversation", change: "message", conversation, sequence, last_sequence: message.sequence, message: { ...shown, preview: text } };
}
