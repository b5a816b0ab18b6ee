// Sending: shown at once, sent until the server has answered, taken back when the answer is no. One key, one effect.

import { within } from "./deadline.js";
import { parsed } from "./wire.js";

export class Sends {
  constructor({ wire, retry, tally, clock, page, timeoutMs }) {
    Object.assign(this, { wire, retry, tally, clock, page, timeoutMs });
  }

  // Answers {data, status, isReplayed}; throws RequestError, or the signal's reason, after taking back what was shown.
  async send(url, request, { optimistic, signal }) {
    optimistic?.apply();
    try {
      return await this.untilAnswered(url, { ...request, signal });
    } catch (error) {
      optimistic?.rollBack(error);
      throw error;
    }
  }

  async untilAnswered(url, request) {
    for (let attempt = 1; ; attempt += 1) {
      await this.connection(request.signal);
      try {
        return await this.once(url, request);
      } catch (error) {
        const pause = request.signal.aborted ? null : this.retry.pauseMs(error, attempt);
        if (pause === null) throw error;
        this.tally.requests.repeated += 1;
        request.waiting?.(error);
        await this.clock.sleep(pause, request.signal);
      }
    }
  }

  async once(url, request) {
    this.tally.requests.sent += 1;
    const { clock, timeoutMs } = this;
    const answer = await within(timeoutMs, { clock, signal: request.signal }, (signal) => this.wire.write(url, { ...request, signal }));
    if (answer.isReplayed) this.tally.avoided.replayed += 1;
    return { data: parsed(answer), status: answer.status, isReplayed: answer.isReplayed };
  }

  // Waits while the browser knows that there is none.
  async connection(signal) {
    signal.throwIfAborted();
    if (this.page.navigator.onLine) return;
    await new Promise((resolve, reject) => {
      this.page.addEventListener("online", resolve, { once: true, signal });
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }
}
