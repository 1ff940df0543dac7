/* The check of a ledger in stretches; see verification.h. */
#include "ledger/verification.h"

#include "base/cursor.h"
#include "core/tlog/merkle.h"
#include "ledger/epochs.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_LINE "aval ledger-check v1\n"

/* The numbers of a position, in their order in the text. X(key, field, most) */
#define NUMBERS(X) \
    X("stage ", position.stage, LEDGER_CHECK_DONE) \
    X("level ", position.level, TILE_LEVELS) \
    X("next ", position.next, UINT64_MAX) \
    X("size ", position.size, UINT64_MAX) \
    X("signed ", position.signed_size, UINT64_MAX) \
    X("license ", position.license, UINT32_MAX) \
    X("findings ", position.findings, UINT64_MAX) \
    X("earlier ", earlier, UINT64_MAX) \
    X("not-signed ", not_signed, UINT64_MAX) \
    X("archive ", archive, UINT64_MAX)

RESULT verification_begin(const struct verifier_key *key, uint64_t epoch, struct verification *ret_verification)
{
    struct verification verification = {0};
    TRY(origin_write(key->name, epoch, verification.origin));
    *ret_verification = verification;
    return RESULT_OK;
}

RESULT verification_next(const struct verifier_key *key, uint64_t epoch, struct verification *verification)
{
    struct verification next;
    TRY(verification_begin(key, epoch, &next));
    next.earlier = verification_findings(verification);
    next.not_signed = verification->not_signed;
    next.archive = verification->archive;
    *verification = next;
    return RESULT_OK;
}

uint64_t verification_findings(const struct verification *verification)
{
    return verification->earlier + verification->position.findings;
}

/* ---- as text ---- */

void verification_write(const struct verification *verification, struct buffer *out)
{
    char machine[MACHINE_ID_TEXT_SIZE];
    machine_id_write(&verification->position.machine, machine);
    buffer_append_text(out, FIRST_LINE "origin ");
    buffer_append_text(out, verification->origin);
    buffer_append_text(out, "\nroot ");
    buffer_append_base64(out, verification->position.root.bytes, HASH_SIZE);
    buffer_append_text(out, "\nmachine ");
    buffer_append_text(out, machine);
    buffer_append_byte(out, '\n');
#define X(key, field, most) \
    buffer_append_text(out, key); \
    buffer_append_decimal(out, (uint64_t)verification->field); \
    buffer_append_byte(out, '\n');
    NUMBERS(X)
#undef X
}

/* The rest of the line that begins with the word; ends in a space. */
static struct slice value_of(struct cursor *cursor, const char *key)
{
    cursor_expect(cursor, key, FAIL(DOCUMENT_VALUE));
    return cursor_line(cursor);
}

RESULT verification_read(struct slice text, struct verification *ret_verification)
{
    struct verification verification = {0};
    struct cursor cursor = cursor_make(text);
    cursor_expect(&cursor, FIRST_LINE, FAIL(DOCUMENT_VALUE));
    const struct slice origin = value_of(&cursor, "origin ");
    const struct slice root = value_of(&cursor, "root ");
    const struct slice machine = value_of(&cursor, "machine ");
    TRY(cursor.state);
    TRY(slice_copy_text(origin, verification.origin, sizeof verification.origin));
    TRY(base64_read_exactly(root, verification.position.root.bytes, HASH_SIZE));
    TRY(machine_id_read(machine, &verification.position.machine));
    uint64_t number;
#define X(key, field, most) \
    TRY(decimal_read(value_of(&cursor, key), (most), &number)); \
    verification.field = (__typeof__(verification.field))number;
    NUMBERS(X)
#undef X
    TRY(cursor_finish(&cursor));
    *ret_verification = verification;
    return RESULT_OK;
}

/* ---- a stretch ---- */

struct stretch {
    struct verification *verification;
    struct control_verified *verified;
    size_t room;
    struct result state;
};

/* Whether it is about what was signed. The others are about what stands beside it, and contradicts it. */
static bool concerns_signature(enum ledger_fault fault)
{
    return fault == LEDGER_FAULT_CHECKPOINT || fault == LEDGER_FAULT_SHORT || fault == LEDGER_FAULT_ROOT;
}

