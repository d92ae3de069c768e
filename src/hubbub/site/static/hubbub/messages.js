import { element, time } from "./element.js";
import { eraseLine, makeLine } from "./line.js";
import { News } from "./news.js";
import { keepQuiet } from "./quiet.js";

const KEPT = 500;

/** The lines of a room: what was said, and notes between, oldest first. */
export class Messages {
  #log;
  #list;
  #earlier;
  #scroll;
  #news;
  /** A page may be older than what was told of a deletion, or of another text. */
  #deleted = new Set();
  #changed = new Map();

  constructor(log, scroll) {
    this.#log = log;
    this.#list = log.querySelector(".messages");
    this.#earlier = log.querySelector(".earlier");
    this.#scroll = scroll;
    this.#news = new News(log, scroll);
  }

  /** The seq of the first message that is shown; undefined where there is none. */
  get first() {
    const line = this.#list.querySelector("[data-seq]");
    return line ? Number(line.dataset.seq) : undefined;
  }

  /** Show these and nothing else; `more`: there are earlier ones. */
  replace(frames, isMine, more) {
    this.#deleted.clear();
    this.#changed.clear();
    keepQuiet(this.#log);
    this.#list.replaceChildren(...frames.map((frame) => this.#line(frame, isMine(frame))));
    this.#earlier.hidden = !more;
    this.#scroll.toEnd();
  }

  /** Show a page of earlier ones above the others. */
  prepend(frames, isMine, more) {
    const lines = frames.map((frame) => this.#line(frame, isMine(frame)));
    const focused = document.activeElement === this.#earlier;
    keepQuiet(this.#log);
    this.#scroll.hold(this.#list.firstElementChild ?? this.#list, () => {
      this.#list.prepend(...lines);
      this.#earlier.hidden = !more;
    });
    if (focused && !more) this.#log.focus({ preventScroll: true });
  }

  add(frame, mine) {
    const { atEnd } = this.#scroll;
    this.#append(this.#line(frame, mine));
    if (!atEnd) this.#news.more();
  }

  /** A note between the messages, with the name of somebody it is about. */
  note(text, name = "") {
    const children = name ? [`${text}: `, element("bdi", { text: name })] : [text];
    this.#append(element("li", { className: "note", children }));
  }

  erase(seq) {
    this.#deleted.add(seq);
    const line = this.#find(seq);
    if (line) this.#scroll.follow(() => eraseLine(line));
  }

  /** Another text of one that stands. */
  change(seq, text) {
    this.#changed.set(seq, text);
    const line = this.#find(seq);
    if (!line || this.#deleted.has(seq)) return;
    this.#scroll.follow(() => (line.querySelector(".said").textContent = text));
  }

  /** The ack says that this one was said here. */
  own(seq) {
    this.#find(seq)?.classList.add("mine");
  }

  #find(seq) {
    return this.#list.querySelector(`[data-seq="${Number(seq)}"]`);
  }

  #line(message, mine) {
    const text = this.#changed.get(message.seq) ?? message.message;
    const deleted = message.deleted || this.#deleted.has(message.seq);
    const frame = { ...message, message: text, deleted };
    const line = makeLine(frame, time(frame.timestamp), mine ? ["mine"] : []);
    if (frame.seq !== undefined) line.dataset.seq = frame.seq;
    return line;
  }

  #append(line) {
    const { atEnd } = this.#scroll;
    this.#list.append(line);
    if (!atEnd) return;
    // What is taken off can be read again: only then, since nobody looks at it.
    while (this.#list.childElementCount > KEPT) {
      this.#earlier.hidden = false;
      this.#list.firstElementChild.remove();
    }
    this.#scroll.toEnd();
  }
}
