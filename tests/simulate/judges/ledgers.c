/* The ledgers at the end; see ledgers.h. */
#include "ledgers.h"

#include "core/documents/offer.h"
#include "core/rules/decide.h"
#include "core/rules/terms.h"

#include "must.h"
#include "world.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

static void add_root(struct ledger_reading *reading, struct frontier *frontier, struct slice text)
{
    const struct hash hash = merkle_leaf(text);
    struct merkle_batch *batch = NULL;
    must(merkle_append(frontier, &hash, 1, &batch));
    merkle_batch_free(batch);
    reading->roots[frontier->size] = frontier_root(frontier);
}

static void note_machine(struct leaf_note *note, const struct leaf *leaf, const struct seen *seen, const char *origin)
{
    note->machine = leaf->kind == LEAF_LEASE ? leaf->lease.request.machine : leaf->released.release.machine;
    note->number = leaf_number(leaf);
    memcpy(note->license, leaf_license(leaf), strlen(leaf_license(leaf)) + 1);
    note->seen_size = strcmp(seen->origin, origin) == 0 ? seen->size : 0;
    note->seen = *seen;
}

/* Room for one more leaf, and the root of the tree with it. */
static void make_room(struct ledger_reading *reading)
{
    enum { ROOM_FIRST = 64 };
    if (reading->count < reading->room)
        return;
    reading->room = reading->room == 0 ? ROOM_FIRST : 2 * reading->room;
    reading->leaves = realloc(reading->leaves, reading->room * sizeof *reading->leaves);
    reading->roots = realloc(reading->roots, (reading->room + 1) * sizeof *reading->roots);
    if (reading->leaves == NULL || reading->roots == NULL)
        abort();
}

struct reader {
    struct ledger_reading *reading;
    struct frontier frontier;
};

static bool read_one(void *context, uint64_t index, struct slice text)
{
    struct reader *const reader = context;
    struct ledger_reading *const reading = reader->reading;
    struct leaf *const leaf = malloc(sizeof *leaf);
    (void)index;
    if (leaf == NULL || reading->count == LEAVES_MAX)
        abort();
    make_room(reading);
    must(leaf_read(text, leaf));
    add_root(reading, &reader->frontier, text);
    struct leaf_note *const note = &reading->leaves[reading->count++];
    *note = (struct leaf_note){.kind = leaf->kind, .time = leaf_time(leaf)};
    if (leaf->kind == LEAF_LEASE) {
        note_machine(note, leaf, &leaf->lease.request.seen, reading->origin);
        note->expires = leaf->lease.expires;
    } else if (leaf->kind == LEAF_RELEASED) {
        note_machine(note, leaf, &leaf->released.release.seen, reading->origin);
    } else if (leaf->kind == LEAF_RECLAIMED) {
        note->machine = leaf->reclaimed.machine;
        memcpy(note->license, leaf->reclaimed.license, sizeof note->license);
    } else if (leaf->kind == LEAF_EPOCH) {
        reading->first = leaf->epoch;
    }
    free(leaf);
    return true;
}

static void read_ledger(struct store *store, struct ledger_reading *reading)
{
    struct reader reader = {.reading = reading};
    make_room(reading);
    reading->roots[0] = frontier_root(&reader.frontier);
    must(store_leaves(store, reading->number, 0, LEAVES_MAX, read_one, &reader, NULL));
}

static int by_epoch(const void *a, const void *b)
{
    const struct ledger_reading *const one = a;
    const struct ledger_reading *const other = b;
    return one->epoch < other->epoch ? -1 : one->epoch > other->epoch;
}

void readings_make(struct store *store, const struct verifier_key *host_key, struct readings *ret_readings)
{
    struct ledger_reading reading = {0};
    *ret_readings = (struct readings){.count = 0};
    for (;;) {
        const struct result found = store_ledger_next(store, reading.number, &reading.number, reading.origin, NULL);
        if (result_code(found) == ERR_NOT_FOUND)
            break;
        must(found);
        if (!is_ok(origin_epoch(reading.origin, host_key->name, &reading.epoch)))
            continue;
        if (ret_readings->count == EPOCHS_MAX)
            abort();
        struct ledger_reading *const place = &ret_readings->ledgers[ret_readings->count++];
        *place = reading;
        read_ledger(store, place);
    }
    qsort(ret_readings->ledgers, ret_readings->count, sizeof *ret_readings->ledgers, by_epoch);
}

