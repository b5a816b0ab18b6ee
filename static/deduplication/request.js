// Requests that are made once: by all parts of a page, and by all tabs of one person. See docs/browser-requests.md.

import { Requests } from "./requests.js";

export { RequestError } from "./error.js";
export { Requests };

const requests = new Requests();

export const get = (url, options) => requests.get(url, options);
export const subscribe = (url, callback, options) => requests.subscribe(url, callback, options);
export const send = (url, options) => requests.send(url, options);
export const invalidate = (tag) => requests.invalidate(tag);
export const seed = (url, data, etag, options) => requests.seed(url, data, etag, options);
export const signOut = () => requests.signOut();
export const statistics = () => requests.statistics();
