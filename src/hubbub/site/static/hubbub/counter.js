import { people, showState } from "./element.js";
import { Link } from "./link.js";

/** The counter: its value, its buttons, and how many look at it. */
export class Counter {
  #section;
  #link = new Link(() => "/ws/counter/");

  constructor(section) {
    this.#section = section;
    this.#link.addEventListener("frame", ({ detail }) => this.#hear(detail));
    this.#link.addEventListener("state", ({ detail }) => this.#state(detail));
    for (const button of section.querySelectorAll("button")) {
      button.addEventListener("click", () => this.#ask(button.value));
    }
  }

  #ask(action) {
    const sent = this.#link.send({ action, value: action === "reset" ? 0 : 1 });
    this.#trouble(sent ? "" : "Not connected.");
  }

  #state(state) {
    showState(this.#section, state);
    for (const button of this.#section.querySelectorAll("button")) button.disabled = !state.live;
  }

  #hear(frame) {
    if (frame.type === "counter_update") this.#text(".value", frame.counter.toLocaleString());
    else if (frame.type === "user_count_update") this.#text(".people", people(frame.count));
    else if (frame.type === "error") this.#trouble(`${frame.message}.`);
  }

  #text(selector, text) {
    this.#section.querySelector(selector).textContent = text;
  }

  #trouble(sentence) {
    this.#text(".trouble", sentence);
  }
}
