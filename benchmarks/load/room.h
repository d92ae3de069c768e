/* The rooms: who is in them, which messages are under way in each, who says the next. No I/O but
 * through member.
 *
 * They lie in options.each layers, and every member is in one room of each layer: in the first one
 * member i is in room i % rooms_of_a_layer(), in the others it has other neighbours. A message's
 * number says its room: it is number % options.rooms. */
#ifndef ROOM_H
#define ROOM_H
#include "member.h"

extern int sending; /* whether a closed loop goes on with the next message */

/* Makes options.rooms rooms. */
void rooms_make(void);

/* So many messages can be under way that no member is in the rooms of two, with one in each. */
int rooms_of_a_layer(void);

/* The room of a layer that a member is in. */
int room_of(const struct member *member, int layer);

/* Says the next message of a room; its members take turns, so that every way in is used. */
void message_send(int room);

/* A message has come to `member`. */
void message_told(const struct member *member, uint32_t number, uint64_t at);

/* The server says that it has stored a message of `member`. */
void message_acked(const struct member *member, uint32_t number, uint64_t at);

#endif
