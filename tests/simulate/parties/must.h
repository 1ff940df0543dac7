/* What cannot fail in a simulation, whatever the seed: a failure is a bug of the simulation. */
#ifndef SIMULATE_MUST_H
#define SIMULATE_MUST_H

#include "base/result.h"

#include <stdio.h>
#include <stdlib.h>

#define must(expression) must_be_ok((expression), __FILE__, __LINE__)

static inline void must_be_ok(struct result result, const char *file, int line)
{
    if (is_ok(result))
        return;
    fprintf(stderr, "simulate: %s:%d: %s\n", file, line, error_info(result_code(result))->name);
    abort();
}

#endif
