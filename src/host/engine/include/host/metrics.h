/*
 * What a host counts since its start: one table, from which the figures, the copy of them for the operator, and the
 * list for whoever collects them are made.
 */
#ifndef HOST_METRICS_H
#define HOST_METRICS_H

#include "base/result.h"

#include <stdint.h>

/* X(name, kind, unit, help) */
#define METRICS(X) \
    X(started, GAUGE, "seconds since 1970", "when the host was started") \
    X(granted, COUNTER, "leases", "leases that were granted") \
    X(repeated, COUNTER, "answers", "leases and releases that were answered again without a new leaf") \
    X(released, COUNTER, "seats", "seats that machines gave back") \
    X(reclaimed, COUNTER, "seats", "seats that the operator took back") \
    X(batches, COUNTER, "batches", "transactions of requests") \
    X(signatures, COUNTER, "signatures", "ledgers signed after a batch") \
    X(largest_batch, GAUGE, "requests", "requests in the largest batch so far") \
    X(queued, GAUGE, "requests", "requests that wait for the next batch") \
    X(log_dropped, COUNTER, "lines", "lines of the log that were dropped because nobody read it") \
    X(site_former, COUNTER, "requests", "requests that showed the site key before the one in use") \
    X(site_missing, COUNTER, "requests", "requests without a site key, at a host that has one or requires one") \
    X(site_wrong, COUNTER, "requests", "requests with a site key that does not hold") \
    X(clocks_heard, GAUGE, "machines", "machines that asked within a day, of a sample of 1,024") \
    X(clocks_apart, GAUGE, "machines", "those of them whose clock is more than four hours apart from the host's")

enum metric_kind {
    METRIC_COUNTER, /* only rises */
    METRIC_GAUGE
};

/* As many as there are rows in the table of errors. */
enum {
#define X(id, code, name, category, http, exit, sentence) METRICS_ROW_##id,
    ERRORS(X)
#undef X
        METRICS_DENIALS
};

struct metrics {
#define X(name, kind, unit, help) uint64_t name;
    METRICS(X)
#undef X
    uint64_t denied[METRICS_DENIALS]; /* requests that were denied, by the place of their code in error_table() */
    enum error_code trouble;          /* OK, or why the last batch failed: HOST_STORAGE, HOST_SIGNER, SIGNER_STATE */
};

/* A row of the table. */
struct metric_info {
    const char *name;
    enum metric_kind kind;
    const char *unit;
    const char *help;
    size_t offset; /* of its uint64_t in struct metrics */
};
/* All rows; static. Thread-safe. */
const struct metric_info *metrics_table(size_t *ret_count);
uint64_t metrics_value(const struct metrics *metrics, const struct metric_info *info);

/* Counts a request that was denied with that code. */
void metrics_count_denial(struct metrics *metrics, enum error_code code);
/* How many were. */
uint64_t metrics_denials(const struct metrics *metrics, enum error_code code);

#endif
