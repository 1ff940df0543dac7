/*
 * Latencies in logarithmic buckets: each octave has 128, so that a quantile is exact to 0.4 per cent from 128 on and
 * exact below that. Any unit; nanoseconds here. Pure.
 */
#ifndef BENCH_LOAD_HISTOGRAM_H
#define BENCH_LOAD_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum {
    HISTOGRAM_BITS = 7,
    HISTOGRAM_OCTAVES = 34, /* up to 2^41: half an hour in nanoseconds; more goes into the last bucket */
    HISTOGRAM_BUCKETS = (HISTOGRAM_OCTAVES + 1) << HISTOGRAM_BITS,
};

struct histogram {
    uint64_t total;
    uint64_t largest;
    uint64_t counts[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint64_t value);
void histogram_merge(struct histogram *into, const struct histogram *from);
/* The value that `share` (0..1) of all values do not exceed: the middle of its bucket, and never above the largest.
 * 0 where there are none. */
uint64_t histogram_quantile(const struct histogram *histogram, double share);

#endif
