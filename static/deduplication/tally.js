// What was asked of the server, and what was not, by cause.

export class Tally {
  constructor() {
    this.requests = { read: 0, sent: 0, repeated: 0 };
    this.avoided = { page: 0, tabs: 0, memory: 0, unchanged: 0, replayed: 0 };
  }

  // A copy: it does not change under whoever reads it.
  get figures() {
    return { requests: { ...this.requests }, avoided: { ...this.avoided } };
  }
}
