/* Denials of the engine; see denials.h. */
#include "batch/denials.h"
#include "batch/answers.h"
#include "host/faults.h"
#include "ledgers.h"
#include "rates/traces.h"
#include "state.h"

#include "store/operators.h"

#include <stdio.h>
#include <string.h>

void denial_add_fault(struct denial *denial, struct result fault)
{
    const size_t length = strlen(denial->message);
    const char *const name = error_info(result_code(fault))->name;
    if (result_place(fault) > 0)
        snprintf(denial->message + length, sizeof denial->message - length, " (%s, line %u)", name,
                 result_place(fault));
    else
        snprintf(denial->message + length, sizeof denial->message - length, " (%s)", name);
}

/* What was asked for: a request says it, a release by its license. */
static void name_offer(const struct entry *entry, struct denial_entry *kept)
{
    const struct job *const job = entry->job;
    const bool activation = job->kind == JOB_ACTIVATE;
    const struct license *const license = entry->license == NULL ? NULL : &entry->license->license;
    if (!activation && license == NULL)
        return;
    memcpy(kept->vendor, activation ? job->request.vendor : license->vendor, NAME_SIZE);
    memcpy(kept->product, activation ? job->request.product : license->product, NAME_SIZE);
    memcpy(kept->edition, activation ? job->request.edition : license->edition, NAME_SIZE);
}

static size_t slot_of(const struct hash *note)
{
    uint64_t drawn;
    memcpy(&drawn, note->bytes, sizeof drawn);
    return drawn % DENIED_SLOTS;
}

bool denied_before(const struct engine *engine, const struct hash *note)
{
    return hash_equal(&engine->denied[slot_of(note)], note);
}

void denied_forget(struct engine *engine, const struct hash *note)
{
    if (denied_before(engine, note))
        engine->denied[slot_of(note)] = (struct hash){{0}};
}

static RESULT keep(struct engine *engine, struct entry *entry, const struct denial *denial)
{
    const struct hash *const note = &entry->job->note_hash;
    entry->quiet |= denied_before(engine, note);
    if (!entry->quiet)
        trace_denial(engine, entry, denial->code);
    engine->denied[slot_of(note)] = *note;
    if (entry->quiet || entry->left_out)
        return RESULT_OK;
    struct denial_entry kept = {.time = engine->now, .machine = entry->machine, .code = (uint32_t)denial->code};
    name_offer(entry, &kept);
    _Static_assert(sizeof kept.message >= sizeof denial->message, "a denial's message fits its entry");
    memcpy(kept.message, denial->message, sizeof denial->message);
    memcpy(kept.address, entry->job->address, sizeof kept.address);
    return store_denial_add(engine->options.store, &kept, &engine->reason);
}

/* Answers with what stands in engine->denial. */
static void answer(struct engine *engine, struct entry *entry, enum error_code code)
{
    entry->outcome = OUTCOME_DENIED;
    entry->denial = code;
    answer_text(entry->job, error_info(code)->http_status, buffer_slice(&engine->denial));
}

static RESULT write_denial(struct engine *engine, const struct denial *denial)
{
    buffer_clear(&engine->denial);
    return denial_write(denial, &engine->denial);
}

RESULT deny(struct engine *engine, struct entry *entry, const struct denial *denial)
{
    TRY(keep(engine, entry, denial));
    TRY(write_denial(engine, denial));
    answer(engine, entry, denial->code);
    return RESULT_OK;
}

RESULT deny_plainly(struct engine *engine, struct entry *entry, enum error_code code, seconds retry_after)
{
    const struct denial denial = denial_make(code, retry_after);
    return deny(engine, entry, &denial);
}

void log_unread(const struct engine *engine, uint64_t leaf, struct result why)
{
    LOG_EVENT(engine->options.log, LOG_ERROR, "leaf-unread", NUMBER_FIELD("leaf", leaf),
              TEXT_FIELD("code", error_info(result_code(why))->name), TEXT_FIELD("reason", engine->reason.text));
}

/* Behind the denial stands the machine's own last leaf, where it has one. */
RESULT deny_used(struct engine *engine, struct entry *entry, const struct denial *denial, const struct last_leaf *last)
{
    const bool known = last->number > 0;
    const struct result fetched =
        known ? leaf_fetch(engine, entry->vendor->ledger, last->ledger, last->leaf) : RESULT_OK;
    /* Without it the machine could not go on; when the file is back, it can. */
    if (result_code(fetched) == ERR_ARCHIVE_MISSING || result_code(fetched) == ERR_ARCHIVE_DAMAGED) {
        if (trace_trouble(engine, entry))
            log_unread(engine, last->leaf, fetched);
        return deny_plainly(engine, entry, ERR_HOST_STORAGE, RETRY_TROUBLE);
    }
    TRY(keep(engine, entry, denial));
    TRY(write_denial(engine, denial));
    if (known && is_ok(fetched)) {
        buffer_append_byte(&engine->denial, '\n');
        buffer_append_slice(&engine->denial, buffer_slice(&engine->leaf));
    }
    TRY(buffer_status(&engine->denial));
    answer(engine, entry, denial->code);
    return RESULT_OK;
}

RESULT deny_unkept(struct engine *engine, struct entry *entry, const struct denial *denial)
{
    TRY(write_denial(engine, denial));
    answer(engine, entry, denial->code);
    entry->quiet = true;
    return RESULT_OK;
}

RESULT deny_refused(struct engine *engine, struct entry *entry, struct result fault)
{
    struct denial denial = denial_make(ERR_REQUEST_REFUSED, RETRY_REFUSED);
    denial_add_fault(&denial, fault);
    return deny_unkept(engine, entry, &denial);
}

void deny_signer(struct entry *entry)
{
    entry->outcome = OUTCOME_DENIED;
    entry->denial = ERR_HOST_SIGNER;
    answer_denial(entry->job, ERR_HOST_SIGNER, RETRY_TROUBLE);
}
