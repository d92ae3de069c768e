import { people, showState } from "./element.js";
import { Link } from "./link.js";
import { Outbox } from "./outbox.js";

/** Milliseconds that a change may take before it is said that it waits. */
const SOON = 500;

/** The counter: its value, its buttons, and how many look at it. */
export class Counter {
  #section;
  #link = new Link(() => "ws/counter/");
  #outbox;
  #timer = 0;

  constructor(section) {
    this.#section = section;
    this.#outbox = new Outbox(`${document.body.dataset.user}@counter`, this.#link);
    this.#link.addEventListener("frame", ({ detail }) => this.#hear(detail));
    this.#link.addEventListener("state", ({ detail }) => this.#state(detail));
    for (const button of section.querySelectorAll("button")) {
      button.addEventListener("click", () => this.#ask(button.value));
    }
    this.#showWaiting();
  }

  #ask(action) {
    this.#text(".trouble", "");
    this.#outbox.add({ action, value: action === "reset" ? 0 : 1 });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#showWaiting(), SOON);
  }

  #state(state) {
    showState(this.#section, state);
    for (const button of this.#section.querySelectorAll("button")) button.disabled = !state.live;
    if (!state.live) this.#showWaiting();
  }

  #hear(frame) {
    if (frame.type === "counter_update") this.#text(".value", frame.counter.toLocaleString());
    else if (frame.type === "user_count_update") this.#text(".people", people(frame.count));
    else if (frame.type === "ack") this.#acked(frame);
    else if (frame.type === "error") this.#refused(frame);
  }

  #acked({ id }) {
    this.#outbox.remove(id);
    if (!this.#outbox.first) clearTimeout(this.#timer);
    if (this.#waiting.textContent) this.#showWaiting();
  }

  #refused(frame) {
    const { waits } = this.#outbox.refuse(frame);
    this.#text(".trouble", waits ? `${frame.message}: waiting…` : `${frame.message}.`);
    this.#showWaiting();
  }

  get #waiting() {
    return this.#section.querySelector(".waiting-changes");
  }

  /** Say how many changes are not stored yet. */
  #showWaiting() {
    const { length } = this.#outbox.entries;
    if (!length) this.#waiting.textContent = "";
    else this.#waiting.textContent = `Not stored yet: ${length === 1 ? "1 change" : `${length} changes`}`;
  }

  #text(selector, text) {
    this.#section.querySelector(selector).textContent = text;
  }
}
