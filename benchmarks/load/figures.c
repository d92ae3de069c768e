#include "figures.h"
#include <stdio.h>
#include <stdlib.h>

struct counts counts;
struct histogram latency;

void fail(const char *what, const char *detail) {
    fprintf(stderr, "load: %s: %s\n", what, detail);
    exit(1);
}
