/* A ledger whose leaves are an hour apart; see aged_ledger.h. */
#include "aged_ledger.h"

#include "core/tlog/checkpoint.h"
#include "core/tlog/merkle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define must(expression) assert_int_equal(result_code(expression), OK)

static const struct reclaimed *first_leaf(void)
{
    static const uint8_t seed[SEED_SIZE] = {7};
    static struct reclaimed reclaimed = {.license = "lic-1", .lease_origin = AGED_ORIGIN};
    if (reclaimed.machine_key.name[0] == 0) {
        struct signing_key *key = NULL;
        must(machine_key_make(seed, &key));
        reclaimed.machine_key = *signing_key_verifier(key);
        reclaimed.machine = machine_id_of(reclaimed.machine_key.public_key);
        signing_key_free(key);
    }
    return &reclaimed;
}

struct slice aged_leaf(uint64_t index)
{
    static uint8_t text[LEAF_MAX];
    struct reclaimed reclaimed = *first_leaf();
    reclaimed.lease_index = index;
    reclaimed.reclaimed = AGED_BEGIN + (seconds)index * HOUR;
    CLEANUP_BUFFER struct buffer out = buffer_make(sizeof text);
    must(reclaimed_write(&reclaimed, &out));
    memcpy(text, out.data, out.size);
    return slice_make(text, out.size);
}

static void append(struct store *store, uint32_t ledger, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        const struct slice leaf = aged_leaf(i);
        const struct hash hash = merkle_leaf(leaf);
        must(store_leaves_append(store, ledger, i, &leaf, 1, NULL));
        must(store_hashes_append(store, ledger, 0, i, &hash, 1, NULL));
    }
}

static void put_checkpoint(struct store *store, uint32_t ledger, uint64_t size)
{
    static const uint8_t seed[SEED_SIZE] = {9};
    const struct checkpoint checkpoint = {.origin = AGED_ORIGIN, .size = size};
    struct signing_key *key = NULL;
    CLEANUP_BUFFER struct buffer note = buffer_make(SIGNED_NOTE_MAX);
    must(signing_key_make(slice_of(AGED_ORIGIN), seed, &key));
    must(checkpoint_sign(&checkpoint, key, &note));
    must(store_checkpoint_put(store, ledger, buffer_slice(&note), NULL));
    signing_key_free(key);
}

uint32_t aged_ledger_make(struct store *store, uint64_t count)
{
    uint32_t ledger;
    must(store_begin(store, NULL));
    must(store_ledger_make(store, AGED_ORIGIN, &ledger, NULL));
    append(store, ledger, count);
    put_checkpoint(store, ledger, count);
    must(store_commit(store, NULL));
    return ledger;
}

void aged_ledger_sign(struct store *store, uint32_t ledger, uint64_t size)
{
    must(store_begin(store, NULL));
    put_checkpoint(store, ledger, size);
    must(store_commit(store, NULL));
}
