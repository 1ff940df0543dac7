/* A host in a test's hand; see played_ledger.h. */
#include "played_ledger.h"

#include "core/tlog/proof.h"
#include "proto/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define VENDOR   "acme.example"
#define HOST_KEY "kms.example/" VENDOR

static void make_license(struct played_ledger *ledger, seconds now)
{
    ledger->license = (struct license){.id = "played",
                                       .vendor = VENDOR,
                                       .customer = "University",
                                       .host_key_count = 1,
                                       .host_keys = {*signing_key_verifier(ledger->host_key)},
                                       .product = "studio",
                                       .edition = "pro",
                                       .threshold = 1,
                                       .seats = 10,
                                       .lease = 180 * DAY,
                                       .renew = 7 * DAY,
                                       .retry = 2 * HOUR,
                                       .issued = now,
                                       .not_before = now,
                                       .not_after = now + 365 * DAY};
    const struct signing_key *const key = ledger->vendor_key;
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    assert_true(is_ok(license_write(&ledger->license, &text)));
    ledger->license_note = buffer_make(NOTE_MAX);
    assert_true(is_ok(note_sign(buffer_slice(&text), &key, 1, &ledger->license_note)));
}

static void take_empty(struct played_ledger *ledger)
{
    const struct verifier_key *const key = signing_key_verifier(ledger->host_key);
    struct checkpoint checkpoint;
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    played_ledger_checkpoint(ledger, &note);
    assert_true(is_ok(checkpoint_open(buffer_slice(&note), key, &checkpoint)));
    assert_true(is_ok(seen_make(&checkpoint, buffer_slice(&note), key, &ledger->empty)));
}

void played_ledger_make(struct played_ledger *ledger, seconds now)
{
    *ledger = (struct played_ledger){0};
    assert_true(is_ok(signing_key_make(slice_of(VENDOR), (const uint8_t[SEED_SIZE]){1}, &ledger->vendor_key)));
    assert_true(is_ok(signing_key_make(slice_of(HOST_KEY), (const uint8_t[SEED_SIZE]){2}, &ledger->host_key)));
    make_license(ledger, now);
    take_empty(ledger);
}

void played_ledger_free(struct played_ledger *ledger)
{
    for (size_t i = 0; i < ledger->count; i++)
        buffer_free(&ledger->leaves[i]);
    buffer_free(&ledger->license_note);
    signing_key_free(ledger->vendor_key);
    signing_key_free(ledger->host_key);
}

/* ---- leaves ---- */

static struct buffer *next_leaf(struct played_ledger *ledger)
{
    assert_true(ledger->count < PLAYED_LEAVES_MAX);
    ledger->leaves[ledger->count] = buffer_make(LEAF_MAX);
    return &ledger->leaves[ledger->count++];
}

size_t played_ledger_grant(struct played_ledger *ledger, struct slice note, seconds now)
{
    const struct license *const license = &ledger->license;
    struct lease lease = {
        .issued = now, .expires = now + license->lease, .renew_after = license->renew, .retry_after = license->retry};
    memcpy(lease.license, license->id, sizeof lease.license);
    assert_true(is_ok(lease_write(&lease, note, next_leaf(ledger))));
    return ledger->count - 1;
}

size_t played_ledger_release(struct played_ledger *ledger, struct slice note, seconds now)
{
    const struct released released = {.released = now};
    assert_true(is_ok(released_write(&released, note, next_leaf(ledger))));
    return ledger->count - 1;
}

/* ---- trees ---- */

/* All leaves as one batch onto the empty tree; NULL where there are none. The caller frees it. */
static struct merkle_batch *grow(const struct played_ledger *ledger)
{
    struct hash hashes[PLAYED_LEAVES_MAX];
    struct frontier frontier = {0};
    struct merkle_batch *batch = NULL;
    for (size_t i = 0; i < ledger->count; i++)
        hashes[i] = merkle_leaf(buffer_slice(&ledger->leaves[i]));
    if (ledger->count > 0)
        assert_true(is_ok(merkle_append(&frontier, hashes, ledger->count, &batch)));
    return batch;
}

void played_ledger_checkpoint(const struct played_ledger *ledger, struct buffer *out)
{
    const struct frontier empty = {0};
    struct merkle_batch *const batch = grow(ledger);
    struct checkpoint checkpoint = {.origin = HOST_KEY, .size = ledger->count};
    checkpoint.root = batch == NULL ? frontier_root(&empty) : merkle_batch_root(batch);
    merkle_batch_free(batch);
    assert_true(is_ok(checkpoint_sign(&checkpoint, ledger->host_key, out)));
}

static void prove(const struct played_ledger *ledger, size_t index, struct buffer *out)
{
    const struct slice leaf = buffer_slice(&ledger->leaves[index]);
    struct merkle_batch *const batch = grow(ledger);
    struct tlog_proof proof = {.has_extra = true, .extra_size = leaf.size, .index = index};
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    memcpy(proof.extra, leaf.data, leaf.size);
    proof.path_length = merkle_batch_proof(batch, index, proof.path);
    merkle_batch_free(batch);
    played_ledger_checkpoint(ledger, &note);
    proof.checkpoint = buffer_slice(&note);
    tlog_proof_write(&proof, out);
    assert_true(is_ok(buffer_status(out)));
}

static RESULT read_tile(void *context, unsigned level, uint64_t first, size_t count, struct hash *ret_hashes)
{
    const struct played_ledger *const ledger = context;
    assert_int_equal(level, 0);
    for (size_t i = 0; i < count; i++)
        ret_hashes[i] = merkle_leaf(buffer_slice(&ledger->leaves[first + i]));
    return RESULT_OK;
}

void played_ledger_answer(struct played_ledger *ledger, uint64_t seen, size_t index, struct buffer *out)
{
    const struct tile_source tiles = {.read = read_tile, .context = ledger};
    struct answer answer = {0};
    if (seen > 0 && seen < ledger->count)
        assert_true(
            is_ok(consistency_prove(&tiles, seen, ledger->count, answer.consistency, &answer.consistency_length)));
    answer_write(&answer, out);
    prove(ledger, index, out);
}
