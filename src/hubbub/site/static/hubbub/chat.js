import { element, people, showState, time } from "./element.js";
import { Link } from "./link.js";

const KEPT = 500;
const NAME = "hubbub.username";

/** A chat room: its messages, who comes and goes, and a line to speak. */
export class Chat {
  #section;
  #place;
  #say;
  #list;
  #link = null;
  #room = "";
  #said = "";

  constructor(section) {
    this.#section = section;
    this.#place = section.querySelector(".place");
    this.#say = section.querySelector(".say");
    this.#list = section.querySelector(".messages");
    const { room, username } = this.#place.elements;
    const wanted = decodeURIComponent(location.hash.slice(1));
    if (/^[A-Za-z0-9_.-]{1,64}$/.test(wanted)) room.value = wanted;
    if (!username.readOnly) username.value = localStorage.getItem(NAME) ?? "";
    username.addEventListener("change", () => this.#keepName());
    this.#place.addEventListener("submit", (event) => this.#go(event));
    this.#say.addEventListener("submit", (event) => this.#speak(event));
    this.#enter(room.value);
  }

  get #username() {
    return this.#place.elements.username.value.trim();
  }

  #keepName() {
    const { username } = this.#place.elements;
    if (!username.readOnly) localStorage.setItem(NAME, this.#username);
  }

  #go(event) {
    event.preventDefault();
    this.#keepName();
    const { room } = this.#place.elements;
    if (room.value !== this.#room) this.#enter(room.value);
    this.#say.elements.message.focus();
  }

  #enter(room) {
    this.#link?.close();
    this.#room = room;
    history.replaceState(null, "", `#${room}`);
    this.#section.querySelector(".room").textContent = room;
    this.#section.querySelector(".people").textContent = "";
    this.#list.replaceChildren();
    this.#trouble("");
    this.#link = new Link(`/ws/chat/${encodeURIComponent(room)}/`);
    this.#link.addEventListener("frame", ({ detail }) => this.#hear(detail));
    this.#link.addEventListener("state", ({ detail }) => this.#state(detail));
  }

  #state(state) {
    showState(this.#section, state);
    if (state.again) this.#note("Connected again. What was said meanwhile is not shown.");
  }

  #speak(event) {
    event.preventDefault();
    const { message } = this.#say.elements;
    if (!message.value.trim()) return;
    const frame = { type: "chat_message", message: message.value };
    if (this.#username) frame.username = this.#username;
    if (!this.#link.send(frame)) {
      this.#trouble("Not connected. Your message is still here; send it again in a moment.");
      return;
    }
    this.#said = message.value;
    message.value = "";
    this.#trouble("");
  }

  #hear(frame) {
    if (frame.type === "chat_message") this.#show(frame);
    else if (frame.type === "notification") this.#arrival(frame);
    else if (frame.type === "error") this.#refused(frame);
  }

  #show({ message, username, timestamp }) {
    const mine = username === (this.#username || "Anonymous");
    const head = element("p", {
      className: "by",
      children: [element("b", { text: username }), " ", time(timestamp)],
    });
    const said = element("p", { text: message, className: "said" });
    this.#add(element("li", { className: mine ? "mine" : "", children: [head, said] }));
  }

  #arrival({ message, username, count }) {
    const known = username && username !== "Anonymous";
    this.#note(known ? `${message}: ${username}` : message);
    if (count !== undefined) this.#section.querySelector(".people").textContent = people(count);
  }

  #refused({ message, retry_after: wait }) {
    this.#trouble(wait ? `${message}. Try again in ${Math.ceil(wait)} s.` : `${message}.`);
    const { message: line } = this.#say.elements;
    if (!line.value) line.value = this.#said;
  }

  #note(text) {
    this.#add(element("li", { className: "note", text }));
  }

  /** Add a line; whoever reads further up is not pulled down. */
  #add(item) {
    const list = this.#list;
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    list.append(item);
    while (list.childElementCount > KEPT) list.firstElementChild.remove();
    if (atEnd) list.scrollTop = list.scrollHeight;
  }

  #trouble(sentence) {
    this.#section.querySelector(".trouble").textContent = sentence;
  }
}
