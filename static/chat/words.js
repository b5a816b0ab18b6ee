// The words of a reply so far. Its parts say where they end, so that none is shown twice and a missing one is noticed.

export class Words {
  constructor() {
    this.text = "";
  }

  // Returns what is new, empty when nothing is; null when something before it is missing.
  take({ cursor, text }) {
    const have = this.text.length; // UTF-16 units, as the server counts
    const start = cursor - text.length;
    if (start > have) return null;
    const fresh = text.slice(have - start);
    this.text += fresh;
    return fresh;
  }
}
