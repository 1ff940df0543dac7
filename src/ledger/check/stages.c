/* The check of a ledger's database, step by step; see ledger/check.h, and step.h for the rooms behind. */
#include "check/hashes.h"
#include "check/leaves.h"
#include "check/machines.h"

static RESULT run_stage(struct step *step)
{
    switch (step->position->stage) {
    case LEDGER_CHECK_BEGIN:
        return check_begin(step);
    case LEDGER_CHECK_LEAVES:
        return check_leaves(step);
    case LEDGER_CHECK_HASHES:
        return check_hashes(step);
    case LEDGER_CHECK_ROOT:
        return check_root(step);
    case LEDGER_CHECK_MACHINES:
        return check_machines(step);
    case LEDGER_CHECK_DONE:
        break;
    }
    return RESULT_OK;
}

RESULT ledger_check_step(const struct ledger_check *check, struct ledger_check_position *position, uint64_t budget,
                         struct reason *reason)
{
    struct step step = {.check = check, .position = position, .budget = budget, .reason = reason};
    TRY(origin_epoch(check->origin, check->key->name, &step.epoch));
    TRY(store_ledger_find(check->store, check->origin, &step.ledger, reason));
    TRY(store_ledger_find(check->store, check->key->name, &step.first_ledger, reason));
    step.leaf = buffer_make(LEAF_MAX);
    step.texts = buffer_make((size_t)TILE_WIDTH * LEAF_MAX);
    struct result result;
    do
        result = run_stage(&step);
    while (is_ok(result) && step.budget > 0 && position->stage != LEDGER_CHECK_DONE);
    buffer_free(&step.texts);
    buffer_free(&step.leaf);
    return result;
}
