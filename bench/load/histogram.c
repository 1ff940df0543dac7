/* Latencies in logarithmic buckets; see histogram.h. */
#include "histogram.h"

/* Below 2^BITS the value is its own bucket; above, the octave and the BITS bits behind the leading one. */
static size_t bucket_of(uint64_t value)
{
    if (value < UINT64_C(1) << HISTOGRAM_BITS)
        return (size_t)value;
    const unsigned leading = 63 - (unsigned)__builtin_clzll(value);
    const unsigned octave = leading - HISTOGRAM_BITS + 1;
    if (octave > HISTOGRAM_OCTAVES)
        return HISTOGRAM_BUCKETS - 1;
    const uint64_t within = value >> (leading - HISTOGRAM_BITS) & ((UINT64_C(1) << HISTOGRAM_BITS) - 1);
    return ((size_t)octave << HISTOGRAM_BITS) + (size_t)within;
}

static uint64_t middle_of(size_t bucket)
{
    const size_t octave = bucket >> HISTOGRAM_BITS;
    if (octave == 0)
        return bucket;
    const uint64_t within = bucket & ((UINT64_C(1) << HISTOGRAM_BITS) - 1);
    const uint64_t low = ((UINT64_C(1) << HISTOGRAM_BITS) + within) << (octave - 1);
    return low + (UINT64_C(1) << (octave - 1)) / 2;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
    histogram->counts[bucket_of(value)]++;
    histogram->total++;
    if (value > histogram->largest)
        histogram->largest = value;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        into->counts[i] += from->counts[i];
    into->total += from->total;
    if (from->largest > into->largest)
        into->largest = from->largest;
}

uint64_t histogram_quantile(const struct histogram *histogram, double share)
{
    if (histogram->total == 0)
        return 0;
    uint64_t wanted = (uint64_t)(share * (double)histogram->total);
    if ((double)wanted < share * (double)histogram->total || wanted == 0)
        wanted++;
    uint64_t seen = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->counts[i];
        if (seen >= wanted)
            return middle_of(i) < histogram->largest ? middle_of(i) : histogram->largest;
    }
    return histogram->largest;
}
