/** Says to a reader who scrolled up how much has come below, and leads there. */
export class News {
  #button;
  #count = 0;

  constructor(log, scroll) {
    this.#button = log.parentElement.querySelector(".news");
    this.#button.onclick = () => {
      scroll.toEnd();
      log.focus({ preventScroll: true });
    };
    log.onscroll = () => { if (scroll.atEnd) this.#show(0); };
    this.#show(0);
  }

  more() {
    this.#show(this.#count + 1);
  }

  #show(count) {
    this.#count = count;
    this.#button.hidden = count === 0;
    this.#button.textContent = count === 1 ? "1 new message" : `${count} new messages`;
  }
}
