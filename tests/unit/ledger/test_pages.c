/* The pages of a ledger: what everybody may read of it, and nothing behind the checkpoint. */
#include "ledger/pages.h"

#include "failing_store.h"
#include "grown_ledger.h"
#include "proto/api.h"
#include "store/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ORIGIN "kms.uni.example/acme.example"
#define NOTE   "the checkpoint\n"

enum { LEAVES = 600, PUBLISHED = 590 };

static struct store *store;
static struct grown_ledger ledger;
static struct published published;

static int set_up(void **state)
{
    (void)state;
    if (!is_ok(store_open_memory(&store)))
        return -1;
    grown_ledger_make(&ledger, store, ORIGIN);
    grown_ledger_append(&ledger, LEAVES);
    published = (struct published){.ledger = ledger.number, .size = PUBLISHED, .note = NOTE};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    store_close(store);
    return 0;
}

static RESULT page(enum tile_page kind, unsigned level, uint64_t number, unsigned width, struct buffer *out,
                   struct ledger_page *ret_page)
{
    const struct tile_path path = {
        .vendor = "acme.example", .page = kind, .level = level, .number = number, .width = width};
    return ledger_page(&published, store, &path, out, ret_page, NULL);
}

static void the_checkpoint_is_the_note_and_may_be_kept_for_seconds(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer out = buffer_make(LEDGER_PAGE_MAX);
    struct ledger_page about = {NULL, NULL};
    assert_true(is_ok(page(TILE_PAGE_CHECKPOINT, 0, 0, 0, &out, &about)));
    assert_true(slice_is(buffer_slice(&out), NOTE));
    assert_string_equal(about.type, TYPE_TEXT);
    assert_string_equal(about.cache, "public, max-age=5");
}

static void a_tile_is_the_hashes_of_its_level_and_may_be_kept_for_ever(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer out = buffer_make(LEDGER_PAGE_MAX);
    struct ledger_page about = {NULL, NULL};
    assert_true(is_ok(page(TILE_PAGE_HASHES, 0, 1, TILE_WIDTH, &out, &about)));
    assert_int_equal(out.size, TILE_WIDTH * sizeof(struct hash));
    for (uint64_t i = 0; i < TILE_WIDTH; i++) {
        const struct hash hash = merkle_leaf(grown_leaf(TILE_WIDTH + i));
        assert_memory_equal(out.data + i * sizeof hash, &hash, sizeof hash);
    }
    assert_string_equal(about.type, TYPE_BINARY);
    assert_string_equal(about.cache, "public, max-age=31536000, immutable");

    buffer_clear(&out);
    assert_true(is_ok(page(TILE_PAGE_HASHES, 1, 0, 2, &out, &about))); /* of the two whole tiles below */
    assert_int_equal(out.size, 2 * sizeof(struct hash));
    buffer_clear(&out);
    assert_true(is_ok(page(TILE_PAGE_HASHES, 0, 2, PUBLISHED - 2 * TILE_WIDTH, &out, &about)));
    assert_int_equal(out.size, (PUBLISHED - 2 * TILE_WIDTH) * sizeof(struct hash));
}

/* Each leaf behind its length in two bytes, the larger first. */
static void a_bundle_is_the_leaves_of_a_tile_with_their_lengths(void **state)
{
    (void)state;
    static const struct {
        uint64_t number;
        unsigned width;
    } bundles[] = {{0, TILE_WIDTH}, {1, TILE_WIDTH}, {2, 1}, {2, PUBLISHED - 2 * TILE_WIDTH}};
    for (size_t b = 0; b < sizeof bundles / sizeof *bundles; b++) {
        CLEANUP_BUFFER struct buffer out = buffer_make(LEDGER_PAGE_MAX);
        struct ledger_page about = {NULL, NULL};
        assert_true(is_ok(page(TILE_PAGE_ENTRIES, 0, bundles[b].number, bundles[b].width, &out, &about)));
        size_t at = 0;
        for (uint64_t i = 0; i < bundles[b].width; i++) {
            assert_true(at + 2 <= out.size);
            const size_t size = (size_t)out.data[at] << 8 | out.data[at + 1];
            assert_true(at + 2 + size <= out.size);
            assert_true(
                slice_equal(slice_make(out.data + at + 2, size), grown_leaf(bundles[b].number * TILE_WIDTH + i)));
            at += 2 + size;
        }
        assert_int_equal(at, out.size);
        assert_string_equal(about.type, TYPE_BINARY);
        assert_string_equal(about.cache, "public, max-age=31536000, immutable");
    }
}

