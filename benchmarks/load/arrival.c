#define _GNU_SOURCE
#include "arrival.h"
#include "figures.h"
#include "options.h"
#include "room.h"
#include "speech.h"
#include <stdio.h>
#include <string.h>

#define ACK "{\"type\":\"ack\",\"id\":\"" ID
#define RECOVERY "{\"type\":\"recovery\",\"recovered\":"
#define RECOVERED RECOVERY "true"

static uint32_t hexadecimal(const uint8_t *digits) {
    uint32_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 4 | (uint32_t)(digits[i] <= '9' ? digits[i] - '0' : digits[i] - 'a' + 10);
    return value;
}

/* One who resumes is there when it was promised all that it missed, and has got it, in order. */
static void resumed_further(struct member *member) {
    if (member->recovered && member->missed == (uint32_t)options.missed)
        member_is_ready(member);
}

static void recovery(struct member *member, const struct frame *frame) {
    if (!frame_begins(frame, RECOVERED))
        fail("not recovered", strndup((const char *)frame->payload, frame->length));
    member->recovered = 1;
    resumed_further(member);
}

static void missed_one(struct member *member, uint32_t number) {
    if (member->stage != JOINING) {
        counts.strays++;
        return;
    }
    if (!member->recovered || number != member->missed)
        fail("not recovered", "messages came before the promise, twice or out of order");
    member->missed++;
    resumed_further(member);
}

static void notice(struct member *member, const struct frame *frame) {
    if (memmem(frame->payload, frame->length, "\"error\"", 7)) {
        if (member->stage == JOINING)
            fail("refused", strndup((const char *)frame->payload, frame->length));
        if (!counts.errors++)
            fprintf(stderr, "load: first error: %.*s\n", (int)frame->length, frame->payload);
    } else if (options.missed && frame_begins(frame, RECOVERY)) {
        recovery(member, frame);
    } else if (!speech->noticed(member, frame)) {
        counts.notices++;
    }
}

/* Servers write the marker at one and the same place: look there before searching. */
static const uint8_t *number_of_delivery(const struct frame *frame) {
    static size_t hint;
    const size_t size = sizeof MARKER - 1;
    const uint8_t *found = frame->payload + hint;
    if (hint + size > frame->length || memcmp(found, MARKER, size) != 0)
        found = memmem(frame->payload, frame->length, MARKER, size);
    if (!found || found + size + 8 > frame->payload + frame->length)
        return NULL;
    hint = (size_t)(found - frame->payload);
    return found + size;
}

static void text_arrived(struct member *member, const struct frame *frame, uint64_t at) {
    const size_t head = sizeof ACK - 1;
    if (options.acks && frame->length >= head + 8 && frame_begins(frame, ACK)) {
        message_acked(member, hexadecimal(frame->payload + head), at);
        return;
    }
    const uint8_t *digits = number_of_delivery(frame);
    if (!digits)
        notice(member, frame);
    else if (options.missed)
        missed_one(member, hexadecimal(digits));
    else
        message_told(member, hexadecimal(digits), at);
}

void frame_arrived(struct member *member, const struct frame *frame, uint64_t at) {
    struct frame text = *frame;
    for (size_t left = frame->length; left; left -= text.length, text.payload += text.length) {
        const uint8_t *end = speech->lines ? memchr(text.payload, '\n', left) : NULL;
        text.length = end ? (size_t)(end + 1 - text.payload) : left;
        text_arrived(member, &text, at);
    }
}
