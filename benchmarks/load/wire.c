#define _GNU_SOURCE
#include "wire.h"
#include <stdio.h>
#include <string.h>

/* Any key but zero makes the server do the work of unmasking; the same one every time is cheap. */
static const uint8_t MASK[4] = {0x37, 0xfa, 0x21, 0x3d};

size_t frame_read(const uint8_t *bytes, size_t count, struct frame *frame) {
    if (count < 2)
        return 0;
    size_t head = 2, length = bytes[1] & 0x7f; /* a server never masks */
    int wide = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (wide) {
        head += (size_t)wide;
        if (count < head)
            return 0;
        length = 0;
        for (int i = 0; i < wide; i++)
            length = length << 8 | bytes[2 + i];
    }
    if (count - head < length)
        return 0;
    *frame = (struct frame){bytes[0] & 0x0f, bytes + head, length};
    return head + length;
}

size_t frame_write(uint8_t *out, unsigned opcode, const void *payload, size_t length) {
    const uint8_t *from = payload;
    size_t head = 0;
    out[head++] = (uint8_t)(0x80 | opcode);
    if (length < 126) {
        out[head++] = (uint8_t)(0x80 | length);
    } else {
        out[head++] = 0x80 | 126;
        out[head++] = (uint8_t)(length >> 8);
        out[head++] = (uint8_t)length;
    }
    memcpy(out + head, MASK, sizeof MASK);
    head += sizeof MASK;
    for (size_t i = 0; i < length; i++)
        out[head + i] = from[i] ^ MASK[i & 3];
    return head + length;
}

size_t upgrade_write(char *out, size_t room, const char *path, const char *subprotocol, int port) {
    return (size_t)snprintf(out, room,
                            "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                            "%s%s%sSec-WebSocket-Version: 13\r\n\r\n",
                            path, port, subprotocol ? "Sec-WebSocket-Protocol: " : "",
                            subprotocol ? subprotocol : "", subprotocol ? "\r\n" : "");
}

long upgrade_read(const uint8_t *bytes, size_t count) {
    const uint8_t *end = memmem(bytes, count, "\r\n\r\n", 4);
    if (!end)
        return 0;
    return memcmp(bytes, "HTTP/1.1 101", 12) == 0 ? end + 4 - bytes : -1;
}
