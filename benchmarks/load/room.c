#include "room.h"
#include "arrival.h"
#include "clock.h"
#include "figures.h"
#include "options.h"
#include "speech.h"
#include <stdio.h>
#include <stdlib.h>

enum { RING = 256 }; /* messages of one room that are remembered: 12 s at 20 a second */
#define PADDING "the quick brown fox jumps over the lazy dog, twice"

/* missing: members yet to get it; unacked: 1 until its sender has been told that it is stored */
struct message { uint64_t sent; uint32_t number; int missing, unacked; };
struct room { uint32_t said; struct message ring[RING]; };

static struct room *rooms;
int sending;

void rooms_make(void) {
    rooms = calloc((size_t)options.rooms, sizeof *rooms);
}

int rooms_of_a_layer(void) { return options.rooms / options.each; }

/* A member keeps its place in its rooms; the others of that place move on with every layer, each
 * place by another step. */
int room_of(const struct member *member, int layer) {
    int width = rooms_of_a_layer();
    return layer * width + (member->index + layer * (member->index / width)) % width;
}

static struct member *member_at(int room, int place) {
    int width = rooms_of_a_layer(), back = room / width * (width - place % width);
    return &members[place * width + (room + back) % width];
}

static int is_in(const struct member *member, int room) {
    return room_of(member, room / rooms_of_a_layer()) == room;
}

static struct message *message_of(uint32_t number) {
    unsigned all = (unsigned)options.rooms;
    return &rooms[number % all].ring[number / all % RING];
}

static struct member *sender_of(int room, uint32_t number) {
    return member_at(room, (int)(number / (unsigned)options.rooms % (unsigned)options.members));
}

void message_send(int index) {
    struct room *room = &rooms[index];
    uint32_t number = room->said++ * (unsigned)options.rooms + (unsigned)index;
    char id[32] = "", fields[256], text[512];
    if (options.acks)
        snprintf(id, sizeof id, ",\"id\":\"" ID "%08x\"", number);
    snprintf(fields, sizeof fields,
             "\"type\":\"chat_message\",\"message\":\"" MARKER "%08x " PADDING
             "\",\"username\":\"bench\"%s",
             number, id);
    int length = speech->message(text, sizeof text, index, fields);
    *message_of(number) = (struct message){now(), number, options.members, options.acks};
    counts.messages++;
    member_say(sender_of(index, number), TEXT, text, (size_t)length);
}

/* In a closed loop the next message is one of the next layer's room, where there are several. */
static void go_on(uint32_t number) {
    if (sending && !options.rate)
        message_send((int)(number % (unsigned)options.rooms + (unsigned)rooms_of_a_layer()) %
                     options.rooms);
}

void message_told(const struct member *member, uint32_t number, uint64_t at) {
    struct message *message = message_of(number);
    int room = (int)(number % (unsigned)options.rooms);
    if (message->number != number || message->missing <= 0 || !is_in(member, room)) {
        counts.strays++; /* told twice, older than the ring, or of a room of others */
        return;
    }
    counts.deliveries++;
    message->missing--;
    if (options.acks)
        return;
    histogram_add(&latency, at - message->sent);
    if (member == sender_of(room, number))
        go_on(number);
}

void message_acked(const struct member *member, uint32_t number, uint64_t at) {
    struct message *message = message_of(number);
    int room = (int)(number % (unsigned)options.rooms);
    if (message->number != number || !message->unacked || member != sender_of(room, number)) {
        counts.strays++;
        return;
    }
    counts.acks++;
    message->unacked = 0;
    histogram_add(&latency, at - message->sent);
    go_on(number);
}
