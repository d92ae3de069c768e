import { element, time } from "./element.js";
import { keepQuiet } from "./quiet.js";

export const KEPT = 100;
const PRIORITIES = ["low", "normal", "high"];

/** The notifications, newest first, each once; those that are not read are marked and counted. */
export class Inbox {
  #list;
  #log;
  #badge;
  #button;
  #items = new Map();
  #deleted = new Set();
  /** Undefined for who is not signed in: nobody counts for them. */
  #unread;

  constructor(section) {
    this.#list = section.querySelector(".list ol");
    this.#log = section.querySelector(".list");
    this.#badge = section.querySelector(".unread-count");
    this.#button = section.querySelector(".read-all");
  }

  get ids() {
    return new Set(this.#items.keys());
  }

  /** Whether as many are marked as are not read. */
  get agrees() {
    return this.#list.querySelectorAll(".unread").length === (this.#unread ?? 0);
  }

  /** So many are not read. */
  count(number) {
    this.#unread = number;
    this.#badge.textContent = number ? `${number} unread` : "";
    const focused = document.activeElement === this.#button;
    this.#button.hidden = !number;
    if (number) return;
    if (focused) this.#log.focus({ preventScroll: true });
    for (const id of this.#items.keys()) this.mark(id, true);
  }

  /** Show one. One that does not say whether it is read is new, though a page may have had it. */
  show(notification) {
    const { id, read } = notification;
    if (this.#deleted.has(id)) return;
    if (!this.#items.has(id)) this.#insert(notification);
    if (this.#unread === undefined) return;
    this.mark(id, read ?? false);
    if (read === undefined) this.count(this.#unread + 1);
  }

  /** Mark one as read or not. */
  mark(id, read) {
    const item = this.#items.get(id);
    item.classList.toggle("unread", !read);
    item.querySelector(".mark").textContent = read ? "" : "unread";
  }

  remove(id) {
    this.#deleted.add(id);
    this.#items.get(id)?.remove();
    this.#items.delete(id);
  }

  /** Take no more than there is room for: the oldest go. */
  trim() {
    while (this.#list.childElementCount > KEPT) {
      this.#items.delete(Number(this.#list.lastElementChild.dataset.id));
      this.#list.lastElementChild.remove();
    }
  }

  /** Be as a page of the newest ones says; of the `known` ones, those it lacks were deleted. */
  agree({ notifications, more }, known) {
    keepQuiet(this.#log);
    const page = new Set(notifications.map(({ id }) => id));
    const first = more ? notifications[0].id : 0;
    for (const id of known) if (id >= first && !page.has(id)) this.remove(id);
    for (const notification of notifications) this.show(notification);
    this.trim();
    // What was read while the page was on its way.
    if (this.#unread === 0) this.count(0);
  }

  #insert(notification) {
    const { id } = notification;
    const item = makeItem(notification);
    const older = [...this.#list.children].find((other) => Number(other.dataset.id) < id);
    this.#items.set(id, item);
    this.#list.insertBefore(item, older ?? null);
  }
}

function makeItem({ id, title, message, priority, timestamp }) {
  const level = PRIORITIES.includes(priority) ? priority : "normal";
  const head = element("p", {
    className: "by",
    children: [
      element("b", { text: title, dir: "auto" }), " ",
      element("span", { text: level, className: `priority ${level}` }), " ",
      time(timestamp), " ",
      element("span", { className: "mark hidden" }),
    ],
  });
  return element("li", { "data-id": id, children: [head, element("p", { text: message, dir: "auto" })] });
}
