/* The rooms: which messages are under way in each, who says the next. No I/O but through member. */
#ifndef ROOM_H
#define ROOM_H
#include "member.h"

extern int sending; /* whether a closed loop goes on with the next message */

/* Makes options.rooms rooms. */
void rooms_make(void);

/* Says the next message of a room; its members take turns, so that every way in is used. */
void message_send(int room);

/* A message has come to `member`. */
void message_told(const struct member *member, uint32_t number, uint64_t at);

/* The server says that it has stored a message of `member`. */
void message_acked(const struct member *member, uint32_t number, uint64_t at);

#endif
