import { element } from "./element.js";
import { makeLine } from "./line.js";

/** The lines of the messages that are on their way, below those that are stored. */
export class Waiting {
  #list;
  #lines = new Map();

  constructor(list) {
    this.#list = list;
    list.replaceChildren();
  }

  add({ id, message, username = "Anonymous" }) {
    const state = element("span", { className: "sending", text: "sending…" });
    const line = makeLine({ message, username }, state, ["mine"]);
    this.#lines.set(id, { line, state, seq: null });
    this.#list.append(line);
  }

  /** Say why it is not stored yet. */
  explain(id, sentence) {
    const { line, state } = this.#lines.get(id);
    state.textContent = sentence;
    line.hidden = false;
  }

  /** It may have come back as a line among the others already; its ack will tell. */
  hide(id) {
    this.#lines.get(id).line.hidden = true;
  }

  /** It is stored, and waits for the event with this seq. */
  store(id, seq) {
    this.#lines.get(id).seq = seq;
  }

  remove(id) {
    this.#lines.get(id)?.line.remove();
    this.#lines.delete(id);
  }

  /** The event with this seq is here; false if no line waits for it. */
  arrive(seq) {
    for (const [id, waits] of this.#lines) {
      if (waits.seq !== seq) continue;
      this.remove(id);
      return true;
    }
    return false;
  }

  /** All events are here. */
  arriveAll() {
    for (const [id, { seq }] of this.#lines) if (seq !== null) this.remove(id);
  }
}
