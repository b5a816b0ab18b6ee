// The answers this tab holds: bounded by number and bytes, the least recently used go first.

const BYTES_PER_CHARACTER = 2;

export class Memory {
  constructor({ entries, bytes }) {
    Object.assign(this, { most: entries, mostBytes: bytes });
    this.clear();
  }

  get(key) {
    const entry = this.entries.get(key);
    if (!entry) return undefined;
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry;
  }

  // One that is larger than all the room is not held.
  set(key, entry) {
    this.delete(key);
    if (size(key, entry) > this.mostBytes) return;
    this.entries.set(key, entry);
    this.bytes += size(key, entry);
    while (this.entries.size > this.most || this.bytes > this.mostBytes) this.delete(this.entries.keys().next().value);
  }

  delete(key) {
    const entry = this.entries.get(key);
    if (entry) this.bytes -= size(key, entry);
    this.entries.delete(key);
  }

  clear() {
    this.entries = new Map();
    this.bytes = 0;
  }
}

function size(key, { text }) {
  return (key.length + text.length) * BYTES_PER_CHARACTER;
}
