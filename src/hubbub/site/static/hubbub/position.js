/** Messages of a page of history. */
export const PAGE = 50;

/** How far a room was seen: the `seq` of its last event, in the numbering `epoch`. */
export class Position {
  #seq = null;
  #epoch = "";

  /** Whether nothing was seen yet. */
  get nowhere() {
    return this.#seq === null;
  }

  /** What a connection asks for: what came after this position, or a page where that cannot be told. */
  get query() {
    if (this.nowhere) return `history=${PAGE}`;
    return `since=${this.#seq}&epoch=${encodeURIComponent(this.#epoch)}&history=${PAGE}`;
  }

  /** Everything up to `seq` was seen, or is on a page before. */
  reach({ seq, epoch }) {
    this.#seq = seq;
    this.#epoch = epoch;
  }

  has(seq) {
    return !this.nowhere && seq <= this.#seq;
  }

  /** Be nowhere: what was said before may not be read, and the next event is the first. */
  forget() {
    this.reach({ seq: null, epoch: "" });
  }

  /** Whether it is the event that comes next; then it was seen. */
  pass(seq) {
    if (!this.nowhere && seq !== this.#seq + 1) return false;
    this.#seq = seq;
    return true;
  }
}
