/* The command line: name=value, in any order; what is left out is 0 or empty. */
#ifndef OPTIONS_H
#define OPTIONS_H

struct options {
    int port;
    int rooms, members;           /* members of each room */
    int each;                     /* rooms that a member is in */
    int inflight, rate;           /* messages of a room under way, or sent in a second */
    int warmup, measure, longest; /* milliseconds; `measure` grows to `longest` for slow servers */
    int acks;                     /* 1: messages have ids, and are done when they are acked */
    int missed;                   /* messages that every member gets before it is ready */
    int opening;                  /* handshakes under way at once; 0: 32 */
    const char *prefix, *suffix;  /* of a room's path, around its number; else the whole path */
    const char *speech;           /* how the server is spoken to (speech.h) */
};

extern struct options options;

/* Fills them in; ends the program with a sentence when an argument is none of these. */
void options_read(int count, char **arguments);

#endif
