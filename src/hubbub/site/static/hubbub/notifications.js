import { cookie } from "./cookie.js";
import { element, showState, time } from "./element.js";
import { Link } from "./link.js";

const KEPT = 100;
const PRIORITIES = ["low", "normal", "high"];

/** The notifications, newest first, and a form that sends one to everyone. */
export class Notifications {
  #section;
  #form;
  #link = new Link(() => "/ws/notifications/");

  constructor(section) {
    this.#section = section;
    this.#form = section.querySelector(".send");
    this.#form.addEventListener("submit", (event) => this.#send(event));
    this.#link.addEventListener("state", ({ detail }) => showState(section, detail));
    this.#link.addEventListener("frame", ({ detail }) => {
      if (detail.type === "notification") this.#show(detail);
    });
  }

  #show({ title, message, priority, timestamp }) {
    const level = PRIORITIES.includes(priority) ? priority : "normal";
    const head = element("p", {
      className: "by",
      children: [
        element("b", { text: title }), " ",
        element("span", { text: level, className: `priority ${level}` }), " ",
        time(timestamp),
      ],
    });
    const item = element("li", { children: [head, element("p", { text: message })] });
    const list = this.#section.querySelector(".list");
    list.prepend(item);
    while (list.childElementCount > KEPT) list.lastElementChild.remove();
  }

  async #send(event) {
    event.preventDefault();
    const button = this.#form.querySelector("button");
    button.disabled = true;
    const { sent, sentence } = await post(Object.fromEntries(new FormData(this.#form)));
    button.disabled = false;
    this.#form.querySelector(".result").textContent = sentence;
    if (sent) this.#form.reset();
  }
}

/** Send a notification; `{sent, sentence}`, the sentence being the server's own where it has one. */
async function post(notification) {
  try {
    const response = await fetch("/api/notifications/send/", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": cookie("csrftoken") },
      body: JSON.stringify(notification),
    });
    const { message } = await response.json();
    return { sent: response.ok, sentence: message };
  } catch {
    return { sent: false, sentence: "The server does not answer. Try again in a moment." };
  }
}
