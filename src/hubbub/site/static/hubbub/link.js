import { Backoff } from "./backoff.js";
import { readClose } from "./closes.js";

/** A WebSocket of this server that comes back by itself.
 *
 * Events: `frame` (detail: the decoded object), `state` (detail: `{live, sentence, again}`; `again`
 * tells a reconnection from the first connection).
 */
export class Link extends EventTarget {
  #path;
  #socket = null;
  #timer = 0;
  #backoff = new Backoff();
  #opened = false;
  #final = false;

  constructor(path) {
    super();
    this.#path = path;
    addEventListener("online", this.#wake);
    document.addEventListener("visibilitychange", this.#wake);
    this.#open();
  }

  /** Send an object; false if there is no connection to send it on. */
  send(frame) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Part for good. */
  close() {
    removeEventListener("online", this.#wake);
    document.removeEventListener("visibilitychange", this.#wake);
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  #open() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${this.#path}`);
    this.#socket = socket;
    const mine = (act) => (event) => { if (socket === this.#socket) act(event); };
    socket.onopen = mine(() => this.#live());
    socket.onmessage = mine((event) => this.#tell("frame", JSON.parse(event.data)));
    socket.onclose = mine((event) => this.#lost(event));
  }

  #live() {
    this.#backoff.reset();
    this.#tell("state", { live: true, sentence: "Live", again: this.#opened });
    this.#opened = true;
  }

  #lost(event) {
    const { wait, sentence } = readClose(event);
    this.#final = wait === null;
    this.#tell("state", { live: false, sentence });
    if (this.#final) return;
    this.#timer = setTimeout(() => this.#open(), wait ?? this.#backoff.next());
  }

  /** The machine woke up or is online again: no reason to wait any longer. */
  #wake = () => {
    const closed = this.#socket?.readyState === WebSocket.CLOSED;
    if (!closed || this.#final || document.hidden) return;
    clearTimeout(this.#timer);
    this.#open();
  };

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
