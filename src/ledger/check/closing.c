/*
 * What the epoch after a ledger says of it; see closing.h.
 *
 * A ledger that ended before its first checkpoint was stored, in a copy of its database or for a crash, gets none any
 * more: nobody signs there again. How large it was, and mostly its root, stands in the first leaf of the next epoch,
 * for which the checkpoint of that one vouches.
 */
#include "check/closing.h"

#include "core/documents/leaf.h"

#include <string.h>

/* *ret_ledger: that of the epoch of the key behind this one, *ret_epoch; 0 where there is none. */
static RESULT find_next_epoch(struct step *step, uint64_t before, uint32_t *ret_ledger, uint64_t *ret_epoch)
{
    const struct ledger_check *const check = step->check;
    char origin[KEY_NAME_SIZE];
    uint64_t next;
    *ret_ledger = 0;
    TRY(epoch_next(check->store, check->key->name, before, &next, step->reason));
    if (next == 0)
        return RESULT_OK;
    TRY(origin_write(check->key->name, next, origin));
    *ret_epoch = next;
    return store_ledger_find(check->store, origin, ret_ledger, step->reason);
}

static RESULT read_epoch(struct step *step, uint32_t ledger, struct leaf *leaf, bool *ret_sound)
{
    buffer_clear(&step->leaf);
    const struct result read = store_leaf_get(step->check->store, ledger, 0, &step->leaf, step->reason);
    *ret_sound = result_code(read) != ERR_NOT_FOUND;
    if (!*ret_sound)
        return RESULT_OK;
    TRY(tell_damage(read, ret_sound));
    if (*ret_sound)
        TRY(tell_form(leaf_read(buffer_slice(&step->leaf), leaf), ret_sound));
    *ret_sound = *ret_sound && leaf->kind == LEAF_EPOCH;
    return RESULT_OK;
}

RESULT closing_find(struct step *step, bool *ret_told)
{
    struct ledger_check_position *const position = step->position;
    struct leaf leaf;
    uint32_t ledger;
    uint64_t next;
    bool sound;
    *ret_told = false;
    TRY(find_next_epoch(step, step->epoch, &ledger, &next));
    if (ledger == 0)
        return RESULT_OK;
    TRY(read_epoch(step, ledger, &leaf, &sound));
    if (!sound || strcmp(leaf.epoch.previous, step->check->origin) != 0 || leaf.epoch.found != position->size)
        return RESULT_OK;
    *ret_told = true;
    if (leaf.epoch.size == position->size) {
        position->signed_size = leaf.epoch.size;
        position->root = leaf.epoch.root;
    }
    return RESULT_OK;
}

RESULT closing_began(struct step *step, seconds *ret_began)
{
    uint64_t epoch = step->epoch;
    struct leaf leaf;
    bool sound = false;
    *ret_began = TIME_MAX;
    while (!sound) {
        uint32_t next;
        TRY(find_next_epoch(step, epoch, &next, &epoch));
        if (next == 0)
            return RESULT_OK;
        TRY(read_epoch(step, next, &leaf, &sound));
    }
    *ret_began = leaf.epoch.began;
    return RESULT_OK;
}

RESULT closing_leaves_out(struct step *step, uint32_t ledger, uint64_t index, bool *ret_out)
{
    char origin[KEY_NAME_SIZE];
    uint32_t next;
    uint64_t epoch;
    struct leaf leaf;
    bool sound;
    *ret_out = false;
    TRY(ledger_origin(step, ledger, origin, &sound));
    if (!sound || !is_ok(origin_epoch(origin, step->check->key->name, &epoch)))
        return RESULT_OK;
    TRY(find_next_epoch(step, epoch, &next, &epoch));
    if (next == 0)
        return RESULT_OK;
    TRY(read_epoch(step, next, &leaf, &sound));
    *ret_out = sound && strcmp(leaf.epoch.previous, origin) == 0 && leaf.epoch.size <= index;
    return RESULT_OK;
}
