import { identifier } from "./identifier.js";
import { PATIENCE } from "./link.js";

/** What was written and is not acked yet, in order.
 *
 * One message is under way at a time: none overtakes another that was refused for a while. It may be
 * sent again at any time, since the server stores no id twice. The tab's storage keeps it over a
 * reload, under a name that says whose words these are and in which room.
 */
export class Outbox {
  #name;
  #link;
  #entries;
  #timer = 0;

  constructor(name, link) {
    this.#name = `hubbub.outbox ${name}`;
    this.#link = link;
    this.#entries = kept(this.#name);
    link.addEventListener("state", ({ detail }) => (detail.live ? this.#send() : this.close()));
  }

  get entries() {
    return this.#entries;
  }

  get first() {
    return this.#entries.at(0);
  }

  /** Take words in, and send them as soon as it is their turn. */
  add(words) {
    const entry = { id: identifier(), ...words };
    this.#entries.push(entry);
    this.#keep();
    if (entry === this.first) this.#send();
    return entry;
  }

  /** Take out what is stored, or refused for good; undefined if it is not here. */
  remove(id) {
    const index = this.#entries.findIndex((entry) => entry.id === id);
    if (index < 0) return undefined;
    const [entry] = this.#entries.splice(index, 1);
    this.#keep();
    if (index === 0) this.#send();
    return entry;
  }

  /** Send the first one again after so many seconds, and not at the same moment as everybody. */
  pause(seconds = 1) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(), seconds * (1000 + 250 * Math.random()));
  }

  /** Send nothing more until the link is live again. */
  close() {
    clearTimeout(this.#timer);
  }

  #send() {
    clearTimeout(this.#timer);
    if (!this.first || !this.#link.send({ type: "chat_message", ...this.first })) return;
    this.#timer = setTimeout(() => this.#link.renew(), PATIENCE);
  }

  #keep() {
    if (this.first) sessionStorage.setItem(this.#name, JSON.stringify(this.#entries));
    else sessionStorage.removeItem(this.#name);
  }
}

/** What the tab kept; nothing, where something else has written there. */
function kept(name) {
  try {
    const entries = JSON.parse(sessionStorage.getItem(name));
    return Array.isArray(entries) ? entries : [];
  } catch {
    return [];
  }
}
