import { Backoff } from "./backoff.js";
import { readClose } from "./closes.js";

/** Milliseconds without an answer after which a connection is taken for dead. */
export const PATIENCE = 20_000;
const BROKEN = { code: 1006, reason: "" };

/** A WebSocket of this server that comes back by itself.
 *
 * `path()` is asked at each connection, so that it can say how far the page has come. A link is live
 * from the first frame on: then the page has what it came for. Events: `frame` (detail: the decoded
 * object), `state` (detail: `{live, sentence}`).
 */
export class Link extends EventTarget {
  #path;
  #socket = null;
  #timer = 0;
  #patience = 0;
  #backoff = new Backoff();
  #live = false;

  constructor(path) {
    super();
    this.#path = path;
    addEventListener("online", this.#wake);
    document.addEventListener("visibilitychange", this.#wake);
    this.#open();
  }

  /** Send an object; false if there is no connection to send it on. */
  send(frame) {
    if (!this.#live || this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Give a connection up that is dead or has lost something, and open another. */
  renew() {
    if (this.#timer || !this.#socket) return;
    this.#drop();
    this.#lost(BROKEN);
  }

  /** Part for good. */
  close() {
    removeEventListener("online", this.#wake);
    document.removeEventListener("visibilitychange", this.#wake);
    clearTimeout(this.#timer);
    this.#drop();
  }

  #open() {
    this.#timer = 0;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${this.#path()}`);
    this.#socket = socket;
    this.#patience = setTimeout(() => this.renew(), PATIENCE);
    const mine = (act) => (event) => { if (socket === this.#socket) act(event); };
    socket.onmessage = mine((event) => this.#hear(JSON.parse(event.data)));
    socket.onclose = mine((event) => this.#lost(event));
  }

  #drop() {
    clearTimeout(this.#patience);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  #hear(frame) {
    const first = !this.#live && frame.type !== "error";
    if (first) {
      clearTimeout(this.#patience);
      this.#live = true;
      this.#backoff.reset();
    }
    this.#tell("frame", frame);
    if (first && this.#live) this.#tell("state", { live: true, sentence: "Live" });
  }

  #lost(event) {
    clearTimeout(this.#patience);
    const { wait, sentence } = readClose(event);
    this.#live = false;
    this.#socket = null;
    this.#tell("state", { live: false, sentence });
    if (wait !== null) this.#timer = setTimeout(() => this.#open(), wait ?? this.#backoff.next());
  }

  /** The machine woke up or is online again: no reason to wait any longer. */
  #wake = () => {
    if (!this.#timer || document.hidden) return;
    clearTimeout(this.#timer);
    this.#open();
  };

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
