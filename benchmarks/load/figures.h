/* What is counted, and how the program gives up. */
#ifndef FIGURES_H
#define FIGURES_H
#include "histogram.h"

struct counts { uint64_t messages, acks, deliveries, notices, errors, strays, closed; };

extern struct counts counts;
extern struct histogram latency; /* nanoseconds to each delivery; with acks=1 to each ack */

/* Ends the program with a sentence. */
_Noreturn void fail(const char *what, const char *detail);

#endif
