import { cookie } from "./cookie.js";
import { identifier } from "./identifier.js";
import { PATIENCE } from "./link.js";

/** The form that sends a notification to everyone. */
export class Sender {
  #form;
  /** The same words have the same id, so that a second try sends them to nobody twice. */
  #id = identifier();

  constructor(form) {
    this.#form = form;
    form.addEventListener("input", () => { this.#id = identifier(); });
    form.addEventListener("submit", (event) => this.#send(event));
  }

  async #send(event) {
    event.preventDefault();
    const button = this.#form.querySelector("button");
    button.disabled = true;
    this.#tell("Sending…");
    const words = Object.fromEntries(new FormData(this.#form));
    const { sent, sentence } = await post({ ...words, id: this.#id });
    button.disabled = false;
    this.#tell(sentence);
    if (!sent) return;
    this.#form.reset();
    this.#id = identifier();
  }

  #tell(sentence) {
    this.#form.querySelector(".result").textContent = sentence;
  }
}

/** Send a notification; `{sent, sentence}`, the sentence being the server's own where it has one. */
async function post(notification) {
  try {
    const response = await fetch(`${document.body.dataset.root}api/notifications/send/`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": cookie("csrftoken") },
      body: JSON.stringify(notification),
      signal: AbortSignal.timeout(PATIENCE),
    });
    const { message } = await response.json();
    return { sent: response.ok, sentence: message };
  } catch {
    return { sent: false, sentence: "The server does not answer. Try again in a moment." };
  }
}
