/*
 * Why a machine has a lease or none; see resources.h.
 *
 * It is asked of the rules: what would the machine get if it asked now? So the numbers are those of now, and the
 * sentence the one that the machine would be told (core/rules/explain.h).
 */
#include "resources.h"

#include "base/sentences.h"
#include "core/documents/leaf.h"
#include "core/rules/decide.h"
#include "core/rules/explain.h"
#include "host/engine.h"
#include "proto/admin/machines.h"
#include "question.h"
#include "rows.h"
#include "store/ledger.h"
#include "store/operators.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 64 }; /* licenses of one machine that are looked at */

/* What is known of the machine: its rows, and the id of the license of each; "": none. */
struct known {
    size_t count;
    struct machine_entry entries[ROWS_MAX];
    char licenses[ROWS_MAX][NAME_SIZE];
    uint64_t last_number; /* that it signed, as far as is heard */
};

static bool keep_entry(void *context, const struct machine_entry *entry)
{
    struct known *const known = context;
    const struct machine_record *const record = &entry->row.record;
    known->entries[known->count++] = *entry;
    if (record->number > known->last_number)
        known->last_number = record->number;
    if (record->heard.number > known->last_number)
        known->last_number = record->heard.number;
    return known->count < ROWS_MAX;
}

/* ---- which license ---- */

/* What the machine has, and the license that it would ask for: that of the row, or the one that has taken its place. */
struct subject {
    const struct machine_entry *entry; /* NULL: none */
    const struct authority_license *license;
    const struct authority_vendor *vendor;
};

/* The more a license has to do with the machine, the higher. */
static int weight_of(const struct subject *subject, seconds now)
{
    const struct license *const license = &subject->license->license;
    const bool in_force = !subject->license->revoked && now >= license->not_before && now < license->not_after;
    return 2 * record_holds(&subject->entry->row.record, now) + in_force;
}

/* That under which it holds a seat, or one in force; of equals that which was asked last. */
static RESULT choose(const struct admin_question *question, const struct known *known, const char *wanted,
                     struct subject *ret_subject, struct reason *reason)
{
    const struct rows *const rows = &question->rows;
    struct subject best = {0};
    for (size_t i = 0; i < known->count; i++) {
        const char *const id = known->licenses[i];
        struct subject other = {.entry = &known->entries[i]};
        other.license = authority_find_license(rows->authority, id, &other.vendor);
        if (other.license == NULL || (wanted != NULL && strcmp(wanted, id) != 0))
            continue;
        const int more = best.entry == NULL ? 1 : weight_of(&other, rows->now) - weight_of(&best, rows->now);
        if (more > 0 || (more == 0 && other.entry->row.record.last_request > best.entry->row.record.last_request))
            best = other;
    }
    if (best.entry == NULL && wanted != NULL)
        return reason_say(reason, FAIL(NOT_FOUND), _("the machine never asked for a license %.63s that is here"),
                          wanted);
    const struct authority_license *const heir =
        best.entry == NULL ? NULL : authority_heir(best.vendor, best.license->license.id, rows->now);
    if (heir != NULL)
        best.license = heir;
    *ret_subject = best;
    return RESULT_OK;
}

/* ---- why ---- */

static void say_denial(const struct denial *denial, struct control_why *why)
{
    memcpy(why->code, error_info(denial->code)->name, strlen(error_info(denial->code)->name) + 1);
    memcpy(why->sentence, denial->message, sizeof denial->message);
    if (denial->has_date && denial->code != ERR_LICENSE_ENDED)
        why->until = denial->date;
}

static void say_code(enum error_code code, struct control_why *why)
{
    const struct denial denial = denial_make(code, 0);
    say_denial(&denial, why);
}

static bool keep_message(void *context, const struct denial_entry *entry)
{
    struct control_why *const why = context;
    memcpy(why->sentence, entry->message, sizeof entry->message);
    return false;
}

/* What the machine was told last, where that was that its product key is none for the licenses here; no row says it. */
struct told {
    seconds since;
    struct control_why *why;
    bool other_mode;
};

static bool keep_other_mode(void *context, const struct denial_entry *entry)
{
    struct told *const told = context;
    told->other_mode = (entry->code == ERR_COUNTED_ONLY || entry->code == ERR_VOLUME_ONLY) && entry->time > told->since;
    if (told->other_mode) {
        say_code((enum error_code)entry->code, told->why);
        memcpy(told->why->sentence, entry->message, sizeof entry->message);
    }
    return false;
}

