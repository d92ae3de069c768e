import { showState } from "./element.js";
import { identifier } from "./identifier.js";
import { Inbox, KEPT } from "./inbox.js";
import { Link } from "./link.js";
import { keepQuiet } from "./quiet.js";
import { Sender } from "./sender.js";

const UNTOLD = "Some notifications were missed and cannot be told any more.";

/** The notifications as they come, after the last ones: of a user, those that are not read yet. */
export class Notifications {
  #section;
  #inbox;
  #link;
  #cursor = "";
  #signedIn = false;
  #known = new Set();
  /** The id of a reading of all that is not acked yet. */
  #reading = "";

  constructor(section) {
    this.#section = section;
    this.#inbox = new Inbox(section);
    new Sender(section.querySelector(".send"));
    this.#link = new Link(() => `ws/notifications/?${this.#query}`);
    this.#link.addEventListener("state", ({ detail }) => this.#state(detail));
    this.#link.addEventListener("frame", ({ detail }) => this.#hear(detail));
    const button = section.querySelector(".read-all");
    button.addEventListener("click", () => this.#readAll(identifier()));
  }

  /** For a visitor who is not signed in, all are unread. */
  get #query() {
    return this.#cursor ? `cursor=${encodeURIComponent(this.#cursor)}` : "unread=1";
  }

  #state(state) {
    showState(this.#section, state);
    this.#section.querySelector(".read-all").disabled = !state.live;
    if (!state.live) return;
    this.#ask();
    if (this.#reading) this.#readAll(this.#reading);
  }

  /** Ask for it, and again on the next connection where no ack comes; the button says that it waits. */
  #readAll(id) {
    this.#reading = id;
    this.#section.querySelector(".read-all").disabled = true;
    this.#link.send({ action: "read_all", id });
  }

  #acked({ id }) {
    if (id !== this.#reading) return;
    this.#reading = "";
    this.#section.querySelector(".read-all").disabled = false;
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
    else if (frame.type === "ack") this.#acked(frame);
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
