/* Leaves of a ledger from arbitrary bytes, and denials with one behind them: what is read is written again as the same
 * bytes, and a leaf is a machine's own only by its signature. */
#include "base/secret.h"
#include "core/documents/leaf.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static RESULT write_again(const struct leaf *leaf, struct buffer *out)
{
    switch (leaf->kind) {
    case LEAF_LEASE:
        return lease_write(&leaf->lease, leaf->note, out);
    case LEAF_RELEASED:
        return released_write(&leaf->released, leaf->note, out);
    case LEAF_RECLAIMED:
        return reclaimed_write(&leaf->reclaimed, out);
    case LEAF_EPOCH:
        break;
    }
    return epoch_write(&leaf->epoch, out);
}

static void try_leaf(struct slice bytes)
{
    struct leaf leaf;
    if (!is_ok(leaf_read(bytes, &leaf)))
        return;
    CLEANUP_BUFFER struct buffer again = buffer_make(bytes.size);
    assert(is_ok(write_again(&leaf, &again)) && slice_equal(buffer_slice(&again), bytes));
    const struct verifier_key *key = leaf_machine_key(&leaf);
    assert((key == NULL) == (leaf.note.size == 0) && (leaf_number(&leaf) == 0) == (key == NULL));
    assert((leaf_machine(&leaf) == NULL) == (leaf_license(&leaf) == NULL));
    struct leaf own;
    if (key != NULL)
        assert(is_ok(leaf_open_own(bytes, key, &own)) == is_ok(machine_note_verify(leaf.note, key)));
}

static void try_denial(struct slice bytes)
{
    struct slice rest;
    const struct slice head = document_head(bytes, &rest);
    assert(head.size + rest.size <= bytes.size);
    struct denial denial;
    if (!is_ok(denial_read(head, &denial)))
        return;
    CLEANUP_BUFFER struct buffer again = buffer_make(bytes.size);
    assert(is_ok(denial_write(&denial, &again)) && slice_equal(buffer_slice(&again), head));
    if (rest.size > 0)
        try_leaf(rest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!is_ok(secret_start()))
        return 0;
    try_leaf(slice_make(data, size));
    try_denial(slice_make(data, size));
    return 0;
}
