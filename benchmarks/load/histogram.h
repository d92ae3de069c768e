/* Counts of durations in buckets that grow with them: each is at most 1/32 (3 %) wide. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H
#include <stdint.h>

enum { STEPS = 32, BUCKETS = STEPS * 60 };

struct histogram { uint64_t total, bucket[BUCKETS]; };

static inline void histogram_add(struct histogram *histogram, uint64_t value) {
    int shift = value < STEPS ? 0 : 58 - __builtin_clzll(value); /* value >> shift is 32..63 */
    histogram->bucket[(uint64_t)shift * STEPS + (value >> shift)]++;
    histogram->total++;
}

/* The value below which `share` (0 to 1) of the added values lie. */
static inline uint64_t histogram_at(const struct histogram *histogram, double share) {
    uint64_t seen = 0, wanted = (uint64_t)(share * (double)histogram->total);
    for (int i = 0; i < BUCKETS; i++) {
        seen += histogram->bucket[i];
        if (seen > wanted) {
            int shift = i < 2 * STEPS ? 0 : i / STEPS - 1;
            return (uint64_t)(i - shift * STEPS) << shift;
        }
    }
    return 0;
}
#endif
