/*
 * What the clocks of machines show, beside the host's own: where it disagrees with most of them, it is probably the one
 * that is wrong. Kept in memory alone, of machines that hash to one place the last. For the engine's thread.
 */
#ifndef HOST_ENGINE_CLOCKS_H
#define HOST_ENGINE_CLOCKS_H

#include "core/documents/documents.h"

enum { CLOCKS_HEARD = 1024 };

/* All zero: none was heard. */
struct clocks {
    struct heard_clock {
        bool heard;
        int64_t at;     /* milliseconds of a clock that never runs backwards */
        seconds offset; /* of the machine's clock from that one */
    } list[CLOCKS_HEARD];
};

void clocks_hear(struct clocks *clocks, const struct machine_id *machine, seconds time, int64_t milliseconds);
/* How many were heard within a day, and how many of them disagree with what the host's clock shows now: so setting it
 * right shows at once. */
void clocks_count(const struct clocks *clocks, seconds now, int64_t milliseconds, uint64_t *ret_heard,
                  uint64_t *ret_apart);

#endif
