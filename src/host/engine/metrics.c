/* What a host counts; see host/metrics.h. */
#include "host/metrics.h"

#include <stddef.h>
#include <string.h>

static const struct metric_info rows[] = {
#define X(name, kind, unit, help) {#name, METRIC_##kind, (unit), (help), offsetof(struct metrics, name)},
    METRICS(X)
#undef X
};

const struct metric_info *metrics_table(size_t *ret_count)
{
    *ret_count = sizeof rows / sizeof *rows;
    return rows;
}

uint64_t metrics_value(const struct metrics *metrics, const struct metric_info *info)
{
    uint64_t value;
    memcpy(&value, (const char *)metrics + info->offset, sizeof value);
    return value;
}

/* A code that is not in the table, which cannot be, counts as an internal error, as error_info() has it. */
static size_t place_of(enum error_code code)
{
    size_t count;
    return (size_t)(error_info(code) - error_table(&count));
}

void metrics_count_denial(struct metrics *metrics, enum error_code code)
{
    metrics->denied[place_of(code)]++;
}

uint64_t metrics_denials(const struct metrics *metrics, enum error_code code)
{
    return metrics->denied[place_of(code)];
}
