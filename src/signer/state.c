/* The signer's memory on disk; see state.h. */
#include "signer/state.h"

#include "base/cursor.h"
#include "core/tlog/checkpoint.h"

#include <string.h>

#define FIRST_LINE "aval signer-state v1\n"

static void pad(struct buffer *slot, size_t size)
{
    char blanks[STATE_SLOT_SIZE];
    memset(blanks, ' ', sizeof blanks);
    if (slot->size < size && size - slot->size <= sizeof blanks)
        buffer_append(slot, blanks, size - slot->size);
}

RESULT signer_state_write(const struct signer_state *state, struct buffer *out)
{
    char key[VERIFIER_KEY_TEXT_SIZE];
    verifier_key_write(&state->key, key);

    struct buffer slot CLEANUP_BUFFER = buffer_make(STATE_SLOT_SIZE);
    buffer_append_text(&slot, FIRST_LINE "key ");
    buffer_append_text(&slot, key);
    if (state->epoch > 1) {
        buffer_append_text(&slot, "\nepoch ");
        buffer_append_decimal(&slot, state->epoch);
    }
    buffer_append_text(&slot, "\nsequence ");
    buffer_append_decimal(&slot, state->sequence);
    buffer_append_text(&slot, "\nsize ");
    buffer_append_decimal(&slot, state->frontier.size);
    buffer_append_byte(&slot, '\n');
    for (unsigned level = 0; level < FRONTIER_MAX; level++) {
        if ((state->frontier.size >> level & 1) == 0)
            continue;
        buffer_append_text(&slot, "node ");
        buffer_append_base64(&slot, state->frontier.levels[level].bytes, HASH_SIZE);
        buffer_append_byte(&slot, '\n');
    }
    const struct hash checksum = hash_of(buffer_slice(&slot));
    buffer_append_text(&slot, "checksum ");
    buffer_append_base64(&slot, checksum.bytes, HASH_SIZE);
    buffer_append_byte(&slot, '\n');
    pad(&slot, STATE_SLOT_SIZE - 1);
    buffer_append_byte(&slot, '\n');
    TRY(buffer_status(&slot));
    buffer_append_slice(out, buffer_slice(&slot));
    return buffer_status(out);
}

/* The rest of a line that begins with the word, or an empty slice with the cursor failed. */
static struct slice line_after(struct cursor *cursor, const char *word)
{
    const struct slice line = cursor_line(cursor);
    if (!slice_starts_with(line, word)) {
        cursor_fail(cursor, FAIL(SIGNER_STATE));
        return (struct slice){NULL, 0};
    }
    return slice_make(line.data + strlen(word), line.size - strlen(word));
}

static RESULT read_lines(struct slice slot, struct signer_state *state)
{
    struct cursor cursor = cursor_make(slot);
    cursor_expect(&cursor, FIRST_LINE, FAIL(SIGNER_STATE));
    const struct slice key = line_after(&cursor, "key ");
    if (slice_starts_with(cursor_peek_line(&cursor), "epoch "))
        TRY(decimal_read(line_after(&cursor, "epoch "), EPOCH_LAST, &state->epoch));
    const struct slice sequence = line_after(&cursor, "sequence ");
    const struct slice size = line_after(&cursor, "size ");
    TRY(cursor.state);
    TRY(verifier_key_read(key, &state->key));
    TRY(decimal_read(sequence, UINT64_MAX, &state->sequence));
    TRY(decimal_read(size, (UINT64_C(1) << (FRONTIER_MAX - 1)) - 1, &state->frontier.size));
    for (unsigned level = 0; level < FRONTIER_MAX; level++) {
        if ((state->frontier.size >> level & 1) == 0)
            continue;
        const struct slice node = line_after(&cursor, "node ");
        TRY(cursor.state);
        TRY(base64_read_exactly(node, state->frontier.levels[level].bytes, HASH_SIZE));
    }
    return cursor.state;
}

RESULT signer_state_read(struct slice slot, struct signer_state *ret_state)
{
    struct signer_state state = {.epoch = 1};
    if (slot.size != STATE_SLOT_SIZE || !is_ok(read_lines(slot, &state)))
        return FAIL(SIGNER_STATE);
    /* The one accepted spelling is the one that is written; that covers checksum and padding as well. */
    struct buffer again CLEANUP_BUFFER = buffer_make(STATE_SLOT_SIZE);
    TRY(signer_state_write(&state, &again));
    ENSURE(slice_equal(slot, buffer_slice(&again)), SIGNER_STATE);
    *ret_state = state;
    return RESULT_OK;
}

RESULT signer_state_begin(const struct verifier_key *key, uint64_t epoch, struct buffer *out)
{
    const struct signer_state empty = {.key = *key, .epoch = epoch};
    TRY(signer_state_write(&empty, out));
    for (size_t i = 0; i < STATE_SLOT_SIZE; i++)
        buffer_append_byte(out, ' ');
    return buffer_status(out);
}

RESULT signer_state_load(struct slice file, const struct verifier_key *key, struct signer_state *ret_state)
{
    ENSURE(file.size == STATE_FILE_SIZE, SIGNER_STATE);
    struct signer_state newest = {0};
    bool found = false;
    for (size_t slot = 0; slot < 2; slot++) {
        struct signer_state state;
        const struct slice bytes = slice_make(file.data + slot * STATE_SLOT_SIZE, STATE_SLOT_SIZE);
        if (!is_ok(signer_state_read(bytes, &state)) || state.sequence % 2 != slot)
            continue;
        ENSURE(verifier_key_equal(&state.key, key), SIGNER_STATE);
        if (!found || state.sequence > newest.sequence)
            newest = state;
        found = true;
    }
    ENSURE(found, SIGNER_STATE);
    *ret_state = newest;
    return RESULT_OK;
}

/* A sync alone would not do: what another sync has failed at, the system takes for written. */
RESULT signer_state_confirm(const struct signer_state *state, const struct state_medium *medium)
{
    struct buffer slot CLEANUP_BUFFER = buffer_make(STATE_SLOT_SIZE);
    TRY(signer_state_write(state, &slot));
    TRY(medium->write(medium->context, state->sequence % 2 * STATE_SLOT_SIZE, slot.data, slot.size));
    return medium->sync(medium->context);
}

RESULT signer_state_store(struct signer_state *state, const struct frontier *frontier,
                          const struct state_medium *medium)
{
    struct signer_state next = *state;
    next.sequence++;
    next.frontier = *frontier;
    TRY(signer_state_confirm(&next, medium));
    *state = next;
    return RESULT_OK;
}
