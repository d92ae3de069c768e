#define _GNU_SOURCE
#include "member.h"
#include "arrival.h"
#include "clock.h"
#include "figures.h"
#include "options.h"
#include "room.h"
#include "speech.h"
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

enum { RECEIVE = 1 << 18 }; /* bytes of one recv(2), held bytes of a half frame included */

struct member *members;
int total, ready;
static int watch;
static uint8_t buffer[RECEIVE];

void members_make(int epoll) {
    watch = epoll;
    total = rooms_of_a_layer() * options.members;
    members = calloc((size_t)total, sizeof *members);
}

void member_open(int index) {
    struct member *member = &members[index];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port)};
    char path[256], request[1024];
    int yes = 1;
    *member = (struct member){.fd = socket(AF_INET, SOCK_STREAM, 0), .index = index};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK); /* never another machine */
    if (member->fd < 0 || connect(member->fd, (struct sockaddr *)&to, sizeof to))
        fail("cannot connect", strerror(errno));
    fcntl(member->fd, F_SETFL, O_NONBLOCK);
    setsockopt(member->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (speech->path_has_room)
        snprintf(path, sizeof path, "%s%d%s", options.prefix, room_of(member, 0), options.suffix);
    else
        snprintf(path, sizeof path, "%s", options.prefix);
    size_t length =
        upgrade_write(request, sizeof request, path, speech->subprotocol, options.port);
    if (send(member->fd, request, length, MSG_NOSIGNAL) != (ssize_t)length)
        fail("cannot send the handshake", strerror(errno));
    epoll_ctl(watch, EPOLL_CTL_ADD, member->fd,
              &(struct epoll_event){.events = EPOLLIN, .data.ptr = member});
}

void member_say(struct member *member, unsigned opcode, const char *text, size_t length) {
    uint8_t out[FRAME_ROOM + 1024];
    size_t count = frame_write(out, opcode, text, length);
    if (send(member->fd, out, count, MSG_NOSIGNAL) != (ssize_t)count && member->stage == READY)
        counts.errors++; /* a server that reads nothing more, or a lost connection */
}

void member_is_ready(struct member *member) {
    member->stage = READY;
    ready++;
}

static void gone(struct member *member) {
    if (member->stage != READY)
        fail("a member was cut off before it was ready", "the server closed the connection");
    counts.closed++;
    member->stage = GONE;
    close(member->fd);
}

static size_t upgraded(struct member *member, size_t count) {
    long head = upgrade_read(buffer, count);
    if (head < 0)
        fail("handshake refused", strndup((char *)buffer, count < 300 ? count : 300));
    if (head > 0) {
        member->stage = JOINING;
        speech->opened(member);
    }
    return (size_t)head;
}

static size_t frames(struct member *member, size_t used, size_t count, uint64_t at) {
    struct frame frame;
    size_t taken;
    while ((taken = frame_read(buffer + used, count - used, &frame))) {
        used += taken;
        if (frame.opcode == TEXT)
            frame_arrived(member, &frame, at);
        else if (frame.opcode == PING)
            member_say(member, PONG, (const char *)frame.payload, frame.length);
        else if (frame.opcode != CLOSE) /* the end of the stream follows a close */
            counts.notices++;
    }
    return used;
}

void member_read(struct member *member) {
    size_t count = member->held_count, used = 0;
    memcpy(buffer, member->held, count);
    ssize_t fresh = recv(member->fd, buffer + count, sizeof buffer - count, 0);
    if (fresh < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (fresh <= 0) {
        gone(member);
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