static RESULT add_finding(struct stretch *stretch, const struct ledger_finding *finding)
{
    struct control_verified *const verified = stretch->verified;
    if (verified->finding_count == stretch->room) {
        const size_t room = stretch->room == 0 ? 16 : 2 * stretch->room;
        struct control_finding *const grown = reallocarray(verified->findings, room, sizeof *grown);
        ENSURE(grown != NULL, NO_MEMORY);
        verified->findings = grown;
        stretch->room = room;
    }
    struct control_finding added = {.not_signed = concerns_signature(finding->fault)};
    CLEANUP_BUFFER struct buffer words = buffer_make(sizeof added.message - 1);
    ledger_finding_write(finding, &words);
    TRY(buffer_status(&words));
    TRY(slice_copy_text(buffer_slice(&words), added.message, sizeof added.message));
    verified->findings[verified->finding_count++] = added;
    stretch->verification->not_signed += added.not_signed;
    stretch->verification->archive += finding->fault == LEDGER_FAULT_ARCHIVE;
    return RESULT_OK;
}

static void on_finding(void *context, const struct ledger_finding *finding)
{
    struct stretch *const stretch = context;
    if (is_ok(stretch->state))
        stretch->state = add_finding(stretch, finding);
}

static const char *stage_name(enum ledger_check_stage stage)
{
    switch (stage) {
    case LEDGER_CHECK_BEGIN:
        return "begin";
    case LEDGER_CHECK_LEAVES:
        return "leaves";
    case LEDGER_CHECK_HASHES:
        return "hashes";
    case LEDGER_CHECK_ROOT:
        return "root";
    case LEDGER_CHECK_MACHINES:
        return "machines";
    case LEDGER_CHECK_DONE:
        break;
    }
    return "done";
}

static RESULT say_position(const struct verification *verification, struct control_verified *verified)
{
    const struct ledger_check_position *const position = &verification->position;
    const bool leaves = position->stage == LEDGER_CHECK_LEAVES;
    const bool machines = position->stage == LEDGER_CHECK_MACHINES;
    memcpy(verified->origin, verification->origin, sizeof verified->origin);
    TRY(slice_copy_text(slice_of(stage_name(position->stage)), verified->stage, sizeof verified->stage));
    verified->looked_at = leaves || machines ? position->next : position->size;
    verified->total = machines ? 0 : position->size;
    verified->finished = position->stage == LEDGER_CHECK_DONE;
    CLEANUP_BUFFER struct buffer text = buffer_make(sizeof verified->position - 1);
    verification_write(verification, &text);
    TRY(buffer_status(&text));
    return slice_copy_text(buffer_slice(&text), verified->position, sizeof verified->position);
}

/* The epoch behind the one that was checked; 0 for none. */
static RESULT find_next(struct store *store, const struct verifier_key *key, const struct verification *verification,
                        uint64_t *ret_next, struct reason *reason)
{
    uint64_t epoch;
    TRY(origin_epoch(verification->origin, key->name, &epoch));
    return epoch_next(store, key->name, epoch, ret_next, reason);
}

RESULT verification_step(struct store *store, const struct verifier_key *key, struct verification *verification,
                         uint64_t budget, struct control_verified *verified, struct reason *reason)
{
    struct stretch stretch = {.verification = verification, .verified = verified};
    const struct ledger_check check = {
        .store = store, .key = key, .origin = verification->origin, .report = on_finding, .context = &stretch};
    *verified = (struct control_verified){0};
    const struct verification before = *verification;
    struct result result = ledger_check_step(&check, &verification->position, budget, reason);
    if (result_code(result) == ERR_NOT_FOUND) {
        verification->position.stage = LEDGER_CHECK_DONE;
        result = RESULT_OK;
    }
    if (is_ok(result))
        result = stretch.state;
    if (is_ok(result) && verification->position.stage == LEDGER_CHECK_DONE)
        result = find_next(store, key, verification, &verified->next_epoch, reason);
    if (is_ok(result))
        result = say_position(verification, verified);
    if (!is_ok(result))
        *verification = before; /* what was found, and is not said now, is found again */
    return result;
}