void readings_free(struct readings *readings)
{
    for (size_t i = 0; i < readings->count; i++) {
        free(readings->ledgers[i].leaves);
        free(readings->ledgers[i].roots);
    }
    readings->count = 0;
}

/* ---- two trees ---- */

/* Whether a later epoch tells another root of that size as the end. */
static bool is_other_end(const struct readings *readings, size_t ledger, const struct seen *seen)
{
    for (size_t i = 1; i <= ledger; i++) {
        const struct epoch *const told = &readings->ledgers[i].first;
        if (strcmp(told->previous, seen->origin) == 0)
            return seen->size == told->size && !hash_equal(&told->root, &seen->root);
    }
    return false;
}

static bool is_other_tree(const struct readings *readings, const uint64_t shown[static EPOCHS_MAX], size_t ledger,
                          const struct seen *seen)
{
    for (size_t i = 0; i < ledger; i++) {
        const struct ledger_reading *const before = &readings->ledgers[i];
        if (strcmp(before->origin, seen->origin) == 0 && seen->size <= shown[i])
            return !hash_equal(&before->roots[seen->size], &seen->root);
    }
    return is_other_end(readings, ledger, seen);
}

size_t readings_other_trees(const struct readings *readings, const uint64_t shown[static EPOCHS_MAX], size_t ledger,
                            size_t leaf)
{
    const struct ledger_reading *const reading = &readings->ledgers[ledger];
    size_t count = 0;
    if (reading->leaves[leaf].kind != LEAF_EPOCH)
        return is_other_tree(readings, shown, ledger, &reading->leaves[leaf].seen);
    for (size_t i = 0; i < reading->first.shown_count; i++)
        count += is_other_tree(readings, shown, ledger, &reading->first.shown[i]);
    return count;
}

/* ---- checking ---- */

static bool same_machine(const struct leaf_note *a, const struct leaf_note *b)
{
    return memcmp(&a->machine, &b->machine, sizeof a->machine) == 0;
}

/* Whether a host may have forgotten by the nth leaf what the machine of that earlier one had under its license. */
static bool is_forgettable(const struct ledger_reading *ledger, size_t nth, const struct leaf_note *note)
{
    seconds last = 0;
    for (size_t i = 0; i < nth; i++) {
        const struct leaf_note *const leaf = &ledger->leaves[i];
        if (!same_machine(leaf, note) || strcmp(leaf->license, note->license) != 0)
            continue;
        last = seat_until(seat_until(last, leaf->expires), leaf->time);
    }
    return last + RECORD_KEPT < ledger->leaves[nth].time;
}

/* A vendor here has one product. */
static bool check_numbers(struct world *world, const struct ledger_reading *ledger)
{
    for (size_t i = 0; i < ledger->count; i++)
        for (size_t j = i; j-- > 0;) {
            const struct leaf_note *const later = &ledger->leaves[i];
            const struct leaf_note *const before = &ledger->leaves[j];
            if (later->number == 0 || before->number == 0 || !same_machine(later, before))
                continue;
            if (later->number > before->number)
                break;
            if (is_forgettable(ledger, i, before))
                continue;
            world_violated(world, "%s: leaf %zu has number %llu, and leaf %zu before it %llu of the same key",
                           ledger->origin, i, (unsigned long long)later->number, j, (unsigned long long)before->number);
            return true;
        }
    return false;
}

static bool check_times(struct world *world, const struct ledger_reading *ledger)
{
    for (size_t i = 1; i < ledger->count; i++)
        if (ledger->leaves[i].time < ledger->leaves[i - 1].time) {
            world_violated(world, "%s: leaf %zu is older than the one before it", ledger->origin, i);
            return true;
        }
    return false;
}

/* A machine's seat under a license, over all epochs: until the latest end of its leases, or the leaf that makes it
 * free. */
struct seat {
    const struct leaf_note *of; /* its last leaf */
    seconds until;
    bool renewed; /* the machine held a seat already when it got its last lease */
};

/* The seats of a vendor's licenses, and the leaves that made any free. */
struct seats {
    size_t count;
    struct seat *list;
    size_t freed_count;
    const struct leaf_note **freed;
};