static RESULT find_told(const struct rows *rows, const struct machine_id *machine, struct told *told,
                        struct reason *reason)
{
    return store_denials(rows->store, machine, 0, 1, keep_other_mode, told, reason);
}

/* It would get a lease now: what it was told last is of another time, or of its clock and its numbers. */
static RESULT say_last(const struct rows *rows, const struct subject *subject, const struct machine_id *machine,
                       struct control_why *why, struct reason *reason)
{
    const struct machine_record *const record = &subject->entry->row.record;
    const enum error_code code = (enum error_code)record->last_denial;
    say_code(code, why);
    if (code == ERR_CLOCK_APART || code == ERR_NUMBER_USED)
        return store_denials(rows->store, machine, 0, 1, keep_message, why, reason);
    why->until = record->last_request + subject->license->license.retry;
    explain_waiting(code, why->until, why->sentence);
    return RESULT_OK;
}

static RESULT say_lease(const struct rows *rows, const struct machine_record *record, struct control_why *why,
                        struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(LEAF_MAX);
    struct leaf *const leaf = calloc(1, sizeof *leaf);
    ENSURE(leaf != NULL, NO_MEMORY);
    const struct result got = store_leaf_get(rows->store, record->ledger, record->leaf, &text, reason);
    const bool lease = is_ok(got) && is_ok(leaf_read(buffer_slice(&text), leaf)) && leaf->kind == LEAF_LEASE;
    if (lease) {
        explain_lease(&leaf->lease, rows->now, why->sentence);
        why->until = leaf->lease.expires;
    }
    free(leaf);
    if (result_code(got) != ERR_NOT_FOUND)
        TRY(got);
    ENSURE(lease, STORE_CORRUPT);
    memcpy(why->code, "ok", sizeof "ok");
    return RESULT_OK;
}

/* What the machine has under the license, and under those whose place that has taken. */
static void take_rows(const struct rows *rows, const struct known *known, const struct subject *subject,
                      struct question *question)
{
    const struct authority_license *const license = subject->license;
    for (size_t i = 0; i < known->count; i++) {
        const struct machine_record *const record = &known->entries[i].row.record;
        if (strcmp(known->licenses[i], license->license.id) == 0)
            question->record = record;
        if (authority_heir(subject->vendor, known->licenses[i], rows->now) != license)
            continue;
        question->held_before = seat_until(question->held_before, record->expires);
        question->counted_before = question->counted_before || record_counts(record, rows->now);
    }
}

/* What the machine would get. */
static RESULT ask_rules(const struct rows *rows, const struct known *known, const struct subject *subject,
                        struct decision *decision, struct reason *reason)
{
    static const struct machine_record NEVER_ASKED;
    const struct license *const license = &subject->license->license;
    struct request request = {
        .counted = license->mode == LICENSE_COUNTED, .number = known->last_number + 1, .time = rows->now};
    struct figures figures;
    uint32_t number = 0;
    bool asked = false;
    struct question question = {.license = license,
                                .revoked = subject->license->revoked,
                                .blocked = subject->entry->blocked,
                                .record = &NEVER_ASKED,
                                .figures = &figures,
                                .request = &request,
                                .last_number = known->last_number,
                                .now = rows->now};
    memcpy(request.vendor, license->vendor, sizeof request.vendor);
    memcpy(request.product, license->product, sizeof request.product);
    memcpy(request.edition, license->edition, sizeof request.edition);
    take_rows(rows, known, subject, &question);
    question.ledger = question.record->ledger;
    TRY(rows_figures(rows, subject->vendor, subject->license, &figures, &question.inherits));
    TRY(rows_license_number(rows, license->id, &number, &asked));
    if (asked)
        TRY(store_next_end(rows->store, number, rows->now, &question.next_end, reason));
    decide(&question, decision);
    return RESULT_OK;
}

