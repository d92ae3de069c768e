#define _GNU_SOURCE
#include "speech.h"
#include "figures.h"
#include "options.h"
#include "room.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { CONNECT, SUBSCRIBE, PUBLISH = 3 }; /* what Centrifuge calls its methods */

__attribute__((format(printf, 2, 3)))
static void say(struct member *member, const char *format, ...) {
    char text[256];
    va_list values;
    va_start(values, format);
    int length = vsnprintf(text, sizeof text, format, values);
    va_end(values);
    member_say(member, TEXT, text, (size_t)length);
}

/* A room's own socket, as Hubbub's and the plain rivals': who is on it is in the room. One who
 * resumes is there when it has what it missed (arrival.c). */
static void chat_opened(struct member *member) {
    if (!options.missed)
        member_is_ready(member);
}

static int chat_noticed(struct member *member, const struct frame *text) {
    (void)member, (void)text;
    return 0;
}

static int chat_message(char *out, size_t size, int room, const char *fields) {
    (void)room;
    return snprintf(out, size, "{%s}", fields);
}

/* Engine.IO opens with "0{...}", is answered "40" (join), says "40{...}"; "2" asks for "3". */
static void socketio_opened(struct member *member) { (void)member; }

static int socketio_noticed(struct member *member, const struct frame *text) {
    if (text->length == 1 && frame_begins(text, "2"))
        say(member, "3");
    else if (frame_begins(text, "0"))
        say(member, "40");
    else if (member->stage == JOINING && frame_begins(text, "40"))
        member_is_ready(member);
    return 1;
}

static int socketio_message(char *out, size_t size, int room, const char *fields) {
    (void)room;
    return snprintf(out, size, "42[\"chat_message\",{%s}]", fields);
}

/* Hubbub's socket for many streams: a member asks for its rooms one after another. */
static void many_opened(struct member *member) {
    say(member, "{\"type\":\"subscribe\",\"stream\":\"chat:bench%d\"}", room_of(member, member->rooms));
}

static int many_noticed(struct member *member, const struct frame *text) {
    if (!frame_begins(text, "{\"type\":\"subscribed\""))
        return 0;
    if (++member->rooms < options.each)
        many_opened(member);
    else
        member_is_ready(member);
    return 1;
}

static int many_message(char *out, size_t size, int room, const char *fields) {
    return snprintf(out, size, "{\"stream\":\"chat:bench%d\",%s}", room, fields);
}

/* Centrifuge: commands have numbers, which their answers repeat. The first one connects, and the
 * others ask for a room each. */
static void centrifuge_opened(struct member *member) {
    say(member, "{\"id\":1,\"method\":%d,\"params\":{}}", CONNECT);
}

static int centrifuge_noticed(struct member *member, const struct frame *text) {
    if (member->stage != JOINING || !frame_begins(text, "{\"id\":"))
        return 0;
    if (member->rooms == options.each)
        member_is_ready(member);
    else
        say(member, "{\"id\":2,\"method\":%d,\"params\":{\"channel\":\"bench%d\"}}", SUBSCRIBE,
            room_of(member, member->rooms++));
    return 1;
}

static int centrifuge_message(char *out, size_t size, int room, const char *fields) {
    return snprintf(out, size,
                    "{\"id\":3,\"method\":%d,\"params\":{\"channel\":\"bench%d\",\"data\":{%s}}}",
                    PUBLISH, room, fields);
}

static const struct speech speeches[] = {
    {.name = "chat", .path_has_room = 1, .opened = chat_opened, .noticed = chat_noticed,
     .message = chat_message},
    {.name = "socketio", .path_has_room = 1, .opened = socketio_opened,
     .noticed = socketio_noticed, .message = socketio_message},
    {.name = "many", .subprotocol = "hubbub.v1", .opened = many_opened, .noticed = many_noticed,
     .message = many_message},
    {.name = "centrifuge", .lines = 1, .opened = centrifuge_opened,
     .noticed = centrifuge_noticed, .message = centrifuge_message},
};

const struct speech *speech;

void speech_choose(const char *name) {
    for (size_t i = 0; i < sizeof speeches / sizeof *speeches; i++)
        if (strcmp(speeches[i].name, name) == 0)
            speech = &speeches[i];
    if (!speech)
        fail("unknown speech", name);
}