/* Whether a seat that comes back by that leaf is free at once, by what the license allows within 30 days. */
static bool is_free(struct seats *seats, const struct seat *seat, const struct leaf_note *leaf,
                    const struct license *license)
{
    uint64_t before = 0;
    if (license != NULL && leaf->kind == LEAF_RECLAIMED && !terms_reclaim_counts(license, seat->renewed))
        return true;
    for (size_t i = 0; i < seats->freed_count; i++) {
        const struct leaf_note *const other = seats->freed[i];
        before += other->kind == leaf->kind && other->time > leaf->time - RETURNS_WINDOW &&
                  strcmp(other->license, leaf->license) == 0;
    }
    if (license == NULL ||
        !(leaf->kind == LEAF_RELEASED ? terms_release_frees(license, before) : terms_reclaim_frees(license, before)))
        return false;
    seats->freed[seats->freed_count++] = leaf;
    return true;
}

static struct seat *find_seat(struct seats *seats, const struct leaf_note *leaf)
{
    size_t i = 0;
    while (i < seats->count &&
           (!same_machine(seats->list[i].of, leaf) || strcmp(seats->list[i].of->license, leaf->license) != 0))
        i++;
    if (i == seats->count)
        seats->list[seats->count++] = (struct seat){.of = leaf};
    return &seats->list[i];
}

static uint64_t count_held(const struct seats *seats, const struct leaf_note *leaf)
{
    uint64_t held = 0;
    for (size_t i = 0; i < seats->count; i++)
        held += seats->list[i].until > leaf->time && strcmp(seats->list[i].of->license, leaf->license) == 0;
    return held;
}

/* With a lease under one license a machine leaves its seat under another for the same; whether there was one. */
static bool leave_others(struct world *world, size_t vendor, struct seats *seats, const struct leaf_note *leaf)
{
    const struct license *const license = vendor_find(&world->vendors[vendor], leaf->license);
    bool left = false;
    for (size_t i = 0; i < seats->count && license != NULL; i++) {
        struct seat *const seat = &seats->list[i];
        const struct license *const other = vendor_find(&world->vendors[vendor], seat->of->license);
        if (other != NULL && other != license && same_machine(seat->of, leaf) && seat->until > leaf->time &&
            offer_equal(license_offer(other), license_offer(license))) {
            seat->until = leaf->time;
            left = true;
        }
    }
    return left;
}

/* Whether the leaf gives a seat that there is not. */
static bool check_seat(struct world *world, size_t vendor, struct seats *seats, const struct leaf_note *leaf)
{
    struct seat *const seat = find_seat(seats, leaf);
    const struct license *const license = vendor_find(&world->vendors[vendor], leaf->license);
    const bool held_before = seat->until > leaf->time;
    if (leaf->kind == LEAF_LEASE)
        seat->until = seat_until(seat->until, leaf->expires);
    else if (is_free(seats, seat, leaf, license))
        seat->until = leaf->time;
    if (leaf->kind == LEAF_LEASE)
        seat->renewed = leave_others(world, vendor, seats, leaf) || held_before;
    const uint64_t held = count_held(seats, leaf);
    if (leaf->kind != LEAF_LEASE || held_before || license == NULL || held <= license->seats + license->overage)
        return false;
    world_violated(world, "%llu machines hold seats under %s", (unsigned long long)held, leaf->license);
    return true;
}

static bool check_seats(struct world *world, size_t vendor, const struct readings *readings)
{
    size_t leaves = 1;
    for (size_t i = 0; i < readings->count; i++)
        leaves += readings->ledgers[i].count;
    struct seats seats = {.list = calloc(leaves, sizeof *seats.list), .freed = calloc(leaves, sizeof(const void *))};
    bool found = false;
    if (seats.list == NULL || seats.freed == NULL)
        abort();
    for (size_t i = 0; i < readings->count; i++)
        for (size_t j = 0; j < readings->ledgers[i].count && !found; j++) {
            const struct leaf_note *const leaf = &readings->ledgers[i].leaves[j];
            if (leaf->kind != LEAF_EPOCH)
                found = check_seat(world, vendor, &seats, leaf);
        }
    free(seats.freed);
    free(seats.list);
    return found;
}

bool readings_check(struct world *world, size_t vendor, const struct readings *readings)
{
    bool found = check_seats(world, vendor, readings);
    for (size_t i = 0; i < readings->count; i++) {
        const struct ledger_reading *const ledger = &readings->ledgers[i];
        found = check_numbers(world, ledger) || check_times(world, ledger) || found;
    }
    return found;
}
