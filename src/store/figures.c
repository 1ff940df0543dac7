/* Count and seats of each license; see figures.h. */
#include "figures.h"

#include <stdlib.h>

/* The entry of that license, made where it is missing; NO_MEMORY. */
static RESULT entry_find(struct figures_cache *cache, uint32_t license, struct license_figures **ret_entry)
{
    for (size_t i = 0; i < cache->count; i++) {
        if (cache->entries[i].license == license) {
            *ret_entry = &cache->entries[i];
            return RESULT_OK;
        }
    }
    if (cache->count == cache->capacity) {
        const size_t capacity = cache->capacity == 0 ? 8 : cache->capacity * 2;
        struct license_figures *const entries = reallocarray(cache->entries, capacity, sizeof *entries);
        ENSURE(entries != NULL, NO_MEMORY);
        cache->entries = entries;
        cache->capacity = capacity;
    }
    struct license_figures *const entry = &cache->entries[cache->count++];
    *entry = (struct license_figures){.license = license};
    *ret_entry = entry;
    return RESULT_OK;
}

/* Reads what was saved, or counts from nothing. */
static RESULT entry_load(struct license_figures *entry, const struct moment_source *source, seconds now)
{
    if (entry->known)
        return RESULT_OK;
    TRY(source->load(source->context, entry));
    if (entry->known)
        return RESULT_OK;
    struct figures figures;
    TRY(source->sum(source->context, entry->license, MOMENT_LAST_REQUEST, now - COUNT_WINDOW, INT64_MAX,
                    &figures.count));
    TRY(source->sum(source->context, entry->license, MOMENT_EXPIRES, now, INT64_MAX, &figures.held));
    entry->figures = figures;
    entry->as_of = now;
    entry->known = true;
    return RESULT_OK;
}

/* How many machines leave (from < to) or come back (from > to) as a bound moves; STORE_CORRUPT where more would leave
 * than are there. */
static RESULT bound_moved(const struct moment_source *source, uint32_t license, enum moment_kind kind, seconds from,
                          seconds to, uint64_t *number)
{
    uint64_t sum = 0;
    if (from < to) {
        TRY(source->sum(source->context, license, kind, from, to, &sum));
        ENSURE(sum <= *number, STORE_CORRUPT);
        *number -= sum;
    } else if (from > to) {
        TRY(source->sum(source->context, license, kind, to, from, &sum));
        *number += sum;
    }
    return RESULT_OK;
}

RESULT figures_at(struct figures_cache *cache, const struct moment_source *source, uint32_t license, seconds now,
                  struct figures *ret_figures)
{
    struct license_figures *entry;
    TRY(entry_find(cache, license, &entry));
    TRY(entry_load(entry, source, now));
    if (entry->as_of != now) {
        struct figures moved = entry->figures;
        TRY(bound_moved(source, license, MOMENT_LAST_REQUEST, entry->as_of - COUNT_WINDOW, now - COUNT_WINDOW,
                        &moved.count));
        TRY(bound_moved(source, license, MOMENT_EXPIRES, entry->as_of, now, &moved.held));
        entry->figures = moved;
        entry->as_of = now;
    }
    *ret_figures = entry->figures;
    return RESULT_OK;
}

/* Doubles the stretch until any seat ends within it, then halves it: a sum costs what it finds. */
RESULT figures_next_end(const struct moment_source *source, uint32_t license, seconds now, seconds *ret_time)
{
    uint64_t sum = 0;
    seconds after = now;
    seconds until = now;
    for (seconds step = MINUTE; sum == 0; step *= 2) {
        after = until;
        if (after >= TIME_MAX) {
            *ret_time = 0;
            return RESULT_OK;
        }
        until = step < TIME_MAX - after ? after + step : TIME_MAX;
        TRY(source->sum(source->context, license, MOMENT_EXPIRES, after, until, &sum));
    }
    while (until - after > 1) {
        const seconds middle = after + (until - after) / 2;
        TRY(source->sum(source->context, license, MOMENT_EXPIRES, after, middle, &sum));
        *(sum > 0 ? &until : &after) = middle;
    }
    *ret_time = until;
    return RESULT_OK;
}

RESULT figures_change(struct figures_cache *cache, const struct moment_source *source, uint32_t license,
                      const struct machine_times *before, const struct machine_times *after)
{
    struct license_figures *entry;
    TRY(entry_find(cache, license, &entry));
    TRY(entry_load(entry, source, after->last_request));
    const bool counted = request_counts(before->last_request, entry->as_of);
    const bool held = lease_holds(before->expires, entry->as_of);
    ENSURE(entry->figures.count >= counted && entry->figures.held >= held, STORE_CORRUPT);
    entry->figures.count += (uint64_t)request_counts(after->last_request, entry->as_of) - (uint64_t)counted;
    entry->figures.held += (uint64_t)lease_holds(after->expires, entry->as_of) - (uint64_t)held;
    entry->changed = true;
    return RESULT_OK;
}

void figures_clear(struct figures_cache *cache)
{
    cache->count = 0;
}

void figures_free(struct figures_cache *cache)
{
    free(cache->entries);
    *cache = (struct figures_cache){0};
}
