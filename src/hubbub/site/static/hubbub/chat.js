import { people, showState } from "./element.js";
import { Room } from "./room.js";

const NAME = "hubbub.username";

/** The chat: which room, under which name, and a line to speak. */
export class Chat {
  #section;
  #form;
  #say;
  #room = null;
  #name = "";

  constructor(section) {
    this.#section = section;
    this.#form = section.querySelector(".place");
    this.#say = section.querySelector(".say");
    const { room, username } = this.#form.elements;
    const wanted = location.hash.slice(1);
    if (/^[A-Za-z0-9_.-]{1,64}$/.test(wanted)) room.value = wanted;
    if (!username.readOnly) username.value = localStorage.getItem(NAME) ?? "";
    username.addEventListener("change", () => this.#keepName());
    this.#form.addEventListener("submit", (event) => this.#go(event));
    this.#say.addEventListener("submit", (event) => this.#speak(event));
    section.querySelector(".earlier").addEventListener("click", () => this.#room.showEarlier());
    this.#enter(room.value);
  }

  get #username() {
    return this.#form.elements.username.value.trim();
  }

  #keepName() {
    const { username } = this.#form.elements;
    if (!username.readOnly) localStorage.setItem(NAME, this.#username);
  }

  #go(event) {
    event.preventDefault();
    this.#keepName();
    const { room } = this.#form.elements;
    if (room.value !== this.#name || this.#room.over) this.#enter(room.value);
    this.#say.elements.message.focus();
  }

  #enter(name) {
    this.#room?.leave();
    this.#name = name;
    history.replaceState(null, "", `#${name}`);
    this.#text(".room", name);
    this.#text(".people", "");
    this.#text(".trouble", "");
    this.#section.classList.remove("told");
    showState(this.#section, { live: false, sentence: "Connecting…" });
    this.#room = new Room(name, {
      user: document.body.dataset.user,
      username: () => this.#username,
      log: this.#section.querySelector(".log"),
    });
    this.#room.addEventListener("state", ({ detail }) => showState(this.#section, detail));
    this.#room.addEventListener("people", ({ detail }) => this.#text(".people", people(detail)));
    this.#room.addEventListener("refused", ({ detail }) => this.#refused(detail));
  }

  #speak(event) {
    event.preventDefault();
    const { message } = this.#say.elements;
    if (!message.value.trim()) return;
    this.#text(".trouble", "");
    this.#room.say(message.value);
    message.value = "";
  }

  /** Tell why, and give the text back: in the line, or beside the reason if there is another now. */
  #refused({ sentence, text }) {
    const { message } = this.#say.elements;
    const free = message.value === "";
    if (text !== undefined && free) message.value = text;
    this.#text(".trouble", text === undefined || free ? sentence : `${sentence} Not sent: ${text}`);
  }

  #text(selector, text) {
    this.#section.querySelector(selector).textContent = text;
  }
}
