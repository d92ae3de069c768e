/* The members: one WebSocket each, read through epoll. */
#ifndef MEMBER_H
#define MEMBER_H
#include "wire.h"
#include <stdint.h>

/* JOINING: upgraded, but not in all its rooms yet, or one who resumes lacks something. */
enum stage { UPGRADING, JOINING, READY, GONE };

struct member {
    int fd, index;
    enum stage stage;
    int rooms;           /* how many it has asked for, where the path names none */
    int recovered;       /* whether the server promised all that was missed */
    uint32_t missed;     /* how many of those messages have come */
    uint32_t held_count; /* bytes of a frame that is not whole yet */
    uint8_t *held;
};

extern struct member *members;
extern int total, ready; /* of them */

/* Makes room for all; they are read where `epoll` says so. */
void members_make(int epoll);

/* Connects the next one, without waiting for the answer. */
void member_open(int index);

/* Takes what has come to a member. */
void member_read(struct member *member);

/* Sends one frame of at most 1 KiB. */
void member_say(struct member *member, unsigned opcode, const char *text, size_t length);

/* A member has all that it waited for. */
void member_is_ready(struct member *member);

#endif
