/* A load generator for chat rooms: many WebSocket members in one thread, over epoll.
 *
 *   load port=8000 prefix=/ws/chat/r suffix=/ rooms=1 members=1000 inflight=4 rate=0
 *        warmup=500 measure=2000 longest=6000 socketio=0
 *
 * It connects rooms x members sockets, prints {"event":"connected"}, waits for a line on stdin, and
 * sends for warmup + measure milliseconds; {"event":"begin"} and {"event":"end", figures} frame the
 * measured part. measure=0 only holds the connections until stdin says so. A closed loop (rate=0)
 * keeps `inflight` messages under way in every room: the next is sent when one is back at its
 * sender. An open loop sends `rate` messages a second to every room, whatever comes back. */
#define _GNU_SOURCE
#include "clock.h"
#include "histogram.h"
#include "options.h"
#include "wire.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    RING = 256,         /* messages of one room that are remembered: 12 s at 20 a second */
    OPENING = 32,       /* handshakes under way at once: below the smallest listen backlog (50) */
    RECEIVE = 1 << 18,  /* bytes of one recv(2), held bytes of a half frame included */
    LUMPS = 3,          /* a measurement has at least so many times all messages under way */
    HARD_LIMIT_S = 120, /* the kernel ends the program after this, whatever happens */
};
#define MARKER "bench~" /* followed by the message's number in the room, eight hexadecimal digits */
#define PADDING "the quick brown fox jumps over the lazy dog, twice"

struct message { uint64_t sent; uint32_t id; int missing; }; /* missing: members yet to get it */
struct room { uint32_t next; struct message ring[RING]; };
enum stage { UPGRADING, JOINING, READY, GONE };
struct member { int fd, room; enum stage stage; uint32_t held_count; uint8_t *held; };

static struct options options;
static struct room *rooms;
static struct member *members;
static int total, ready, watch, sending, told_to_go;
static uint64_t every; /* the deliveries of all messages that a closed loop has under way */
static struct { uint64_t messages, deliveries, notices, errors, strays, closed; } counts;
static struct histogram latency;
static uint8_t buffer[RECEIVE];

static void fail(const char *what, const char *detail) {
    fprintf(stderr, "load: %s: %s\n", what, detail);
    exit(1);
}

static void send_text(struct member *member, unsigned opcode, const char *text, size_t length) {
    uint8_t out[FRAME_ROOM + 1024];
    size_t count = frame_write(out, opcode, text, length);
    if (send(member->fd, out, count, MSG_NOSIGNAL) != (ssize_t)count && member->stage == READY)
        counts.errors++; /* a server that reads nothing more, or a lost connection */
}

/* The senders of a room take turns, so that every member's way in is used. */
static void message_send(int index) {
    struct room *room = &rooms[index];
    uint32_t id = room->next++;
    struct member *sender = &members[index + (int)(id % (unsigned)options.members) * options.rooms];
    char text[512];
    int length = snprintf(text, sizeof text,
                          "%s{\"type\":\"chat_message\",\"message\":\"" MARKER "%08x " PADDING
                          "\",\"username\":\"bench\"}%s",
                          options.socketio ? "42[\"chat_message\"," : "", id,
                          options.socketio ? "]" : "");
    room->ring[id % RING] = (struct message){now(), id, options.members};
    counts.messages++;
    send_text(sender, TEXT, text, (size_t)length);
}

static uint32_t hexadecimal(const uint8_t *digits) {
    uint32_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 4 | (uint32_t)(digits[i] <= '9' ? digits[i] - '0' : digits[i] - 'a' + 10);
    return value;
}

static int is_sender(const struct member *member, uint32_t id) {
    return member == &members[member->room + (int)(id % (unsigned)options.members) * options.rooms];
}

static void delivery(struct member *member, uint32_t id, uint64_t at) {
    struct message *message = &rooms[member->room].ring[id % RING];
    if (message->id != id || message->missing <= 0) {
        counts.strays++; /* told twice, or older than the ring */
        return;
    }
    counts.deliveries++;
    histogram_add(&latency, at - message->sent);
    message->missing--;
    if (sending && !options.rate && is_sender(member, id))
        message_send(member->room);
}