static void what_is_behind_the_checkpoint_is_not_shown(void **state)
{
    (void)state;
    static const struct {
        enum tile_page kind;
        unsigned level;
        uint64_t number;
        unsigned width;
    } behind[] = {{TILE_PAGE_HASHES, 0, 2, PUBLISHED - 2 * TILE_WIDTH + 1},
                  {TILE_PAGE_ENTRIES, 0, 2, PUBLISHED - 2 * TILE_WIDTH + 1},
                  {TILE_PAGE_HASHES, 0, 3, 1},
                  {TILE_PAGE_ENTRIES, 0, 3, 1},
                  {TILE_PAGE_HASHES, 1, 0, 3},
                  {TILE_PAGE_HASHES, 2, 0, 1}};
    for (size_t i = 0; i < sizeof behind / sizeof *behind; i++) {
        CLEANUP_BUFFER struct buffer out = buffer_make(LEDGER_PAGE_MAX);
        struct ledger_page about = {NULL, NULL};
        const struct result shown =
            page(behind[i].kind, behind[i].level, behind[i].number, behind[i].width, &out, &about);
        assert_int_equal(result_code(shown), ERR_NO_SUCH_PAGE);
        assert_int_equal(out.size, 0);
        assert_null(about.type);
    }
}

/* Not a page that is missing, which whoever asks would take for the truth. */
static void what_was_signed_and_is_not_there_is_a_broken_store(void **state)
{
    (void)state;
    published.size = LEAVES + 100;
    static const enum tile_page kinds[] = {TILE_PAGE_HASHES, TILE_PAGE_ENTRIES};
    for (size_t i = 0; i < 2; i++) {
        CLEANUP_BUFFER struct buffer out = buffer_make(LEDGER_PAGE_MAX);
        struct ledger_page about = {NULL, NULL};
        const struct result shown = page(kinds[i], 0, 2, LEAVES + 1 - 2 * TILE_WIDTH, &out, &about);
        assert_int_equal(result_code(shown), ERR_STORE_CORRUPT);
    }
}

/* Nothing is wrong with the ledger then, and whoever asks again may get the page. */
static void a_store_that_fails_is_not_called_a_broken_one(void **state)
{
    (void)state;
    static const struct {
        enum tile_page kind;
        enum store_call call;
    } rows[] = {{TILE_PAGE_HASHES, CALL_HASHES_GET}, {TILE_PAGE_ENTRIES, CALL_LEAVES}};
    failing_store_wrap(store);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP_BUFFER struct buffer out = buffer_make(LEDGER_PAGE_MAX);
        struct ledger_page about = {NULL, NULL};
        failing_store.fails = rows[i].call;
        const struct result shown = page(rows[i].kind, 0, 0, TILE_WIDTH, &out, &about);
        assert_int_equal(result_code(shown), ERR_STORE_FAILED);
        failing_store.fails = CALL_NONE;
        assert_true(is_ok(page(rows[i].kind, 0, 0, TILE_WIDTH, &out, &about)));
    }
}

static void a_page_that_does_not_fit_is_an_error(void **state)
{
    (void)state;
    static const enum tile_page kinds[] = {TILE_PAGE_CHECKPOINT, TILE_PAGE_HASHES, TILE_PAGE_ENTRIES};
    for (size_t i = 0; i < 3; i++) {
        CLEANUP_BUFFER struct buffer out = buffer_make(10);
        struct ledger_page about = {NULL, NULL};
        const struct result shown = page(kinds[i], 0, 0, kinds[i] == TILE_PAGE_CHECKPOINT ? 0 : 5, &out, &about);
        assert_int_equal(result_code(shown), ERR_TEXT_TOO_LONG);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_checkpoint_is_the_note_and_may_be_kept_for_seconds),
        TEST(a_tile_is_the_hashes_of_its_level_and_may_be_kept_for_ever),
        TEST(a_bundle_is_the_leaves_of_a_tile_with_their_lengths),
        TEST(what_is_behind_the_checkpoint_is_not_shown),
        TEST(what_was_signed_and_is_not_there_is_a_broken_store),
        TEST(a_store_that_fails_is_not_called_a_broken_one),
        TEST(a_page_that_does_not_fit_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
