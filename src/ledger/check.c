/* The check of a ledger's database, step by step; see check.h, and check/inner.h for the rooms behind. */
#include "ledger/check.h"

#include "check/inner.h"
#include "store/ledger.h"

#include <string.h>

/* ---- reports ---- */

void step_spend(struct step *step, uint64_t count)
{
    step->budget -= count < step->budget ? count : step->budget;
}

void step_report(struct step *step, const struct ledger_finding *finding)
{
    step->position->findings++;
    step->check->report(step->check->context, finding);
}

void step_report_range(struct step *step, enum ledger_fault fault, unsigned level, uint64_t first, uint64_t last)
{
    step_report(step, &(struct ledger_finding){.fault = fault, .level = level, .first = first, .last = last});
}

void step_report_machine(struct step *step, const char *license, const struct machine_id *machine, uint64_t leaf)
{
    struct ledger_finding finding = {.fault = LEDGER_FAULT_MACHINE, .first = leaf, .last = leaf, .machine = *machine};
    memcpy(finding.license, license, sizeof finding.license);
    step_report(step, &finding);
}

RESULT tell_damage(struct result result, bool *ret_sound)
{
    const enum error_code code = result_code(result);
    *ret_sound = is_ok(result);
    return code == ERR_NOT_FOUND || code == ERR_STORE_CORRUPT ? RESULT_OK : result;
}

/* ---- steps ---- */

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
    case LEDGER_CHECK_RELEASES:
        return check_releases(step);
    case LEDGER_CHECK_DONE:
        break;
    }
    return RESULT_OK;
}

RESULT ledger_check_step(const struct ledger_check *check, struct ledger_check_position *position, uint64_t budget)
{
    struct step step = {.check = check, .position = position, .budget = budget};
    TRY(origin_epoch(check->origin, check->key->name, &step.epoch));
    TRY(store_ledger_find(check->store, check->origin, &step.ledger));
    TRY(store_ledger_find(check->store, check->key->name, &step.first_ledger));
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
