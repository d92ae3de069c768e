/* The command line: name=value, in any order; what is left out is 0 or empty. */
#ifndef OPTIONS_H
#define OPTIONS_H

struct options {
    int port;
    int rooms, members;          /* members of each room */
    int inflight, rate;          /* messages of a room under way, or sent in a second */
    int warmup, measure, longest; /* milliseconds; `measure` grows to `longest` for slow servers */
    int socketio;                /* 1: speak Socket.IO's framing */
    const char *prefix, *suffix; /* of a room's path, around its number */
};

/* Ends the program with a sentence when an argument is none of these. */
struct options options_read(int count, char **arguments);

#endif
