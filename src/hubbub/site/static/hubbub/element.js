const CLOCK = { hour: "2-digit", minute: "2-digit" };
const DAY = { day: "numeric", month: "short" };

/** Make an element of text only: what comes from a socket is never read as markup. */
export function element(tag, { text, className, children = [], ...attributes } = {}) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** A moment as the reader's clock shows it, with the day if that is not today. */
export function time(timestamp) {
  const moment = new Date(timestamp);
  if (Number.isNaN(moment.getTime())) return element("time");
  const today = moment.toDateString() === new Date().toDateString();
  const text = moment.toLocaleString([], today ? CLOCK : { ...DAY, ...CLOCK });
  return element("time", { text, datetime: moment.toISOString() });
}

/** Show in a section whether its link is live. */
export function showState(section, { live, sentence }) {
  const shown = section.querySelector(".link");
  shown.textContent = sentence;
  shown.classList.toggle("live", live);
  if (live) section.classList.add("told");
}

/** Tell how many people there are. */
export function people(count) {
  return count === 1 ? "1 person" : `${count} people`;
}
