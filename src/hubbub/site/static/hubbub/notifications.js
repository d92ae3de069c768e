import { showState } from "./element.js";
import { Inbox, KEPT } from "./inbox.js";
import { Link } from "./link.js";
import { keepQuiet } from "./quiet.js";
import { Sender } from "./sender.js";

const UNTOLD = "Some notifications were missed and cannot be told any more.";

/** The notifications as they come; for who is signed in, those that are not read yet before. */
export class Notifications {
  #section;
  #inbox;
  #link;
  #cursor = "";
  #signedIn = false;
  #known = new Set();

  constructor(section) {
    this.#section = section;
    this.#inbox = new Inbox(section);
    new Sender(section.querySelector(".send"));
    this.#link = new Link(() => `/ws/notifications/?${this.#query}`);
    this.#link.addEventListener("state", ({ detail }) => this.#state(detail));
    this.#link.addEventListener("frame", ({ detail }) => this.#hear(detail));
    const button = section.querySelector(".read-all");
    button.addEventListener("click", () => this.#link.send({ action: "read_all" }));
  }

  /** Who is not signed in has nothing unread, but hears of deletions with this parameter too. */
  get #query() {
    return this.#cursor ? `cursor=${encodeURIComponent(this.#cursor)}` : "unread=1";
  }

  #state(state) {
    showState(this.#section, state);
    this.#section.querySelector(".read-all").disabled = !state.live;
    if (state.live) this.#ask();
  }

  /** Read the newest ones: what was read or deleted while the page was away. */
  #ask() {
    if (!this.#signedIn) return;
    this.#known = this.#inbox.ids;
    this.#link.send({ action: "list", limit: KEPT });
  }

  #hear(frame) {
    if (frame.type === "connection_status") this.#begin(frame);
    else if (frame.type === "notification") this.#show(frame);
    else if (frame.type === "notification_deleted") this.#inbox.remove(frame.deleted);
    else if (frame.type === "notifications") this.#inbox.agree(frame, this.#known);
    else if (frame.type === "unread_count") this.#count(frame);
    else if (frame.type === "error") this.#trouble(`${frame.message}.`);
    else if (frame.recovered === false && !this.#signedIn) this.#trouble(UNTOLD);
    this.#cursor = frame.cursor ?? this.#cursor;
  }

  #begin({ unread }) {
    this.#trouble("");
    if (!this.#cursor) keepQuiet(this.#section.querySelector(".list"));
    this.#signedIn = unread !== undefined;
    if (this.#signedIn) this.#inbox.count(unread);
  }

  #show(notification) {
    this.#inbox.show(notification);
    this.#inbox.trim();
  }

  #count({ count }) {
    this.#inbox.count(count);
    if (!this.#inbox.agrees) this.#ask();
  }

  #trouble(sentence) {
    this.#section.querySelector(".trouble").textContent = sentence;
  }
}
