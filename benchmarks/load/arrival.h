/* What the texts of a server's frame mean. */
#ifndef ARRIVAL_H
#define ARRIVAL_H
#include "member.h"

/* Both are followed by a message's number, eight hexadecimal digits: */
#define MARKER "bench~" /* in the text of a message, and so of its deliveries */
#define ID "b-"         /* the whole "id" of a message that asks for an ack */

void frame_arrived(struct member *member, const struct frame *frame, uint64_t at);

#endif
