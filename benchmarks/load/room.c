#include "room.h"
#include "arrival.h"
#include "clock.h"
#include "figures.h"
#include "options.h"
#include <stdio.h>
#include <stdlib.h>

enum { RING = 256 }; /* messages of one room that are remembered: 12 s at 20 a second */
#define PADDING "the quick brown fox jumps over the lazy dog, twice"

/* missing: members yet to get it; unacked: 1 until its sender has been told that it is stored */
struct message { uint64_t sent; uint32_t number; int missing, unacked; };
struct room { uint32_t next; struct message ring[RING]; };

static struct room *rooms;
int sending;

void rooms_make(void) {
    rooms = calloc((size_t)options.rooms, sizeof *rooms);
}

static struct member *sender_of(int room, uint32_t number) {
    return &members[room + (int)(number % (unsigned)options.members) * options.rooms];
}

void message_send(int index) {
    struct room *room = &rooms[index];
    uint32_t number = room->next++;
    char id[32] = "", text[512];
    if (options.acks)
        snprintf(id, sizeof id, ",\"id\":\"" ID "%08x\"", number);
    int length = snprintf(text, sizeof text,
                          "%s{\"type\":\"chat_message\",\"message\":\"" MARKER "%08x " PADDING
                          "\",\"username\":\"bench\"%s}%s",
                          options.socketio ? "42[\"chat_message\"," : "", number, id,
                          options.socketio ? "]" : "");
    room->ring[number % RING] = (struct message){now(), number, options.members, options.acks};
    counts.messages++;
    member_say(sender_of(index, number), TEXT, text, (size_t)length);
}

void message_told(const struct member *member, uint32_t number, uint64_t at) {
    struct message *message = &rooms[member->room].ring[number % RING];
    if (message->number != number || message->missing <= 0) {
        counts.strays++; /* told twice, or older than the ring */
        return;
    }
    counts.deliveries++;
    message->missing--;
    if (options.acks)
        return;
    histogram_add(&latency, at - message->sent);
    if (sending && !options.rate && member == sender_of(member->room, number))
        message_send(member->room);
}

void message_acked(const struct member *member, uint32_t number, uint64_t at) {
    struct message *message = &rooms[member->room].ring[number % RING];
    if (message->number != number || !message->unacked) {
        counts.strays++;
        return;
    }
    counts.acks++;
    message->unacked = 0;
    histogram_add(&latency, at - message->sent);
    if (sending && !options.rate)
        message_send(member->room);
}
