// The chat on Bun's own WebSocket server (uWebSockets) and its publish. Usage: bun bun.mjs PORT
import { outgoing, roomOf } from "./chat.mjs";

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.argv[2]),
  fetch(request, server) {
    const room = roomOf(request.url);
    if (!server.upgrade(request, { data: { room } })) return new Response(null, { status: 426 });
  },
  websocket: {
    open(socket) {
      socket.subscribe(socket.data.room);
    },
    message(socket, text) {
      const out = outgoing(socket.data.room, text);
      if (out === null) socket.send('{"type":"error","message":"Invalid message format"}');
      else server.publish(socket.data.room, out);
    },
  },
});
