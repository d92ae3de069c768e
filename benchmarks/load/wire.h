/* RFC 6455 as a client needs it: the upgrade and the frames. No I/O, no clock. */
#ifndef WIRE_H
#define WIRE_H
#include <stddef.h>
#include <string.h>
#include <stdint.h>

enum { TEXT = 1, CLOSE = 8, PING = 9, PONG = 10 };
enum { FRAME_ROOM = 8 }; /* the most that frame_write puts before a payload below 64 KiB */

struct frame {
    unsigned opcode;
    const uint8_t *payload; /* points into the bytes that were read */
    size_t length;
};

/* Reads the first frame of `bytes`: how many bytes it takes, 0 when it is not whole yet. */
size_t frame_read(const uint8_t *bytes, size_t count, struct frame *frame);

/* Whether a frame's payload begins with a string. */
static inline int frame_begins(const struct frame *frame, const char *with) {
    size_t length = strlen(with);
    return frame->length >= length && memcmp(frame->payload, with, length) == 0;
}

/* Writes a masked frame of less than 64 KiB into `out` (FRAME_ROOM more than the payload). */
size_t frame_write(uint8_t *out, unsigned opcode, const void *payload, size_t length);

/* Writes the request that asks for a WebSocket, of a subprotocol or of none (NULL); returns its
 * length. */
size_t upgrade_write(char *out, size_t room, const char *path, const char *subprotocol, int port);

/* The length of the answer's head; 0 when it is not whole yet, -1 when it is no 101. */
long upgrade_read(const uint8_t *bytes, size_t count);

#endif
