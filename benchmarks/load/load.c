/* A load generator for chat rooms: many WebSocket members in one thread, over epoll.
 *
 *   load port=8000 prefix=/ws/chat/r suffix=/ rooms=1 members=1000 inflight=4 rate=0
 *        warmup=500 measure=2000 longest=6000 acks=0 missed=0 opening=32 each=1 speech=chat
 *
 * It connects rooms x members sockets, prints {"event":"connected"}, waits for a line on stdin, and
 * sends for warmup + measure milliseconds; {"event":"begin"} and {"event":"end", figures} frame the
 * measured part. measure=0 only holds the connections until stdin says so, and then prints the
 * end's figures. A closed loop (rate=0) keeps `inflight` messages under way in every room: the next
 * is sent when one is back at its sender. An open loop sends `rate` messages a second to every
 * room, the rooms one after another, whatever comes back. With acks=1 every message has an id, and
 * its ack is what is waited for and timed. With missed=50 a member is connected when it has got a
 * `recovery` and 50 messages, the numbers 0 to 49 in order. With each=30 every member is in 30
 * rooms: there are 30 times fewer sockets, and a closed loop has 30 times fewer messages under way,
 * each followed by one in another room. `opening` members, or all, connect at once. */
#define _GNU_SOURCE
#include "clock.h"
#include "figures.h"
#include "member.h"
#include "options.h"
#include "room.h"
#include "speech.h"
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    OPENING = 32,       /* handshakes under way at once: below the smallest listen backlog (50) */
    CONNECT_S = 60,     /* all are ready by then, or never */
    LUMPS = 3,          /* a measurement has at least so many times all messages under way */
    HARD_LIMIT_S = 120, /* the kernel ends the program after this, whatever happens */
};
static const uint64_t SECOND = 1000000000, MILLISECOND = 1000000;
static int watch, told_to_go;

/* epoll counts in milliseconds: too coarse to send by, where messages are due at a time. */
static int wait_for(struct epoll_event *events, int room, uint64_t nanoseconds) {
    if (!options.rate)
        return epoll_wait(watch, events, room, (int)(nanoseconds / MILLISECOND) + 1);
    struct timespec most = {(time_t)(nanoseconds / SECOND), (long)(nanoseconds % SECOND)};
    ppoll(&(struct pollfd){.fd = watch, .events = POLLIN}, 1, &most, NULL);
    return epoll_wait(watch, events, room, 0);
}

static void turn(uint64_t nanoseconds) {
    struct epoll_event events[512];
    int count = wait_for(events, 512, nanoseconds);
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr) {
            member_read(events[i].data.ptr);
        } else { /* stdin: a line or its end */
            told_to_go = 1;
            epoll_ctl(watch, EPOLL_CTL_DEL, 0, NULL);
        }
    }
}

static void connect_all(void) {
    uint64_t start = now();
    int most = options.opening ? options.opening : OPENING;
    speech_choose(options.speech);
    rooms_make();
    members_make(watch);
    for (int opened = 0; ready < total;) {
        while (opened < total && opened - ready < most)
            member_open(opened++);
        turn(SECOND);
        if (now() - start > CONNECT_S * SECOND)
            fail("gave up", "not all members were ready in 60 s");
    }
    printf("{\"event\":\"connected\",\"seconds\":%.6f}\n", (double)(now() - start) / 1e9);
}

/* Sends what an open loop owes at the time `at`, and says when the next message is due. */
static uint64_t send_due(uint64_t at) {
    static uint64_t next;
    static int room;
    uint64_t pause = SECOND / ((unsigned)options.rate * (unsigned)options.rooms);
    for (next = next ? next : at; next <= at; next += pause) {
        message_send(room);
        room = (room + 1) % options.rooms;
    }
    return next;
}

/* What the loop waits for, and what a closed loop has of it under way. */
static uint64_t done(void) { return options.acks ? counts.acks : counts.deliveries; }
static uint64_t under_way(void) {
    return (uint64_t)(rooms_of_a_layer() * options.inflight) *
           (uint64_t)(options.acks ? 1 : options.members);
}

/* Runs for `milliseconds`, and on until `wanted` have come, but never above `longest`: a slow
 * server delivers in great lumps, and half a lump would be no fair figure. */
static void run(int milliseconds, uint64_t wanted) {
    uint64_t start = now(), at;
    uint64_t end = start + (uint64_t)milliseconds * MILLISECOND;
    uint64_t latest = start + (uint64_t)options.longest * MILLISECOND;
    while ((at = now()) < end || (done() < wanted && at < latest)) {
        uint64_t wake = at < end ? end : at + 10 * MILLISECOND;
        if (options.rate) {
            uint64_t next = send_due(at);
            wake = next < wake ? next : wake;
        }
        turn(wake - at);
    }
}

static void tell_end(double seconds, double cpu) {
    printf("{\"event\":\"end\",\"seconds\":%.6f,\"cpu_seconds\":%.6f,\"messages\":%lu,"
           "\"acks\":%lu,\"deliveries\":%lu,\"notices\":%lu,\"errors\":%lu,\"strays\":%lu,"
           "\"closed\":%lu,\"p50_us\":%.1f,\"p99_us\":%.1f}\n",
           seconds, cpu, counts.messages, counts.acks, counts.deliveries, counts.notices,
           counts.errors, counts.strays, counts.closed,
           (double)histogram_at(&latency, 0.50) / 1e3, (double)histogram_at(&latency, 0.99) / 1e3);
}

static void measure(void) {
    sending = 1;
    for (int room = 0; room < rooms_of_a_layer() && !options.rate; room++)
        for (int i = 0; i < options.inflight; i++)
            message_send(room);
    run(options.warmup, (uint64_t)options.each * under_way()); /* a first message in every room */
    puts("{\"event\":\"begin\"}");
    counts = (struct counts){
        .errors = counts.errors, .strays = counts.strays, .closed = counts.closed};
    memset(&latency, 0, sizeof latency);
    double cpu = cpu_seconds();
    uint64_t start = now();
    run(options.measure, LUMPS * under_way());
    tell_end((double)(now() - start) / 1e9, cpu_seconds() - cpu);
    sending = 0;
}

int main(int count, char **arguments) {
    alarm(HARD_LIMIT_S);
    setvbuf(stdout, NULL, _IOLBF, 0);
    options_read(count, arguments);
    watch = epoll_create1(0);
    connect_all();
    epoll_ctl(watch, EPOLL_CTL_ADD, 0, &(struct epoll_event){.events = EPOLLIN});
    while (!told_to_go)
        turn(SECOND);
    if (options.measure)
        measure();
    else
        tell_end(0, cpu_seconds());
    for (int i = 0; i < total; i++)
        if (members[i].stage == READY)
            member_say(&members[i], CLOSE, "\x03\xe8", 2);
    return 0;
}
