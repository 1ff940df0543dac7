/* The count of a year; see counting.h. */
#include "counting.h"

#include "must.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPANS_MAX = 4096 };

/* What one machine has from one moment until another; the last one is not in it. */
struct span {
    size_t key;
    seconds from;
    seconds until;
};

struct spans {
    size_t count;
    struct span list[SPANS_MAX];
};

void counting_add(struct counting *counting, const struct happening *happening)
{
    if (counting->count == HAPPENINGS_MAX)
        abort();
    counting->list[counting->count++] = *happening;
}

/* ---- from entries to spans ---- */

static struct span *last_of(struct spans *spans, size_t key)
{
    for (size_t i = spans->count; i-- > 0;)
        if (spans->list[i].key == key)
            return &spans->list[i];
    return NULL;
}

static void go_on(struct spans *spans, const struct happening *lease)
{
    struct span *const last = last_of(spans, lease->key);
    if (last != NULL && last->until > lease->time) {
        last->until = last->until > lease->expires ? last->until : lease->expires;
        return;
    }
    if (spans->count == SPANS_MAX)
        abort();
    spans->list[spans->count++] = (struct span){lease->key, lease->time, lease->expires};
}

static void cut(struct spans *spans, const struct happening *free)
{
    struct span *const last = last_of(spans, free->key);
    if (last != NULL && last->until > free->time)
        last->until = free->time;
}

static void make_spans(const struct counting *counting, struct spans *seats, struct spans *leases)
{
    for (size_t i = 0; i < counting->count; i++) {
        const struct happening *const happening = &counting->list[i];
        if (happening->kind == GOT_LEASE) {
            go_on(seats, happening);
            go_on(leases, happening);
        } else if (happening->kind == SEAT_IS_FREE) {
            cut(seats, happening);
        }
    }
}

/* ---- from spans to a row ---- */

/* Of which spans of what edition, in from <= t < until. */
struct window {
    const struct reckoning *reckoning;
    enum line line;
    seconds from;
    seconds until;
};

static bool is_in(const struct window *window, const struct span *span)
{
    return window->reckoning->keys[span->key].line == window->line && span->from < window->until &&
           span->until > window->from;
}

static uint64_t count_at(const struct window *window, const struct spans *spans, seconds moment)
{
    uint64_t count = 0;
    for (size_t i = 0; i < spans->count; i++)
        count += is_in(window, &spans->list[i]) && spans->list[i].from <= moment && moment < spans->list[i].until;
    return count;
}

static uint64_t find_peak(const struct window *window, const struct spans *spans)
{
    uint64_t peak = count_at(window, spans, window->from);
    for (size_t i = 0; i < spans->count; i++) {
        const seconds from = spans->list[i].from;
        if (!is_in(window, &spans->list[i]) || from <= window->from)
            continue;
        const uint64_t count = count_at(window, spans, from);
        peak = count > peak ? count : peak;
    }
    return peak;
}

static uint64_t count_machines(const struct window *window, const struct spans *spans)
{
    bool seen[KEYS_MAX] = {false};
    uint64_t count = 0;
    for (size_t i = 0; i < spans->count; i++) {
        const struct span *const span = &spans->list[i];
        count += is_in(window, span) && !seen[span->key];
        seen[span->key] = seen[span->key] || is_in(window, span);
    }
    return count;
}

/* ---- the bill ---- */

static seconds begin_of(int month)
{
    char text[40];
    seconds begin;
    snprintf(text, sizeof text, "%04d-%02d-01T00:00:00Z", month / 12, month % 12 + 1);
    must(time_read(slice_of(text), &begin));
    return begin;
}

static seconds later(seconds a, seconds b)
{
    return a > b ? a : b;
}

static seconds earlier(seconds a, seconds b)
{
    return a < b ? a : b;
}

static void bill_license(const struct spans *seats, const struct spans *leases, const struct vendor *vendor,
                         const struct window *life, size_t license, struct bill *bill)
{
    for (int month = time_month(life->from); life->from < life->until && month <= time_month(life->until - 1);
         month++) {
        struct window window = *life;
        window.from = later(life->from, begin_of(month));
        window.until = earlier(life->until, begin_of(month + 1));
        const uint64_t outstanding = find_peak(&window, leases);
        if (outstanding == 0)
            continue;
        struct bill_row *const row = bill_row(bill, vendor->licenses[license].id, month);
        row->machines = count_machines(&window, seats);
        row->peak = find_peak(&window, seats);
        row->outstanding = outstanding;
    }
}

void counting_bill(const struct counting *counting, const struct reckoning *reckoning, const struct vendor *vendor,
                   struct bill *ret_bill)
{
    struct spans *const spans = calloc(2, sizeof *spans);
    const seconds end = counting->count > 0 ? counting->list[counting->count - 1].time + 1 : 0;
    if (spans == NULL)
        abort();
    ret_bill->count = 0;
    make_spans(counting, &spans[0], &spans[1]);
    for (size_t i = 0; i < vendor->license_count; i++) {
        const struct license *const license = &vendor->licenses[i];
        const size_t heir = line_next(vendor, i);
        const seconds until = heir == NO_LICENSE ? end : vendor->licenses[heir].not_before;
        const struct window life = {reckoning, line_of(license), license->not_before, earlier(until, end)};
        bill_license(&spans[0], &spans[1], vendor, &life, i, ret_bill);
    }
    free(spans);
}
