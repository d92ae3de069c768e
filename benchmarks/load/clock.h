/* What time it is, and how much of it this program has spent. */
#ifndef CLOCK_H
#define CLOCK_H
#include <stdint.h>
#include <sys/resource.h>
#include <time.h>

/* Nanoseconds of a clock that never goes back. */
static inline uint64_t now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

/* User and system time of this process. */
static inline double cpu_seconds(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}
#endif
