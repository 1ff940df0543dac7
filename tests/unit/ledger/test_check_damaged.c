/*
 * A database file with a flipped byte, one cut short, or with a page in another's place is never taken for whole.
 *
 * AVAL_ROUNDS=N flips N times as many bytes of each page.
 */
#include "checked_world.h"
#include "disk.h"
#include "store/ledger.h"
#include "store/operators.h"
#include "store/sqlite.h"
#include "temporary.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FLIPS_OF_A_PAGE = 2, PAGE_MAX = 65536 };

#define DATABASE "/database" /* on the disk in memory */

/* The store makes a new file itself, on the real disk, before SQLite opens it on this one. */
static RESULT open_database(const char *path, bool create, struct store **ret_store)
{
    const struct store_sqlite_options options = {.path = path, .vfs = disk_vfs(), .create = create};
    return store_open_sqlite(&options, ret_store, NULL);
}

/* What the store reads of what a ledger vouches for, as one hash; `*ret_whole` is false where something cannot be read.
 */
struct digest {
    struct hash hash;
    bool whole;
};

static void digest_add(struct digest *digest, const void *data, size_t size)
{
    uint8_t joined[HASH_SIZE + LEAF_MAX];
    memcpy(joined, digest->hash.bytes, HASH_SIZE);
    if (size > 0)
        memcpy(joined + HASH_SIZE, data, size);
    digest->hash = hash_of(slice_make(joined, HASH_SIZE + size));
}

static bool digest_leaf(void *context, uint64_t index, struct slice leaf)
{
    digest_add(context, &index, sizeof index);
    digest_add(context, leaf.data, leaf.size);
    return true;
}

static bool digest_machine(void *context, const struct machine_entry *entry)
{
    const struct machine_record *const record = &entry->row.record;
    const uint64_t numbers[] = {entry->license,
                                record->released ? 0 : (uint64_t)record->issued,
                                (uint64_t)record->expires,
                                record->released,
                                record->leaf,
                                record->number};
    digest_add(context, numbers, sizeof numbers);
    digest_add(context, &entry->machine, sizeof entry->machine);
    digest_add(context, &record->note, sizeof record->note);
    return true;
}

static struct digest digest_of(struct store *store)
{
    struct digest digest = {.whole = false};
    uint32_t ledger;
    struct hash hashes[TILE_WIDTH];
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    const struct machine_filter all = {.limit = (size_t)2 * MACHINES};
    if (!is_ok(store_ledger_find(store, ORIGIN, &ledger, NULL)) ||
        !is_ok(store_leaves(store, ledger, 0, (uint64_t)2 * LEAVES, digest_leaf, &digest, NULL)) ||
        !is_ok(store_machines(store, &all, digest_machine, &digest, NULL)) ||
        !is_ok(store_checkpoint_get(store, ledger, &note, NULL)))
        return digest;
    digest_add(&digest, note.data, note.size < LEAF_MAX ? note.size : LEAF_MAX);
    for (unsigned level = 0; level < 2; level++)
        for (uint64_t first = 0; first < (uint64_t)LEAVES >> (8 * level); first += TILE_WIDTH) {
            const uint64_t left = ((uint64_t)LEAVES >> (8 * level)) - first;
            const size_t count = left < TILE_WIDTH ? (size_t)left : TILE_WIDTH;
            if (!is_ok(store_hashes_get(store, ledger, level, first, count, hashes, NULL)))
                return digest;
            for (size_t i = 0; i < count; i++)
                digest_add(&digest, &hashes[i], sizeof hashes[i]);
        }
    digest.whole = true;
    return digest;
}

/* Whether the file is noticed to be damaged: by the store when it is opened, or by the check. */
static bool is_noticed(const struct world *world, struct slice file, struct digest *ret_digest)
{
    static struct findings findings;
    struct store *store = NULL;
    disk_erase();
    disk_file_make(DATABASE, file);
    *ret_digest = (struct digest){.whole = false};
    if (!is_ok(open_database(DATABASE, false, &store)))
        return true;
    *ret_digest = digest_of(store);
    const struct result checked = check_all(world, store, 10000, &findings);
    store_close(store);
    return !is_ok(checked) || findings.count > 0;
}

