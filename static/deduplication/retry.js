// When to send again: decides, waits for nothing. Exponential backoff with full jitter; the server's own time goes first.

export class Retry {
  constructor({ random, attempts = 6, firstMs = 500, longestMs = 10_000, longestAskedSeconds = 60 }) {
    Object.assign(this, { random, attempts, firstMs, longestMs, longestAskedSeconds });
  }

  // Answers the pause in ms before the next attempt; null when this failure is the last word.
  pauseMs(error, attempt) {
    const isOver = attempt >= this.attempts || error.retryAfter > this.longestAskedSeconds;
    if (!error.isPassing || isOver) return null;
    const backoff = this.random() * Math.min(this.longestMs, this.firstMs * 2 ** (attempt - 1));
    return error.retryAfter === null ? backoff : error.retryAfter * 1000 + this.random() * this.firstMs;
  }
}
