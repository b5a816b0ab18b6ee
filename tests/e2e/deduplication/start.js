// What a page under test has at hand: the module's public face, and a place for what came of its requests.

import * as face from "/static/deduplication/request.js";

window.face = face;
window.outcomes = [];
window.shown = [];
window.controllers = [];

// One of many parts of a page: asks, and may leave by its number.
window.ask = (url, options = {}, requests = face) => {
  const controller = new AbortController();
  controllers.push(controller);
  report(requests.get(url, { ...options, signal: controller.signal }));
};

window.send = (url, options = {}, requests = face) => {
  const optimistic = { apply: () => shown.push("applied"), rollBack: () => shown.push("rolled back") };
  report(requests.send(url, { ...options, optimistic }));
};

window.watch = (url, options = {}, requests = face) => {
  const onError = (error) => shown.push({ status: error.status });
  window.leave = requests.subscribe(url, ({ data, source }) => shown.push({ data, source }), { ...options, onError });
};

// Pauses pass at once and are noted; what waits for a slow server (20 s and more) waits for ever.
window.hasty = (options = {}) => {
  window.pauses = [];
  const clock = { now: () => Date.now(), sleep: (pause) => (pause < 20_000 ? Promise.resolve(pauses.push(pause)) : new Promise(() => {})) };
  return new face.Requests({ clock, random: () => 0.5, ...options });
};

function report(promise) {
  const failed = ({ name, status, detail, requestId, retryAfter, isPassing }) => ({ error: name, status, detail, requestId, retryAfter, isPassing });
  promise.then((outcome) => outcomes.push(outcome), (error) => outcomes.push(failed(error)));
}

document.documentElement.dataset.ready = "";
