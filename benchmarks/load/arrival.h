/* What a text frame of the server means. */
#ifndef ARRIVAL_H
#define ARRIVAL_H
#include "member.h"

/* Both are followed by a message's number in its room, eight hexadecimal digits: */
#define MARKER "bench~" /* in the text of a message, and so of its deliveries */
#define ID "b-"         /* the whole "id" of a message that asks for an ack */

void text_arrived(struct member *member, const struct frame *frame, uint64_t at);

#endif
