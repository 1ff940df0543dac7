/*
 * tlog-proofs: reader, writer and verification. See proof.h.
 *
 * Always: what was read, written again, is the same text.
 */
#include "core/tlog/proof.h"

#include "base/cursor.h"

#include <string.h>

#define FIRST_LINE  "c2sp.org/tlog-proof@v1\n"
#define INDEX_LIMIT ((uint64_t)INT64_MAX)

/* The last line read was the one before the cursor's. */
static void refuse(struct cursor *cursor, struct result why)
{
    cursor_fail(cursor, result_at(why, cursor->line - 1));
}

/* What follows `prefix` on the next line. */
static struct slice read_field(struct cursor *cursor, const char *prefix)
{
    const struct slice line = cursor_line(cursor);
    const size_t size = strlen(prefix);
    if (cursor_failed(cursor))
        return line;
    if (!slice_starts_with(line, prefix)) {
        refuse(cursor, FAIL(PROOF_FORM));
        return (struct slice){NULL, 0};
    }
    return slice_make(line.data + size, line.size - size);
}

static void read_extra(struct cursor *cursor, struct tlog_proof *proof)
{
    if (!slice_starts_with(cursor_peek_line(cursor), "extra "))
        return;
    const struct slice base64 = read_field(cursor, "extra ");
    if (cursor_failed(cursor))
        return;
    proof->has_extra = true;
    const struct result result = base64_read(base64, proof->extra, sizeof proof->extra, &proof->extra_size);
    if (!is_ok(result))
        refuse(cursor, result);
}

static void read_index(struct cursor *cursor, struct tlog_proof *proof)
{
    const struct slice decimal = read_field(cursor, "index ");
    if (!cursor_failed(cursor) && !is_ok(decimal_read(decimal, INDEX_LIMIT, &proof->index)))
        refuse(cursor, FAIL(PROOF_FORM));
}

/* Hashes up to the empty line, which is consumed. */
static void read_path(struct cursor *cursor, struct tlog_proof *proof)
{
    for (;;) {
        const struct slice line = cursor_line(cursor);
        if (line.size == 0) /* after an error too */
            return;
        if (proof->path_length == PROOF_PATH_MAX) {
            refuse(cursor, FAIL(PROOF_FORM));
            return;
        }
        const struct result result = base64_read_exactly(line, proof->path[proof->path_length].bytes, HASH_SIZE);
        if (!is_ok(result))
            refuse(cursor, result);
        proof->path_length++;
    }
}

RESULT tlog_proof_read(struct slice text, struct tlog_proof *ret_proof)
{
    ENSURE(text.size <= PROOF_MAX, TEXT_TOO_LONG);
    struct cursor cursor = cursor_make(text);
    struct tlog_proof proof = {0};
    cursor_expect(&cursor, FIRST_LINE, FAIL(PROOF_FORM));
    read_extra(&cursor, &proof);
    read_index(&cursor, &proof);
    read_path(&cursor, &proof);
    proof.checkpoint = cursor_rest(&cursor);
    if (proof.checkpoint.size == 0)
        cursor_fail(&cursor, FAIL(PROOF_FORM));
    const struct result finished = cursor_finish(&cursor);
    if (result_code(finished) == ERR_TEXT_TRUNCATED)
        return FAIL_AT(PROOF_FORM, result_place(finished));
    TRY(finished);
    *ret_proof = proof;
    return RESULT_OK;
}

void tlog_proof_write(const struct tlog_proof *proof, struct buffer *out)
{
    buffer_append_text(out, FIRST_LINE);
    if (proof->has_extra) {
        buffer_append_text(out, "extra ");
        buffer_append_base64(out, proof->extra, proof->extra_size);
        buffer_append_byte(out, '\n');
    }
    buffer_append_text(out, "index ");
    buffer_append_decimal(out, proof->index);
    buffer_append_byte(out, '\n');
    for (size_t i = 0; i < proof->path_length; i++) {
        buffer_append_base64(out, proof->path[i].bytes, HASH_SIZE);
        buffer_append_byte(out, '\n');
    }
    buffer_append_byte(out, '\n');
    buffer_append_slice(out, proof->checkpoint);
}

RESULT tlog_proof_verify(const struct tlog_proof *proof, struct slice leaf, const struct verifier_key *key,
                         struct checkpoint *ret_checkpoint)
{
    struct checkpoint checkpoint;
    TRY(checkpoint_open(proof->checkpoint, key, &checkpoint));
    const struct hash leaf_hash = merkle_leaf(leaf);
    TRY(inclusion_verify(proof->index, checkpoint.size, &leaf_hash, proof->path, proof->path_length, &checkpoint.root));
    *ret_checkpoint = checkpoint;
    return RESULT_OK;
}
