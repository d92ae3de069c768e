import { Chat } from "./chat.js";
import { Counter } from "./counter.js";
import { Notifications } from "./notifications.js";

new Chat(document.querySelector("#chat"));
new Counter(document.querySelector("#counter"));
new Notifications(document.querySelector("#notifications"));
