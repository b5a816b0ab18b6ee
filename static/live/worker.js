// The shared worker: keeps the hub while any tab of the site is open.

import { Hub } from "./hub.js";

const hub = new Hub({ url: `${self.location.origin.replace(/^http/, "ws")}/ws/chat/` });

self.addEventListener("connect", ({ ports: [port] }) => {
  port.onmessage = ({ data }) => hub.take(port, data);
});