static RESULT explain(struct admin_question *question, const struct known *known, const struct subject *subject,
                      struct control_why *why, struct reason *reason)
{
    const struct rows *const rows = &question->rows;
    const struct machine_record *const record = &subject->entry->row.record;
    struct ledger_standing standing;
    memcpy(why->license, subject->license->license.id, sizeof why->license);
    engine_standing(question->options->engine, subject->vendor->origin, &standing);
    if (standing.trouble != OK) {
        say_code(standing.trouble, why);
        return RESULT_OK;
    }
    struct decision *const decision = malloc(sizeof *decision);
    ENSURE(decision != NULL, NO_MEMORY);
    const struct result asked = ask_rules(rows, known, subject, decision, reason);
    const bool denied = is_ok(asked) && decision->kind == DECISION_DENY;
    if (denied)
        say_denial(&decision->denial, why);
    free(decision);
    if (!is_ok(asked) || denied)
        return asked;
    const bool has_lease = record->issued > 0 && !record->released && !record_is_reclaimed(record);
    if (has_lease && lease_holds(record->ends, rows->now))
        return say_lease(rows, record, why, reason);
    struct told told = {.since = record->last_request, .why = why};
    TRY(find_told(rows, &subject->entry->machine, &told, reason));
    if (told.other_mode)
        return RESULT_OK;
    if (record->last_denial != OK)
        return say_last(rows, subject, &subject->entry->machine, why, reason);
    if (has_lease)
        return say_lease(rows, record, why, reason);
    say_code(ERR_NO_LEASE, why);
    return RESULT_OK;
}

/* One that has asked for no license that is here. */
static RESULT explain_stranger(const struct rows *rows, const struct machine_id *machine, struct control_why *why,
                               struct reason *reason)
{
    struct told told = {.why = why};
    say_code(why->blocked ? ERR_MACHINE_BLOCKED : ERR_NO_LICENSE, why);
    return why->blocked ? RESULT_OK : find_told(rows, machine, &told, reason);
}

static RESULT name_licenses(const struct rows *rows, struct known *known, struct reason *reason)
{
    for (size_t i = 0; i < known->count; i++)
        if (known->entries[i].license != 0)
            TRY(store_license_id(rows->store, known->entries[i].license, known->licenses[i], reason));
    return RESULT_OK;
}

static bool keep_that(void *context, const struct denial_entry *entry)
{
    bool *const found = context;
    (void)entry;
    *found = true;
    return false;
}

/* Also one of which nothing is kept but what it was told, by its whole id. */
static RESULT find_machine(struct admin_question *question, const char *text, struct machine_id *ret_machine,
                           struct reason *reason)
{
    bool told = false;
    char digits[MACHINE_ID_TEXT_SIZE];
    struct machine_id machine;
    const struct result found = question_machine(question, text, ret_machine, reason);
    if (result_code(found) != ERR_NOT_FOUND || !question_digits(text, digits) ||
        !is_ok(machine_id_read(slice_of(digits), &machine)))
        return found;
    TRY(store_denials(question->rows.store, &machine, 0, 1, keep_that, &told, reason));
    if (!told)
        return found;
    *ret_machine = machine;
    return RESULT_OK;
}

static RESULT show_why(struct admin_question *question, struct reason *reason)
{
    struct machine_id machine;
    struct control_why why = {.until = 0};
    struct subject subject = {0};
    TRY(find_machine(question, http_request_name(question->request), &machine, reason));
    machine_id_write(&machine, why.machine);
    struct known *const known = calloc(1, sizeof *known);
    ENSURE(known != NULL, NO_MEMORY);
    const struct machine_filter filter = {.id_prefix = why.machine, .now = question->rows.now, .limit = ROWS_MAX};
    struct result state = store_machines(question->rows.store, &filter, keep_entry, known, reason);
    if (is_ok(state))
        state = name_licenses(&question->rows, known, reason);
    if (is_ok(state))
        state = choose(question, known, question_argument(question, "license"), &subject, reason);
    if (is_ok(state) && known->count > 0) {
        why.blocked = known->entries[0].blocked;
        why.blocked_since = known->entries[0].blocked_since;
        memcpy(why.blocked_reason, known->entries[0].blocked_reason, sizeof why.blocked_reason);
    }
    if (is_ok(state) && subject.entry != NULL)
        state = explain(question, known, &subject, &why, reason);
    else if (is_ok(state))
        state = explain_stranger(&question->rows, &machine, &why, reason);
    free(known);
    TRY(state);
    return control_why_write(&why, question->out);
}

void resource_why(void *context, struct http_request *request)
{
    question_answer(context, request, show_why);
}