/* The file of a database with the world in it, and its digest. Yours to free. */
static uint8_t *make_file(struct world *world, size_t *ret_size, struct digest *ret_digest)
{
    struct store *store = NULL;
    char path[TEMPORARY_SIZE];
    const int made = temporary_file(path, "check");
    assert_true(made >= 0);
    close(made);
    disk_erase();
    assert_ok(open_database(path, true, &store));
    unlink(path);
    write_world(world, store, 0, LEAVES);
    store_close(store);
    const struct slice content = disk_file_content(disk_file_find(path));
    uint8_t *const file = malloc(content.size);
    assert_non_null(file);
    memcpy(file, content.data, content.size);
    *ret_size = content.size;
    assert_false(is_noticed(world, slice_make(file, content.size), ret_digest));
    assert_true(ret_digest->whole);
    return file;
}

static size_t page_size(const uint8_t *file)
{
    const size_t size = (size_t)file[16] << 8 | file[17]; /* SQLite's file format */
    assert_true(size >= 512 && size < PAGE_MAX);
    return size;
}

static uint64_t rounds(void)
{
    const char *const told = getenv("AVAL_ROUNDS");
    const uint64_t count = told == NULL ? 1 : strtoull(told, NULL, 10);
    return count > 0 ? count : 1;
}

static void a_flipped_byte_anywhere_in_the_file_is_noticed_or_changes_nothing(void **state)
{
    struct world *const world = *state;
    size_t size;
    struct digest whole;
    uint8_t *const file = make_file(world, &size, &whole);
    const size_t page_bytes = page_size(file);
    uint64_t random = 1;
    size_t changed = 0;
    for (size_t page = 0; page < size / page_bytes; page++)
        for (uint64_t flip = 0; flip < FLIPS_OF_A_PAGE * rounds(); flip++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            /* Half of them where the page says what is in it. */
            const size_t at = page * page_bytes + (random >> 33) % (flip % 2 == 0 ? 64 : page_bytes);
            struct digest digest;
            file[at] ^= (uint8_t)(1u << (random >> 61));
            const bool noticed = is_noticed(world, slice_make(file, size), &digest);
            const bool same = digest.whole && hash_equal(&digest.hash, &whole.hash);
            changed += !same;
            if (!noticed && !same)
                fail_msg("a flip of bit %u at %zu (page %zu) is not noticed", (unsigned)(random >> 61), at, page);
            file[at] ^= (uint8_t)(1u << (random >> 61));
        }
    assert_true(changed > size / page_bytes / 2);
    free(file);
}

static void a_file_cut_short_at_any_page_is_noticed(void **state)
{
    struct world *const world = *state;
    size_t size;
    struct digest digest;
    uint8_t *const file = make_file(world, &size, &digest);
    const size_t page_bytes = page_size(file);
    for (size_t kept = 0; kept < size; kept += page_bytes) {
        assert_true(is_noticed(world, slice_make(file, kept), &digest));
        assert_true(is_noticed(world, slice_make(file, kept + page_bytes / 2), &digest));
    }
    free(file);
}

/* A page of another place, as after a misdirected write: sound in itself. */
static void a_page_in_the_place_of_another_is_noticed(void **state)
{
    struct world *const world = *state;
    size_t size;
    struct digest whole;
    uint8_t *const file = make_file(world, &size, &whole);
    const size_t page_bytes = page_size(file);
    uint8_t kept[PAGE_MAX];
    for (size_t page = 1; page + 1 < size / page_bytes; page++) {
        struct digest digest;
        memcpy(kept, file + page * page_bytes, page_bytes);
        memcpy(file + page * page_bytes, file + (page + 1) * page_bytes, page_bytes);
        const bool noticed = is_noticed(world, slice_make(file, size), &digest);
        if (!noticed && !(digest.whole && hash_equal(&digest.hash, &whole.hash)))
            fail_msg("page %zu in the place of page %zu is not noticed", page + 1, page);
        memcpy(file + page * page_bytes, kept, page_bytes);
    }
    free(file);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, free_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_flipped_byte_anywhere_in_the_file_is_noticed_or_changes_nothing),
        TEST(a_file_cut_short_at_any_page_is_noticed),
        TEST(a_page_in_the_place_of_another_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