/* Engine.IO opens with "0{...}", is answered "40" (join), says "40{...}"; "2" asks for "3". */
static void socketio_notice(struct member *member, const struct frame *frame) {
    if (frame->length == 1 && frame->payload[0] == '2')
        send_text(member, TEXT, "3", 1);
    else if (frame->payload[0] == '0')
        send_text(member, TEXT, "40", 2);
    else if (member->stage == JOINING && memcmp(frame->payload, "40", 2) == 0)
        member->stage = READY, ready++;
}

static void notice(struct member *member, const struct frame *frame) {
    if (memmem(frame->payload, frame->length, "\"error\"", 7)) {
        if (!counts.errors++)
            fprintf(stderr, "load: first error: %.*s\n", (int)frame->length, frame->payload);
    } else if (options.socketio && frame->length) {
        socketio_notice(member, frame);
    } else {
        counts.notices++;
    }
}

/* Servers write the marker at one and the same place: look there before searching. */
static void text_frame(struct member *member, const struct frame *frame, uint64_t at) {
    static size_t hint;
    const size_t size = sizeof MARKER - 1;
    const uint8_t *found = frame->payload + hint;
    if (hint + size > frame->length || memcmp(found, MARKER, size) != 0)
        found = memmem(frame->payload, frame->length, MARKER, size);
    if (!found || found + size + 8 > frame->payload + frame->length) {
        notice(member, frame);
        return;
    }
    hint = (size_t)(found - frame->payload);
    delivery(member, hexadecimal(found + size), at);
}

static void member_gone(struct member *member) {
    if (member->stage != READY)
        fail("a handshake was cut off", "the server closed the connection");
    counts.closed++;
    member->stage = GONE;
    close(member->fd);
}

static size_t upgraded(struct member *member, size_t count) {
    long head = upgrade_read(buffer, count);
    if (head < 0)
        fail("handshake refused", strndup((char *)buffer, count < 300 ? count : 300));
    if (head > 0) {
        member->stage = options.socketio ? JOINING : READY;
        ready += !options.socketio;
    }
    return (size_t)head;
}

static size_t frames(struct member *member, size_t used, size_t count, uint64_t at) {
    struct frame frame;
    size_t taken;
    while ((taken = frame_read(buffer + used, count - used, &frame))) {
        used += taken;
        if (frame.opcode == TEXT)
            text_frame(member, &frame, at);
        else if (frame.opcode == PING)
            send_text(member, PONG, (const char *)frame.payload, frame.length);
        else if (frame.opcode != CLOSE) /* the end of the stream follows a close */
            counts.notices++;
    }
    return used;
}

static void member_read(struct member *member) {
    size_t count = member->held_count, used = 0;
    memcpy(buffer, member->held, count);
    ssize_t fresh = recv(member->fd, buffer + count, sizeof buffer - count, 0);
    if (fresh < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (fresh <= 0) {
        member_gone(member);
        return;
    }
    count += (size_t)fresh;
    if (member->stage == UPGRADING)
        used = upgraded(member, count);
    if (member->stage != UPGRADING)
        used = frames(member, used, count, now());
    if (count - used > member->held_count)
        member->held = realloc(member->held, count - used);
    member->held_count = (uint32_t)(count - used);
    if (member->held_count)
        memcpy(member->held, buffer + used, count - used);
}

static void member_open(int index) {
    struct member *member = &members[index];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port)};
    char path[256], request[1024];
    int yes = 1;
    *member = (struct member){.fd = socket(AF_INET, SOCK_STREAM, 0), .room = index % options.rooms};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK); /* never another machine */
    if (member->fd < 0 || connect(member->fd, (struct sockaddr *)&to, sizeof to))
        fail("cannot connect", strerror(errno));
    fcntl(member->fd, F_SETFL, O_NONBLOCK);
    setsockopt(member->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    snprintf(path, sizeof path, "%s%d%s", options.prefix, member->room, options.suffix);
    size_t length = upgrade_write(request, sizeof request, path, options.port);
    if (send(member->fd, request, length, MSG_NOSIGNAL) != (ssize_t)length)
        fail("cannot send the handshake", strerror(errno));
    epoll_ctl(watch, EPOLL_CTL_ADD, member->fd,
              &(struct epoll_event){.events = EPOLLIN, .data.ptr = member});
}

