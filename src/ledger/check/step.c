/* How the stages of the check report; see step.h. */
#include "check/step.h"

#include <string.h>

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

void step_report_archive(struct step *step, uint64_t first, uint64_t last, const char *words)
{
    struct ledger_finding finding = {.fault = LEDGER_FAULT_ARCHIVE, .first = first, .last = last};
    size_t size = strlen(words);
    if (size >= sizeof finding.words)
        size = sizeof finding.words - 1;
    while (size > 0 && ((uint8_t)words[size] & 0xc0) == 0x80) /* not within a character */
        size--;
    memcpy(finding.words, words, size);
    step_report(step, &finding);
}

RESULT tell_archive(struct result result, bool *ret_there)
{
    const enum error_code code = result_code(result);
    *ret_there = code != ERR_ARCHIVE_MISSING && code != ERR_ARCHIVE_DAMAGED;
    return *ret_there ? result : RESULT_OK;
}

RESULT tell_form(struct result result, bool *ret_sound)
{
    *ret_sound = is_ok(result);
    return result_code(result) == ERR_NO_MEMORY ? result : RESULT_OK;
}

RESULT tell_damage(struct result result, bool *ret_sound)
{
    const enum error_code code = result_code(result);
    *ret_sound = is_ok(result);
    return code == ERR_NOT_FOUND || code == ERR_STORE_CORRUPT ? RESULT_OK : result;
}

RESULT ledger_origin(struct step *step, uint32_t ledger, char ret_origin[static KEY_NAME_SIZE], bool *ret_sound)
{
    uint32_t number = 0;
    TRY(tell_damage(store_ledger_next(step->check->store, ledger - 1, &number, ret_origin, step->reason), ret_sound));
    *ret_sound = *ret_sound && number == ledger;
    return RESULT_OK;
}

RESULT step_forgettable(struct step *step, seconds time, bool *ret_forgettable)
{
    seconds before = 0;
    bool sound;
    TRY(tell_damage(store_machines_expired(step->check->store, &before, step->reason), &sound));
    *ret_forgettable = sound && time < before;
    return RESULT_OK;
}
