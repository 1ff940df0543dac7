/*
 * A seat that the operator takes back -> a leaf to write, and the machine is blocked; see reclaims.h.
 *
 * The lease that ends is the machine's last one, whose leaf its row names: from there comes the machine's key, which no
 * row holds.
 */
#include "reclaim/reclaims.h"
#include "catalog.h"
#include "ledgers.h"
#include "state.h"

#include "base/sentences.h"
#include "core/documents/leaf.h"
#include "core/rules/terms.h"
#include "store/ledger.h"
#include "store/operators.h"

#include <assert.h>
#include <string.h>

/* The seat that is meant. */
struct seat {
    const struct catalog_vendor *vendor; /* NULL: none was found */
    const struct authority_license *license;
    uint32_t number;
    struct machine_row row;
};

/* ---- which seat ---- */

static RESULT say_several(const struct seat *seat, const char *other, struct reason *reason)
{
    return reason_say(reason, FAIL(USAGE), _("the machine holds seats under %.63s and %.63s; name the license"),
                      seat->license->license.id, other);
}

/* Looks at one license; where none is named, for a seat that is held. */
static RESULT look_under(struct engine *engine, const struct catalog_vendor *vendor, size_t at,
                         const struct reclaim *reclaim, struct seat *seat, struct reason *reason)
{
    struct seat other = {vendor, &vendor->vendor->licenses[at], vendor->licenses[at], {{0}, ""}};
    const char *const id = other.license->license.id;
    if (*reclaim->license != 0 && strcmp(reclaim->license, id) != 0)
        return RESULT_OK;
    TRY(store_machine_get(engine->options.store, other.number, &reclaim->machine, &other.row, reason));
    if (*reclaim->license == 0 && !record_holds(&other.row.record, vendor->ledger->now))
        return RESULT_OK;
    if (seat->vendor != NULL)
        return say_several(seat, id, reason);
    *seat = other;
    return RESULT_OK;
}

static RESULT find_seat(struct engine *engine, const struct reclaim *reclaim, struct seat *ret_seat,
                        struct reason *reason)
{
    const struct catalog *const catalog = engine->catalog;
    *ret_seat = (struct seat){.vendor = NULL};
    for (size_t i = 0; i < catalog->count; i++)
        for (size_t k = 0; k < catalog->vendors[i].vendor->license_count; k++)
            TRY(look_under(engine, &catalog->vendors[i], k, reclaim, ret_seat, reason));
    if (ret_seat->vendor != NULL)
        return RESULT_OK;
    if (*reclaim->license != 0)
        return reason_say(reason, FAIL(NOT_FOUND), _("no license %.63s is here"), reclaim->license);
    return reason_say(reason, FAIL(RECLAIM_NOTHING), _("the machine holds no seat under any license that is here"));
}

/* ---- what becomes of it ---- */

/* Whether its ledger takes anything now. */
static RESULT check_ledger(const struct ledger *ledger)
{
    ENSURE(ledger->ready, HOST_SIGNER);
    ENSURE(!ledger_is_restored(ledger), HOST_RESTORED);
    ENSURE(!ledger->stands, HOST_CLOCK);
    return RESULT_OK;
}

static RESULT say_nothing(const struct machine_record *record, const char *license, seconds now, struct reason *reason)
{
    char until[TIME_TEXT_SIZE];
    if (!record_holds(record, now))
        return reason_say(reason, FAIL(RECLAIM_NOTHING), _("the machine holds no seat under %.63s"), license);
    time_write(record->expires, until);
    return reason_say(reason, FAIL(RECLAIM_NOTHING),
                      _("the machine has given back its seat under %.63s, which is free on %s: more were given back "
                        "within 30 days than the license allows"),
                      license, until);
}

