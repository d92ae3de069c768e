import { Backoff } from "./backoff.js";
import { readClose } from "./closes.js";

/** Milliseconds without an answer after which a connection is taken for dead. */
export const PATIENCE = 20_000;
/** Milliseconds of silence after which the server is asked whether it is there, and for its answer. */
const SILENCE = 25_000;
const ANSWER = 12_000;
/** Connections in a row that did not open, after which the page asks why. */
const SUSPICIOUS = 2;
/** Milliseconds until the next try of a browser that says it is offline: this machine may be there. */
const OFFLINE = 10_000;
const BROKEN = { code: 1006, reason: "" };
const ROOT = document.body.dataset.root;
const REFUSED = `The server refuses this page's connections. Does it accept pages from ${location.origin}?`
  + " See HUBBUB_ALLOWED_ORIGINS in docs/settings.md.";

/** A WebSocket of this server that comes back by itself.
 *
 * `path()` is asked at each connection, so that it can say how far the page has come. A link is live
 * from the first frame on that is no error: then the page has what it may have. Events: `frame` (detail: the decoded
 * object), `state` (detail: `{live, sentence}`).
 */
export class Link extends EventTarget {
  #path;
  #socket = null;
  #timer = 0;
  #patience = 0;
  #backoff = new Backoff();
  #live = false;
  #refused = 0;
  #reason = "";

  constructor(path) {
    super();
    this.#path = path;
    addEventListener("online", this.#wake);
    addEventListener("offline", this.#renew);
    document.addEventListener("visibilitychange", this.#wake);
    this.#open();
  }

  /** Whether it does not come back by itself. */
  get over() {
    return !this.#socket && !this.#timer;
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
    removeEventListener("offline", this.#renew);
    document.removeEventListener("visibilitychange", this.#wake);
    clearTimeout(this.#timer);
    this.#drop();
  }

  #open() {
    this.#timer = 0;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${ROOT}${this.#path()}`);
    this.#socket = socket;
    this.#wait(PATIENCE, this.#renew);
    const mine = (act) => (event) => { if (socket === this.#socket) act(event); };
    socket.onopen = mine(() => this.#opened());
    socket.onmessage = mine((event) => this.#hear(JSON.parse(event.data)));
    socket.onclose = mine((event) => this.#lost(event));
  }

  #drop() {
    clearTimeout(this.#patience);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  #opened() {
    this.#refused = 0;
    this.#reason = "";
  }

  #hear(frame) {
    const first = !this.#live && frame.type !== "error";
    // A refusal in place of what comes first, or before a goodbye: who answers has only refused.
    if (!this.#live && !first) this.#socket.send(JSON.stringify({ type: "ping" }));
    if (first) {
      this.#live = true;
      this.#backoff.reset();
    }
    if (this.#live) this.#wait(SILENCE, this.#ask);
    if (frame.type !== "pong") this.#tell("frame", frame);
    if (first && this.#live) this.#tell("state", { live: true, sentence: "Live" });
  }

  #lost(event) {
    clearTimeout(this.#patience);
    const { wait, sentence } = readClose(event);
    const offline = !navigator.onLine;
    this.#live = false;
    this.#socket = null;
    this.#stopped(offline ? "Offline" : this.#reason || sentence);
    if (wait === null) return;
    const pause = offline ? OFFLINE : wait ?? this.#backoff.next();
    this.#timer = setTimeout(() => this.#open(), pause);
    this.#refused += 1;
    if (this.#refused >= SUSPICIOUS && !offline) this.#findReason();
  }

  /** A page is told nothing of a refused handshake; but a server that is ready is not away. */
  async #findReason() {
    const answer = await fetch(`${ROOT}readyz`, { cache: "no-store" }).catch(() => null);
    if (!this.#timer || this.#refused < SUSPICIOUS) return;
    this.#reason = answer?.ok ? REFUSED : "";
    if (this.#reason) this.#stopped(this.#reason);
  }

  #stopped(sentence) {
    this.#tell("state", { live: false, sentence });
  }

  /** Nothing was heard for a while: a server that is there answers. */
  #ask = () => {
    this.send({ type: "ping" });
    this.#wait(ANSWER, this.#renew);
  };

  #wait(milliseconds, act) {
    clearTimeout(this.#patience);
    this.#patience = setTimeout(act, milliseconds);
  }

  #renew = () => this.renew();

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
