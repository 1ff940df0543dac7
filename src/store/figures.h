/*
 * Count and seats of each license, kept without looking at the machines again.
 *
 * A store keeps, beside its machines, how many of them have each second as their last request and as their expiry (its
 * "moments"). The figures as of any time are sums over moments, so moving from one time to another costs the seconds in
 * between, forwards and backwards, and a changed machine costs four additions.
 *
 * Always: what an entry says is true as of its own time, including what the open transaction has put. A moment of 0
 * means "never" and is not kept. After a rollback the cache is cleared and read anew.
 */
#ifndef STORE_FIGURES_H
#define STORE_FIGURES_H

#include "core/rules/decide.h"

enum moment_kind { MOMENT_LAST_REQUEST, MOMENT_EXPIRES };

/* The two times of a machine that the figures depend on; both 0 where it is not stored. */
struct machine_times {
    seconds last_request;
    seconds expires;
};

struct license_figures {
    uint32_t license;
    bool known;
    bool changed; /* since the last commit: to be saved with the next */
    seconds as_of;
    struct figures figures;
};

struct figures_cache {
    struct license_figures *entries;
    size_t count;
    size_t capacity;
};

/* How the figures reach their store. */
struct moment_source {
    /* How many machines of the license have that time within after < time <= until. */
    RESULT(*sum)
    (void *context, uint32_t license, enum moment_kind kind, seconds after, seconds until, uint64_t *ret_sum);
    /* What was saved at the last commit; `known` stays false where nothing was. */
    RESULT (*load)(void *context, struct license_figures *entry);
    void *context;
};

/* The figures of a license as of `now`. */
RESULT figures_at(struct figures_cache *cache, const struct moment_source *source, uint32_t license, seconds now,
                  struct figures *ret_figures);
/* The first second after `now` at which a seat of the license ends; 0: there is none. */
RESULT figures_next_end(const struct moment_source *source, uint32_t license, seconds now, seconds *ret_time);
/* Takes in that a machine changed. To be called before its moments change. */
RESULT figures_change(struct figures_cache *cache, const struct moment_source *source, uint32_t license,
                      const struct machine_times *before, const struct machine_times *after);
/* Forgets everything and keeps the memory. */
void figures_clear(struct figures_cache *cache);
void figures_free(struct figures_cache *cache);

#endif