static RESULT find_origin(struct engine *engine, uint32_t number, char ret_origin[static KEY_NAME_SIZE],
                          struct reason *reason)
{
    uint32_t found = 0;
    TRY(store_ledger_next(engine->options.store, number - 1, &found, ret_origin, reason));
    ENSURE(found == number, STORE_CORRUPT);
    return RESULT_OK;
}

/* The leaf, into engine->leaf. */
static RESULT write_leaf(struct engine *engine, const struct reclaim *reclaim, const struct machine_record *ended,
                         struct reason *reason)
{
    struct reclaimed reclaimed = {.lease_index = ended->leaf, .reclaimed = reclaim->reclaimed};
    struct leaf lease;
    buffer_clear(&engine->leaf);
    TRY(store_leaf_get(engine->options.store, ended->ledger, ended->leaf, &engine->leaf, reason));
    ENSURE(is_ok(leaf_read(buffer_slice(&engine->leaf), &lease)) && lease.kind == LEAF_LEASE, STORE_CORRUPT);
    memcpy(reclaimed.license, reclaim->license, sizeof reclaimed.license);
    reclaimed.machine = lease.lease.request.machine;
    reclaimed.machine_key = lease.lease.request.machine_key;
    TRY(find_origin(engine, ended->ledger, reclaimed.lease_origin, reason));
    buffer_clear(&engine->leaf);
    return reclaimed_write(&reclaimed, &engine->leaf);
}

/* Also one that was blocked for another reason stays so, for that reason and since then. */
static RESULT block(struct store *store, const struct reclaim *reclaim, seconds now, struct reason *reason)
{
    bool blocked;
    TRY(store_blocked(store, &reclaim->machine, &blocked, reason));
    return blocked ? RESULT_OK : store_block(store, &reclaim->machine, now, RECLAIM_REASON, reason);
}

static RESULT carry_out(struct engine *engine, struct reclaim *reclaim, struct seat *seat, struct reason *reason)
{
    struct store *const store = engine->options.store;
    struct ledger *const ledger = seat->vendor->ledger;
    struct machine_record *const record = &seat->row.record;
    TRY(write_leaf(engine, reclaim, record, reason));
    TRY(ledger_add(ledger, buffer_slice(&engine->leaf), &reclaim->leaf));
    record->reclaimed = (struct reclaim_place){.ledger = ledger->number, .leaf = reclaim->leaf};
    memcpy(reclaim->origin, ledger->origin, sizeof reclaim->origin);
    TRY(store_machine_put(store, seat->number, &reclaim->machine, &seat->row, reason));
    if (reclaim->kind == RECLAIM_FREES)
        TRY(store_return_add(store, seat->number, RETURN_RECLAIM, reclaim->reclaimed, reason));
    return block(store, reclaim, engine->now, reason);
}

RESULT reclaim_decide(struct engine *engine, struct reclaim *reclaim, struct reason *reason)
{
    struct seat seat;
    uint64_t before;
    TRY(find_seat(engine, reclaim, &seat, reason));
    assert(seat.vendor != NULL); /* it was found */
    const struct license *const license = &seat.license->license;
    struct ledger *const ledger = seat.vendor->ledger;
    struct machine_record *const record = &seat.row.record;
    const seconds now = ledger->now;
    TRY(check_ledger(ledger));
    TRY(store_returns(engine->options.store, seat.number, RETURN_RECLAIM, now - RETURNS_WINDOW, &before, reason));
    reclaim->kind = decide_reclaim(license, before, now, record);
    if (reclaim->kind == RECLAIM_NOTHING)
        return say_nothing(record, license->id, now, reason);
    memcpy(reclaim->license, license->id, sizeof reclaim->license);
    reclaim->reclaimed = now;
    reclaim->lease_ends = record->ends;
    reclaim->seat_until = record->expires;
    reclaim->used = before + (reclaim->kind == RECLAIM_FREES);
    reclaim->allowed = terms_reclaims(license);
    return reclaim->kind == RECLAIM_AGAIN ? RESULT_OK : carry_out(engine, reclaim, &seat, reason);
}
