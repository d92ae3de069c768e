// The chat on Socket.IO, WebSocket transport only. Usage: node socketio.mjs PORT
import { createServer } from "node:http";
import { Server } from "socket.io";
import { eventOf } from "./chat.mjs";

const http = createServer();
const io = new Server(http, { transports: ["websocket"], serveClient: false });

io.on("connection", (socket) => {
  const { room } = socket.handshake.query; // Socket.IO's path is its own; the room is a parameter
  socket.join(room);
  socket.on("chat_message", (data) => {
    const event = eventOf(room, data);
    if (event === null) socket.emit("error", { message: "Invalid message format" });
    else io.to(room).emit("chat_message", event);
  });
});

http.listen(Number(process.argv[2]), "127.0.0.1");
