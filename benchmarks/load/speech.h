/* How a server is spoken to: how a member comes into its rooms, and how it says a message. */
#ifndef SPEECH_H
#define SPEECH_H
#include "member.h"

struct speech {
    const char *name;
    const char *subprotocol; /* what the handshake asks for, or NULL */
    int path_has_room;       /* whether a member's path names its only room */
    int lines;               /* whether a frame may carry several texts, each a line */
    /* The handshake is done. */
    void (*opened)(struct member *member);
    /* Something has come that is neither delivery, nor ack, nor error: 0 where it means nothing. */
    int (*noticed)(struct member *member, const struct frame *text);
    /* Writes what says a message of `fields`, the keys and values of an object, to a room. */
    int (*message)(char *out, size_t size, int room, const char *fields);
};

/* That of the server. */
extern const struct speech *speech;

/* Chooses it: "chat", "socketio", "many" (Hubbub's socket for many streams) or "centrifuge". */
void speech_choose(const char *name);

#endif
