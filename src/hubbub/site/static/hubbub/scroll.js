/** Pixels from the end within which a reader is taken to be there. */
const NEAR = 40;

/** A part of the page that scrolls: who is at its end stays there, who reads further up is not moved. */
export class Scroll {
  #element;

  constructor(element) {
    this.#element = element;
  }

  get atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#element;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  toEnd() {
    this.#element.scrollTop = this.#element.scrollHeight;
  }

  /** Let it grow at its end. */
  follow(act) {
    const { atEnd } = this;
    act();
    if (atEnd) this.toEnd();
  }

  /** Let it grow above `line`, which stays where it is seen. */
  hold(line, act) {
    const before = line.getBoundingClientRect().top;
    act();
    this.#element.scrollTop += line.getBoundingClientRect().top - before;
  }
}