static void turn(int timeout_ms) {
    struct epoll_event events[512];
    int count = epoll_wait(watch, events, 512, timeout_ms);
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr) {
            member_read(events[i].data.ptr);
        } else { /* stdin: a line or its end */
            told_to_go = 1;
            epoll_ctl(watch, EPOLL_CTL_DEL, 0, NULL);
        }
    }
}

/* Runs for `milliseconds`, and on until `deliveries` have come, but never above `longest`: a slow
 * server delivers in great lumps, and half a lump would be no fair figure. */
static void run(int milliseconds, uint64_t deliveries) {
    static uint64_t next;
    uint64_t start = now(), at, pause = options.rate ? 1000000000u / (unsigned)options.rate : 0;
    uint64_t end = start + (uint64_t)milliseconds * 1000000u;
    uint64_t latest = start + (uint64_t)options.longest * 1000000u;
    while ((at = now()) < end || (counts.deliveries < deliveries && at < latest)) {
        uint64_t wake = at < end ? end : at + 10000000;
        if (pause) {
            for (next = next ? next : at; next <= at; next += pause)
                for (int room = 0; room < options.rooms; room++)
                    message_send(room);
            wake = next < wake ? next : wake;
        }
        turn((int)((wake - at) / 1000000) + 1);
    }
}

static void connect_all(void) {
    total = options.rooms * options.members;
    rooms = calloc((size_t)options.rooms, sizeof *rooms);
    members = calloc((size_t)total, sizeof *members);
    uint64_t start = now();
    for (int opened = 0; ready < total;) {
        while (opened < total && opened - ready < OPENING)
            member_open(opened++);
        turn(1000);
    }
    printf("{\"event\":\"connected\",\"seconds\":%.3f}\n", (double)(now() - start) / 1e9);
}

static void measure(void) {
    sending = 1;
    every = (uint64_t)(total * options.inflight);
    for (int room = 0; room < options.rooms && !options.rate; room++)
        for (int i = 0; i < options.inflight; i++)
            message_send(room);
    run(options.warmup, every);
    puts("{\"event\":\"begin\"}");
    memset(&counts, 0, sizeof counts);
    memset(&latency, 0, sizeof latency);
    double cpu = cpu_seconds();
    uint64_t start = now();
    run(options.measure, LUMPS * every);
    cpu = cpu_seconds() - cpu;
    printf("{\"event\":\"end\",\"seconds\":%.6f,\"cpu_seconds\":%.6f,\"messages\":%lu,"
           "\"deliveries\":%lu,\"notices\":%lu,\"errors\":%lu,\"strays\":%lu,\"closed\":%lu,"
           "\"p50_us\":%.1f,\"p99_us\":%.1f}\n",
           (double)(now() - start) / 1e9, cpu, counts.messages, counts.deliveries, counts.notices,
           counts.errors, counts.strays, counts.closed,
           (double)histogram_at(&latency, 0.50) / 1e3, (double)histogram_at(&latency, 0.99) / 1e3);
    sending = 0;
}

int main(int count, char **arguments) {
    alarm(HARD_LIMIT_S);
    setvbuf(stdout, NULL, _IOLBF, 0);
    options = options_read(count, arguments);
    watch = epoll_create1(0);
    connect_all();
    epoll_ctl(watch, EPOLL_CTL_ADD, 0, &(struct epoll_event){.events = EPOLLIN});
    while (!told_to_go)
        turn(1000);
    if (options.measure)
        measure();
    for (int i = 0; i < total; i++)
        if (members[i].stage == READY)
            send_text(&members[i], CLOSE, "\x03\xe8", 2);
    return 0;
}
