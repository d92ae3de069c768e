import { element } from "./element.js";

const DELETED = "Message deleted";

/** A message as a line: who, a moment (or what there is instead), and what was said. */
export function makeLine({ message, username, deleted = false }, moment, classes = []) {
  const by = element("b", { children: [element("bdi", { text: username })] });
  const line = element("li", {
    children: [
      element("p", { className: "by", children: [by, " ", moment] }),
      element("p", { className: "said", text: message, dir: "auto" }),
    ],
  });
  line.classList.add(...classes);
  if (deleted) eraseLine(line);
  return line;
}

/** The line stays in its place without its text. */
export function eraseLine(line) {
  line.classList.add("deleted");
  line.querySelector(".said").textContent = DELETED;
}
