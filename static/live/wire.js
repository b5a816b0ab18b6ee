// The socket itself: does what the link decides, at the time it names.

const OPEN = 1;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class Wire {
  constructor({ url, link, opened, heard, changed }) {
    Object.assign(this, { url, link, opened, heard, changed });
    this.socket = null;
    this.timer = null;
  }

  get isOpen() {
    return this.socket?.readyState === OPEN;
  }

  run() {
    this.obey(this.link.due());
  }

  wake() {
    this.obey(this.link.wake());
  }

  obey(order) {
    if (order === "connect") this.connect();
    else if (order === "ask") this.send({ type: "ping" });
    else if (order === "drop") this.lost(0);
    clearTimeout(this.timer);
    const wait = this.link.nextAt - this.link.now();
    if (wait < LONGEST_TIMER_MS) this.timer = setTimeout(() => this.run(), Math.max(0, wait));
    this.changed();
  }

  connect() {
    try {
      this.open(new WebSocket(this.url));
    } catch {
      this.lost(0); // the browser forbids sockets here: as if the server were away
    }
  }

  open(socket) {
    const isOurs = (run) => (event) => { if (socket === this.socket) run(event); }; // one given up may still speak
    socket.addEventListener("open", isOurs(() => {
      this.opened();
      this.send({ type: "ping" }); // any answer says that the session is good
    }));
    socket.addEventListener("message", isOurs((event) => this.take(event.data)));
    socket.addEventListener("close", isOurs((event) => this.lost(event.code)));
    this.socket = socket;
  }

  take(text) {
    const wasLive = this.link.phase === "live";
    this.link.heard();
    if (!wasLive) this.run();
    this.heard(JSON.parse(text));
  }

  lost(code) {
    const { socket } = this;
    this.socket = null;
    socket?.close();
    this.link.closed(code);
    this.run();
  }

  send(frame) {
    if (this.isOpen) this.socket.send(JSON.stringify(frame));
  }

  // Nobody listens any more.
  stop() {
    clearTimeout(this.timer);
    const { socket } = this;
    this.socket = null;
    socket?.close();
    this.link.rest();
  }
}
