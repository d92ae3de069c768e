/** How long to wait before the next try: longer each time, and not everybody at once. */
const FIRST = 500;
const LONGEST = 15_000;

export class Backoff {
  #tries = 0;

  /** Milliseconds until the next try: at least half of the doubled time, the rest by chance. */
  next() {
    const most = Math.min(LONGEST, FIRST * 2 ** this.#tries);
    this.#tries += 1;
    return most / 2 + Math.random() * (most / 2);
  }

  reset() {
    this.#tries = 0;
  }
}
