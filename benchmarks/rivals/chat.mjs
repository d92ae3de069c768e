// What the rivals in JavaScript share: the check of a message and the event that is made of it.
const sequences = new Map();

/** The room named in the path: /ws/chat/NAME/ */
export function roomOf(url) {
  return url.split("/ws/chat/")[1].replace("/", "");
}

/** The event as an object, or null when the message is not one. */
export function eventOf(room, data) {
  if (data === null || typeof data !== "object" || data.type !== "chat_message") return null;
  const { message, username = "Anonymous" } = data;
  if (typeof message !== "string" || typeof username !== "string") return null;
  if (message.trim() === "" || message.length > 1000) return null;
  const seq = (sequences.get(room) ?? 0) + 1;
  sequences.set(room, seq);
  return { type: "chat_message", message, username, timestamp: new Date().toISOString(), seq };
}

/** The event as JSON, or null when the text is no message. */
export function outgoing(room, text) {
  let data;
  try {
    data = JSON.parse(text);
  } catch {
    return null;
  }
  const event = eventOf(room, data);
  return event === null ? null : JSON.stringify(event);
}
