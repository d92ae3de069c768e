#include "options.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options options = {.each = 1, .prefix = "/", .suffix = "", .speech = "chat"};

void options_read(int count, char **arguments) {
    const struct { const char *name; int *number; const char **text; } known[] = {
        {"port", &options.port, 0},         {"rooms", &options.rooms, 0},
        {"members", &options.members, 0},   {"inflight", &options.inflight, 0},
        {"rate", &options.rate, 0},         {"warmup", &options.warmup, 0},
        {"measure", &options.measure, 0},   {"longest", &options.longest, 0},
        {"acks", &options.acks, 0},         {"missed", &options.missed, 0},
        {"opening", &options.opening, 0},   {"each", &options.each, 0},
        {"prefix", 0, &options.prefix},     {"suffix", 0, &options.suffix},
        {"speech", 0, &options.speech},
    };
    const size_t names = sizeof known / sizeof *known;
    for (int i = 1; i < count; i++) {
        size_t length = strcspn(arguments[i], "="), at = 0;
        while (at < names && (strncmp(arguments[i], known[at].name, length) ||
                              known[at].name[length] || !arguments[i][length]))
            at++;
        if (at == names) {
            fprintf(stderr, "load: unknown argument: %s\n", arguments[i]);
            exit(1);
        }
        const char *value = arguments[i] + length + 1;
        if (known[at].text)
            *known[at].text = value;
        else
            *known[at].number = atoi(value);
    }
}
