// When to connect, to ask whether the server is still there, to wait, to give up. No socket, no timer, no clock of its own.

const CONNECT_MS = 10_000;
const QUIET_MS = 25_000; // then the server is asked; it beats every 20 s unless staff have set another rhythm
const ANSWER_MS = 10_000;
const HASTE_MS = 5_000; // for an answer when there is a reason to doubt
const STABLE_MS = 10_000;
const SIGNED_IN_MS = 1_000; // a changed password gives the browser its new session about as late as this
const LONGEST_S = 30;
const SIGNED_OUT = 4401;
const WRONG_ORIGIN = 4403;
const SLOWER = { 4429: 4, 1011: 3, 1013: 3 }; // the attempt from which the wait counts on

export class Link {
  constructor({ now, random }) {
    this.now = now;
    this.random = random;
    this.phase = "waiting";
    this.retryAt = now();
    this.attempts = 0;
    this.isSecondTry = false;
  }

  // When `due` has something to say next; Infinity for never.
  get nextAt() {
    if (this.phase === "waiting") return this.retryAt;
    if (this.phase === "connecting" || this.askedAt !== null) return this.deadline;
    return this.phase === "live" ? this.heardAt + QUIET_MS : Infinity;
  }

  // What is to be done now: "connect", "ask", "drop" (and then tell `closed`), or nothing.
  due() {
    if (this.now() < this.nextAt) return null;
    if (this.phase === "waiting") return this.connect();
    if (this.phase === "connecting" || this.askedAt !== null) return "drop";
    return this.ask(ANSWER_MS);
  }

  connect() {
    this.phase = "connecting";
    this.askedAt = null;
    this.deadline = this.now() + CONNECT_MS;
    return "connect";
  }

  ask(patience) {
    this.askedAt = this.now();
    this.deadline = this.now() + patience;
    return "ask";
  }

  // A frame came. The first one makes the link live: the server accepts a socket before it looks at the session.
  heard() {
    this.heardAt = this.now();
    this.askedAt = null;
    if (this.phase !== "connecting") return;
    this.phase = "live";
    this.liveAt = this.now();
    this.isSecondTry = false;
  }

  closed(code) {
    if (this.phase === "live" && this.now() - this.liveAt >= STABLE_MS) this.attempts = 0;
    this.attempts = Math.max(this.attempts + 1, SLOWER[code] ?? 0);
    this.askedAt = null;
    if (code === WRONG_ORIGIN) this.phase = "refused";
    else if (code === SIGNED_OUT) this.signedOut();
    else this.wait(this.random() * Math.min(LONGEST_S, 2 ** (this.attempts - 1)) * 1000);
  }

  signedOut() {
    if (this.isSecondTry) {
      this.phase = "signed_out";
      return;
    }
    this.isSecondTry = true;
    this.wait(SIGNED_IN_MS * (1 + this.random()));
  }

  wait(milliseconds) {
    this.phase = "waiting";
    this.retryAt = this.now() + milliseconds;
  }

  // Nobody needs the connection until `wake`.
  rest() {
    this.askedAt = null;
    this.wait(Infinity);
  }

  // Somebody looks at the page, the network has changed, or "Try now" was pressed. Returns what `due` would.
  wake() {
    if (this.phase === "waiting" || this.phase === "signed_out") this.wait(0);
    else if (this.phase === "live" && this.askedAt === null) return this.ask(HASTE_MS);
    return this.due();
  }
}
