import { identifier } from "./identifier.js";
import { PATIENCE } from "./link.js";

/** Refusals that end by themselves: the same request is sent again. */
const PASSING = ["overloaded", "rate_limited"];

/** The requests that are not acked yet, in order.
 *
 * One is under way at a time: none overtakes another that was refused for a while. It may be sent
 * again at any time, since the server stores no id twice. The tab's storage keeps them over a
 * reload, under a name that says whose they are and for what.
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

  /** Take a request in, and send it as soon as it is its turn. */
  add(request) {
    const entry = { ...request, id: identifier() };
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

  /** Read an error frame: `{waits}`, a request that is sent again, or `{gone}`, one that is not. */
  refuse({ id, code, retry_after: seconds }) {
    // Of what is no JSON no id comes back.
    const refused = code === "invalid_json" ? this.first?.id : id;
    if (!PASSING.includes(code) || !this.first || refused !== this.first.id) {
      return { gone: this.remove(refused) };
    }
    this.#pause(seconds);
    return { waits: this.first };
  }

  /** Send nothing more until the link is live again. */
  close() {
    clearTimeout(this.#timer);
  }

  /** Send the first one again after so many seconds, and not at the same moment as everybody. */
  #pause(seconds = 1) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(), seconds * (1000 + 250 * Math.random()));
  }

  #send() {
    clearTimeout(this.#timer);
    if (!this.first || !this.#link.send(this.first)) return;
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
