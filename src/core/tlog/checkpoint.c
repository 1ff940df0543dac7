/*
 * Checkpoints: reader and writer of the text, and the note around it. See checkpoint.h.
 *
 * Always: what was read, written again, is the same text.
 */
#include "core/tlog/checkpoint.h"

#include "base/cursor.h"

#include <string.h>

/* Sizes are kept in signed 64-bit columns; no ledger reaches this. */
#define SIZE_LIMIT ((uint64_t)INT64_MAX)

#define EPOCH_SUFFIX "/epoch-"

enum { LINE_ORIGIN = 1, LINE_SIZE = 2, LINE_ROOT = 3 };

static bool origin_valid(struct slice origin)
{
    for (size_t i = 0; i < origin.size; i++)
        if (origin.data[i] < ' ')
            return false;
    return origin.size > 0 && utf8_valid(origin);
}

RESULT checkpoint_read(struct slice text, struct checkpoint *ret_checkpoint)
{
    struct cursor cursor = cursor_make(text);
    const struct slice origin = cursor_line(&cursor);
    const struct slice size = cursor_line(&cursor);
    const struct slice root = cursor_line(&cursor);
    const struct result finished = cursor_finish(&cursor);
    if (!is_ok(finished))
        return FAIL_AT(CHECKPOINT_FORM, result_place(finished));
    struct checkpoint checkpoint = {0};
    if (!origin_valid(origin) || !is_ok(slice_copy_text(origin, checkpoint.origin, sizeof checkpoint.origin)))
        return FAIL_AT(CHECKPOINT_FORM, LINE_ORIGIN);
    if (!is_ok(decimal_read(size, SIZE_LIMIT, &checkpoint.size)))
        return FAIL_AT(CHECKPOINT_FORM, LINE_SIZE);
    if (!is_ok(base64_read_exactly(root, checkpoint.root.bytes, HASH_SIZE)))
        return FAIL_AT(CHECKPOINT_FORM, LINE_ROOT);
    *ret_checkpoint = checkpoint;
    return RESULT_OK;
}

void checkpoint_write(const struct checkpoint *checkpoint, struct buffer *out)
{
    buffer_append_text(out, checkpoint->origin);
    buffer_append_byte(out, '\n');
    buffer_append_decimal(out, checkpoint->size);
    buffer_append_byte(out, '\n');
    buffer_append_base64(out, checkpoint->root.bytes, HASH_SIZE);
    buffer_append_byte(out, '\n');
}

RESULT origin_epoch(const char *origin, const char *key_name, uint64_t *ret_epoch)
{
    const size_t length = strlen(key_name);
    uint64_t epoch = 1;
    ENSURE(strncmp(origin, key_name, length) == 0, CHECKPOINT_ORIGIN);
    if (origin[length] != 0) {
        const struct slice suffix = slice_of(origin + length);
        const size_t skipped = strlen(EPOCH_SUFFIX);
        ENSURE(slice_starts_with(suffix, EPOCH_SUFFIX), CHECKPOINT_ORIGIN);
        const struct slice number = slice_make(suffix.data + skipped, suffix.size - skipped);
        ENSURE(is_ok(decimal_read(number, EPOCH_LAST, &epoch)) && epoch >= 2, CHECKPOINT_ORIGIN);
    }
    *ret_epoch = epoch;
    return RESULT_OK;
}

RESULT origin_write(const char *key_name, uint64_t epoch, char ret_origin[static KEY_NAME_SIZE])
{
    ENSURE(epoch >= 1 && epoch <= EPOCH_LAST, CHECKPOINT_ORIGIN);
    CLEANUP_BUFFER struct buffer origin = buffer_make(KEY_NAME_SIZE - 1);
    buffer_append_text(&origin, key_name);
    if (epoch > 1) {
        buffer_append_text(&origin, EPOCH_SUFFIX);
        buffer_append_decimal(&origin, epoch);
    }
    TRY(buffer_status(&origin));
    return slice_copy_text(buffer_slice(&origin), ret_origin, KEY_NAME_SIZE);
}

/* The name of a key has one slash. */
bool origin_begins_again(const char *origin)
{
    const char *const vendor = strchr(origin, '/');
    const char *const suffix = vendor == NULL ? NULL : strchr(vendor + 1, '/');
    return suffix != NULL && slice_starts_with(slice_of(suffix), EPOCH_SUFFIX);
}

RESULT checkpoint_open(struct slice note, const struct verifier_key *key, struct checkpoint *ret_checkpoint)
{
    struct slice text;
    const struct result opened = note_open(note, key, 1, &text, NULL);
    ENSURE(result_code(opened) != ERR_SIGNER_UNKNOWN && result_code(opened) != ERR_SIGNATURE_WRONG, CHECKPOINT_SIGNER);
    TRY(opened);
    struct checkpoint checkpoint;
    TRY(checkpoint_read(text, &checkpoint));
    uint64_t epoch;
    TRY(origin_epoch(checkpoint.origin, key->name, &epoch));
    *ret_checkpoint = checkpoint;
    return RESULT_OK;
}

RESULT checkpoint_sign(const struct checkpoint *checkpoint, const struct signing_key *key, struct buffer *out)
{
    enum {
        TEXT_MAX = KEY_NAME_SIZE + 20 + 1 + BASE64_LENGTH(HASH_SIZE) + 1,
        /* An empty line, then dash, NAME, a space and the signature with its newline. */
        ONE_SIGNATURE_MAX = 1 + 4 + KEY_NAME_SIZE + BASE64_LENGTH(KEY_ID_SIZE + SIGNATURE_SIZE) + 1,
    };
    _Static_assert((int)TEXT_MAX + (int)ONE_SIGNATURE_MAX < (int)PUBLISHED_NOTE_SIZE, "what is signed can be shown");
    uint64_t epoch;
    TRY(origin_epoch(checkpoint->origin, signing_key_verifier(key)->name, &epoch));
    if (checkpoint->size > SIZE_LIMIT)
        return FAIL_AT(CHECKPOINT_FORM, LINE_SIZE);
    CLEANUP_BUFFER struct buffer text = buffer_make(TEXT_MAX);
    checkpoint_write(checkpoint, &text);
    TRY(buffer_status(&text));
    return note_sign(buffer_slice(&text), &key, 1, out);
}
