/* What one worker counted. Workers are processes; each writes its own tally in memory that the starter shares. */
#ifndef BENCH_LOAD_TALLY_H
#define BENCH_LOAD_TALLY_H

#include "base/buffer.h"
#include "histogram.h"

enum { TALLY_STATUS_MAX = 600 };

struct tally {
    uint64_t answers;                  /* of status 200, within the time that counts */
    uint64_t status[TALLY_STATUS_MAX]; /* all answers, by status */
    uint64_t refused;                  /* connections that were refused */
    uint64_t reset;                    /* ended by the other side with an error */
    uint64_t closed;                   /* ended by the other side without an answer */
    uint64_t late;                     /* given up after the time limit */
    uint64_t broken;                   /* answers that are no HTTP */
    uint64_t unsent;                   /* the system refused a socket, an address or a write */
    uint64_t behind;                   /* machines of a storm that this program could begin only late */
    uint64_t prepared;                 /* requests that were signed beforehand */
    double preparing;                  /* seconds that this took, which count nowhere else */
    uint64_t used_up;                  /* workers whose requests came to an end before their time */
    uint64_t verified;
    uint64_t unbelieved;
    uint32_t unbelieved_code; /* enum error_code of the first */
    uint64_t answer_bytes;    /* of the bodies of status 200 */
    double seconds;           /* that count; of a storm, from its begin to the last answer */
    double cpu_seconds;
    struct histogram latency; /* nanoseconds */
};

void tally_merge(struct tally *into, const struct tally *from);
/* Connections that got no answer of any kind. */
uint64_t tally_lost(const struct tally *tally);
/* Answers of another status than 200. */
uint64_t tally_denied(const struct tally *tally);
/* Appends one JSON object. */
void tally_write(const struct tally *tally, const char *mode, struct buffer *out);

#endif
