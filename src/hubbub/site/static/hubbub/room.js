import { time } from "./element.js";
import { Link } from "./link.js";
import { Messages } from "./messages.js";
import { Outbox } from "./outbox.js";
import { PAGE, Position } from "./position.js";
import { Scroll } from "./scroll.js";
import { Waiting } from "./waiting.js";

const EARLIER = "earlier";
/** The epoch of a room that keeps nothing: its messages have no `seq`. */
const KEEPS_NOTHING = "none";
const UNKEPT = "What was said while you were away is not kept here.";
const UNTOLD = "Too much has changed meanwhile to be told: these are the latest messages.";

/** One stay in a room: what is said there comes in order, each once, however often the link breaks.
 *
 * Events: `state` (of the link), `people` (detail: how many), `refused` (detail: `{sentence, text}`,
 * the text of a message that will not be stored).
 */
export class Room extends EventTarget {
  #username;
  #position = new Position();
  #whole = false;
  #asking = false;
  #scroll;
  #messages;
  #waiting;
  #link;
  #outbox;

  /** `username()` is the name that one speaks under here, empty for none. */
  constructor(name, { user, username, log }) {
    super();
    this.#username = username;
    this.#scroll = new Scroll(log);
    this.#messages = new Messages(log, this.#scroll);
    this.#messages.replace([], () => false, false);
    this.#waiting = new Waiting(log.querySelector(".waiting"));
    this.#link = new Link(() => `ws/chat/${encodeURIComponent(name)}/?${this.#position.query}`);
    this.#link.addEventListener("frame", ({ detail }) => this.#hear(detail));
    this.#link.addEventListener("state", ({ detail }) => this.#state(detail));
    this.#outbox = new Outbox(`${user}@${name}`, this.#link);
    for (const entry of this.#outbox.entries) this.#waiting.add(entry);
  }

  /** Whether one has to enter anew. */
  get over() {
    return this.#link.over;
  }

  say(message) {
    const username = this.#username();
    const words = username ? { message, username } : { message };
    this.#waiting.add(this.#outbox.add({ type: "chat_message", ...words }));
    this.#scroll.toEnd();
  }

  /** Ask for the page before the one that is shown. */
  showEarlier() {
    if (!this.#whole || this.#asking) return;
    const before = this.#messages.first;
    this.#asking = this.#link.send({ type: "history", before, limit: PAGE, id: EARLIER });
  }

  leave() {
    this.#outbox.close();
    this.#link.close();
  }

  #state(state) {
    this.#asking = false;
    if (state.live) this.#link.send({ type: "presence" });
    this.#tell("state", state);
  }

  #hear(frame) {
    switch (frame.type) {
      case "recovery": return this.#recover(frame);
      case "history": return this.#whole ? this.#prepend(frame) : this.#begin(frame);
      case "chat_message": return this.#add(frame);
      case "message_deleted": return this.#erase(frame);
      case "message_edited": return this.#change(frame);
      case "ack": return this.#acked(frame);
      case "error": return this.#refused(frame);
      case "notification": return this.#arrival(frame);
      case "presence": return this.#tell("people", frame.count);
    }
  }

  /** What was missed follows; where it cannot be told, a page of history does. */
  #recover(frame) {
    if (!frame.recovered) this.#whole = false;
  }

  #begin(history) {
    const again = !this.#position.nowhere;
    this.#whole = true;
    if (again && history.epoch === KEEPS_NOTHING) return this.#messages.note(UNKEPT);
    this.#messages.replace(history.messages, (frame) => this.#isMine(frame), history.more);
    this.#position.reach(history);
    this.#waiting.arriveAll();
    if (again) this.#messages.note(UNTOLD);
  }

  #prepend({ messages, more }) {
    this.#asking = false;
    const { first = Infinity } = this.#messages;
    const earlier = messages.filter(({ seq }) => seq < first);
    this.#messages.prepend(earlier, (frame) => this.#hasMyName(frame), more);
  }

  #add(frame) {
    const next = frame.seq === undefined || this.#isNext(frame);
    if (next) this.#messages.add(frame, this.#isMine(frame));
  }

  #erase(frame) {
    if (this.#isNext(frame)) this.#messages.erase(frame.deleted);
  }

  #change(frame) {
    if (this.#isNext(frame) && !frame.deleted) this.#messages.change(frame.edited, frame.message);
  }

  /** Whether an event is the next one. After a gap the link is opened anew, and what lacks comes. */
  #isNext({ seq }) {
    if (this.#position.has(seq)) return false;
    const next = this.#position.pass(seq);
    if (!next) this.#link.renew();
    return next;
  }

  #acked({ id, seq }) {
    if (!this.#outbox.remove(id)) return;
    if (seq !== undefined && !this.#position.has(seq)) {
      this.#waiting.store(id, seq);
      return;
    }
    this.#waiting.remove(id);
    this.#messages.own(seq);
  }

  #refused(frame) {
    this.#asking &&= frame.id !== EARLIER;
    // In place of what was said before; to a request its own `id` comes back.
    if (frame.code === "forbidden" && frame.id === undefined) this.#forget();
    const { waits, gone } = this.#outbox.refuse(frame);
    if (waits) {
      this.#waiting.explain(waits.id, `${frame.message}: waiting…`);
      return;
    }
    if (gone) this.#waiting.remove(gone.id);
    this.#tell("refused", { sentence: sentenceOf(frame), text: gone?.message });
  }

  /** What was said before may not be read, or one has to go. */
  #forget() {
    this.#whole = false;
    this.#position.forget();
  }

  #arrival({ message, username, count }) {
    const known = username && username !== "Anonymous";
    this.#messages.note(message, known ? username : "");
    if (count !== undefined) this.#tell("people", count);
  }

  /** Whether a message was said here. One that looks like the one under way is taken for it. */
  #isMine(frame) {
    if (this.#waiting.arrive(frame.seq)) return true;
    const { first } = this.#outbox;
    const { message, username } = frame;
    if (first?.message !== message || (first.username ?? "Anonymous") !== username) {
      return this.#hasMyName(frame);
    }
    this.#waiting.hide(first.id);
    return true;
  }

  #hasMyName({ username }) {
    const name = this.#username();
    return name !== "" && username === name;
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** What an error says, and until when where that has an end. */
function sentenceOf({ message, until }) {
  return until ? `${message} until ${time(until).textContent}.` : `${message}.`;
}
