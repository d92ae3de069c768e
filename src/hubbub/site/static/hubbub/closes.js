/** What the server's close codes ask of a page: come back or not, when, and what to tell. */
const AFTER_A_MINUTE = 60_000;

const FINAL = new Map([
  [1009, "The message was too big."],
  [4401, "Please sign in again."],
  [4403, "You are not allowed in here."],
]);

/** `{wait, sentence}` for a CloseEvent; `wait` is null for "do not come back", undefined for
 * "the backoff decides". */
export function readClose({ code, reason }) {
  if (FINAL.has(code)) return { wait: null, sentence: FINAL.get(code) };
  if (code === 4429) return { wait: AFTER_A_MINUTE, sentence: "Too many messages: back in a minute." };
  const asked = code === 1012 ? /retry_after_ms=(\d+)/.exec(reason) : null;
  return { wait: asked ? Number(asked[1]) : undefined, sentence: "Reconnecting…" };
}
