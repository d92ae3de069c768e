// The chat on `ws` for Node, as its own broadcast example does it. Usage: node ws.mjs PORT
import { WebSocketServer } from "ws";
import { outgoing, roomOf } from "./chat.mjs";

const rooms = new Map();
const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]) });

server.on("connection", (socket, request) => {
  const room = roomOf(request.url);
  if (!rooms.has(room)) rooms.set(room, new Set());
  const members = rooms.get(room);
  members.add(socket);
  socket.on("error", () => {});
  socket.on("close", () => members.delete(socket));
  socket.on("message", (text) => {
    const out = outgoing(room, text);
    if (out === null) {
      socket.send('{"type":"error","message":"Invalid message format"}');
      return;
    }
    const data = Buffer.from(out); // one conversion to UTF-8 for all members
    for (const member of members) {
      if (member.readyState === 1) member.send(data, { binary: false });
    }
  });
});
