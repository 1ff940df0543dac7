/* The ledgers at the end; see ledgers.h. */
#include "ledgers.h"

#include "must.h"
#include "world.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

static void note_machine(struct leaf_note *note, const struct leaf *leaf, const struct seen *seen, const char *origin)
{
    note->machine = leaf->kind == LEAF_LEASE ? leaf->lease.request.machine : leaf->released.release.machine;
    note->number = leaf_number(leaf);
    memcpy(note->license, leaf_license(leaf), strlen(leaf_license(leaf)) + 1);
    note->seen_size = strcmp(seen->origin, origin) == 0 ? seen->size : 0;
}

static bool read_one(void *context, uint64_t index, struct slice text)
{
    struct ledger_reading *const reading = context;
    struct leaf *const leaf = malloc(sizeof *leaf);
    (void)index;
    if (leaf == NULL || reading->count == LEAVES_MAX)
        abort();
    must(leaf_read(text, leaf));
    struct leaf_note *const note = &reading->leaves[reading->count++];
    *note = (struct leaf_note){.kind = leaf->kind, .time = leaf_time(leaf)};
    if (leaf->kind == LEAF_LEASE) {
        note_machine(note, leaf, &leaf->lease.request.seen, reading->origin);
        note->expires = leaf->lease.expires;
    } else if (leaf->kind == LEAF_RELEASED) {
        note_machine(note, leaf, &leaf->released.release.seen, reading->origin);
    }
    free(leaf);
    return true;
}

static void read_ledger(struct store *store, struct ledger_reading *reading)
{
    reading->leaves = calloc(LEAVES_MAX, sizeof *reading->leaves);
    if (reading->leaves == NULL)
        abort();
    must(store_leaves(store, reading->number, 0, LEAVES_MAX, read_one, reading, NULL));
}

static int by_epoch(const void *a, const void *b)
{
    const struct ledger_reading *const one = a;
    const struct ledger_reading *const other = b;
    return one->epoch < other->epoch ? -1 : one->epoch > other->epoch;
}

/* Whether an epoch begins before the newest leaf of one before it. */
static bool time_went_back(const struct readings *readings)
{
    seconds newest = 0;
    for (size_t i = 0; i < readings->count; i++) {
        const struct ledger_reading *const ledger = &readings->ledgers[i];
        if (ledger->count == 0)
            continue;
        if (ledger->leaves[0].time < newest)
            return true;
        newest = ledger->leaves[ledger->count - 1].time;
    }
    return false;
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
    ret_readings->went_back = time_went_back(ret_readings);
}

void readings_free(struct readings *readings)
{
    for (size_t i = 0; i < readings->count; i++)
        free(readings->ledgers[i].leaves);
    readings->count = 0;
}

/* ---- checking ---- */

static bool same_machine(const struct leaf_note *a, const struct leaf_note *b)
{
    return memcmp(&a->machine, &b->machine, sizeof a->machine) == 0;
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

/* Whether the machine's last leaf under the license up to `end` holds a seat at that moment. */
static bool holds(const struct ledger_reading *ledger, size_t at, size_t end, seconds moment)
{
    const struct leaf_note *const leaf = &ledger->leaves[at];
    if (leaf->kind != LEAF_LEASE || leaf->expires <= moment)
        return false;
    for (size_t i = at + 1; i <= end; i++)
        if (ledger->leaves[i].number != 0 && same_machine(&ledger->leaves[i], leaf) &&
            strcmp(ledger->leaves[i].license, leaf->license) == 0)
            return false;
    return true;
}

static bool check_seats(struct world *world, size_t vendor, const struct ledger_reading *ledger)
{
    for (size_t i = 0; i < ledger->count; i++) {
        const struct leaf_note *const leaf = &ledger->leaves[i];
        if (leaf->kind != LEAF_LEASE)
            continue;
        const struct license *const license = vendor_find(&world->vendors[vendor], leaf->license);
        uint64_t held = 0;
        for (size_t j = 0; j <= i; j++)
            held += strcmp(ledger->leaves[j].license, leaf->license) == 0 && holds(ledger, j, i, leaf->time);
        if (license != NULL && held <= license->seats + license->overage)
            continue;
        world_violated(world, "%s: at leaf %zu %llu machines hold seats under %s", ledger->origin, i,
                       (unsigned long long)held, leaf->license);
        return true;
    }
    return false;
}

bool readings_check(struct world *world, size_t vendor, const struct readings *readings)
{
    bool found = false;
    for (size_t i = 0; i < readings->count; i++) {
        const struct ledger_reading *const ledger = &readings->ledgers[i];
        found = check_numbers(world, ledger) || check_times(world, ledger) ||
                (!readings->went_back && check_seats(world, vendor, ledger)) || found;
    }
    return found;
}
