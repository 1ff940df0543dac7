/* The export of a ledger as a stream of pieces: what a reader finds in it, whatever grows or is missing meanwhile. */
#include "ledger/export.h"

#include "store/ledger.h"
#include "store/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ORIGIN "kms.uni.example/acme.example"
#define NOTE   "the checkpoint\n"

enum { LEAVES = 600 };

static struct store *store;
static uint32_t ledger;
static struct frontier frontier; /* of all leaves */

/* Leaves of all sizes up to the largest; their texts say where they stand. */
static struct slice leaf_of(uint64_t index)
{
    static char text[LEAF_MAX];
    memset(text, 'x', sizeof text);
    const int length = snprintf(text, sizeof text, "leaf %d ", (int)index);
    const size_t size = index % 5 == 0 ? sizeof text : (size_t)length + index % 700;
    return slice_make(text, size);
}

static void append(uint64_t first, uint64_t count)
{
    assert_true(is_ok(store_begin(store, NULL)));
    for (uint64_t i = first; i < first + count; i++) {
        const struct slice leaf = leaf_of(i);
        const struct hash hash = merkle_leaf(leaf);
        struct merkle_batch *batch = NULL;
        assert_true(is_ok(merkle_append(&frontier, &hash, 1, &batch)));
        assert_true(is_ok(store_leaves_append(store, ledger, i, &leaf, 1, NULL)));
        for (unsigned level = 0; level < TILE_LEVELS; level++) {
            uint64_t at;
            const struct hash *hashes;
            const size_t found = merkle_batch_tile_hashes(batch, level, &at, &hashes);
            if (found == 0)
                break;
            assert_true(is_ok(store_hashes_append(store, ledger, level, at, hashes, found, NULL)));
        }
        merkle_batch_free(batch);
    }
    assert_true(is_ok(store_commit(store, NULL)));
}

static int set_up(void **state)
{
    (void)state;
    frontier = (struct frontier){0};
    if (!is_ok(store_open_memory(&store)) || !is_ok(store_begin(store, NULL)) ||
        !is_ok(store_ledger_make(store, ORIGIN, &ledger, NULL)) || !is_ok(store_commit(store, NULL)))
        return -1;
    append(0, LEAVES);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    store_close(store);
    return 0;
}

static struct published published_at(uint64_t size)
{
    return (struct published){.ledger = ledger, .size = size, .note = NOTE};
}

/* Makes the next piece and gives it to the reader, in parts that the reader takes. */
static void pass_piece(struct ledger_export *export, struct export_reader *reader, bool *ret_last)
{
    CLEANUP_BUFFER struct buffer piece = buffer_make(LEDGER_EXPORT_PIECE_MAX);
    assert_true(is_ok(ledger_export_next(export, &piece, ret_last, NULL)));
    assert_true(is_ok(buffer_status(&piece)));
    assert_true(piece.size > 0);
    struct slice rest = buffer_slice(&piece);
    while (rest.size > 0) {
        const size_t part = rest.size < 1000 ? rest.size : 1000;
        assert_true(is_ok(export_reader_add(reader, slice_make(rest.data, part))));
        rest = slice_make(rest.data + part, rest.size - part);
        enum export_part found = EXPORT_LEAF;
        struct slice bytes;
        while (found != EXPORT_MORE && found != EXPORT_END) {
            assert_true(is_ok(export_reader_next(reader, &found, &bytes)));
            if (found == EXPORT_LEAF)
                assert_true(slice_equal(bytes, leaf_of(reader->index)));
            if (found == EXPORT_END)
                assert_true(slice_is(bytes, NOTE));
        }
    }
}

/* Reads all of it; returns the number of pieces. */
static size_t read_all(struct ledger_export *export, struct export_reader *reader)
{
    size_t pieces = 0;
    export_reader_begin(reader);
    for (bool last = false; !last; pieces++)
        pass_piece(export, reader, &last);
    assert_true(is_ok(export_reader_finish(reader)));
    assert_int_equal(reader->next, export->published.size);
    return pieces;
}

static void an_export_holds_every_leaf_and_the_checkpoint_from_wherever_it_begins(void **state)
{
    (void)state;
    static const uint64_t starts[] = {0, 1, 255, 256, 257, LEAVES - 1, LEAVES};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        struct ledger_export export;
        struct export_reader reader;
        const struct published published = published_at(LEAVES);
        assert_true(is_ok(ledger_export_begin(store, &published, ORIGIN, starts[i], &export, NULL)));
        read_all(&export, &reader);
        assert_string_equal(reader.header.origin, ORIGIN);
        assert_int_equal(reader.header.from, starts[i]);
        assert_int_equal(reader.header.to, LEAVES);
        assert_int_equal(reader.header.frontier.size, starts[i]);
        for (uint64_t leaf = starts[i]; leaf < LEAVES; leaf++) {
            const struct hash hash = merkle_leaf(leaf_of(leaf));
            struct merkle_batch *batch = NULL;
            assert_true(is_ok(merkle_append(&reader.header.frontier, &hash, 1, &batch)));
            merkle_batch_free(batch);
        }
        const struct hash root = frontier_root(&reader.header.frontier);
        const struct hash all = frontier_root(&frontier);
        assert_true(hash_equal(&root, &all));
        export_reader_free(&reader);
    }
}

static void an_export_comes_in_pieces_that_are_full_but_for_the_last_ones(void **state)
{
    (void)state;
    struct ledger_export export;
    const struct published published = published_at(LEAVES);
    assert_true(is_ok(ledger_export_begin(store, &published, ORIGIN, 0, &export, NULL)));
    bool last = false;
    size_t pieces = 0;
    while (!last) {
        CLEANUP_BUFFER struct buffer piece = buffer_make(LEDGER_EXPORT_PIECE_MAX);
        assert_true(is_ok(ledger_export_next(&export, &piece, &last, NULL)));
        assert_true(is_ok(buffer_status(&piece)));
        if (export.next < LEAVES)
            assert_in_range(piece.size, LEDGER_EXPORT_PIECE_ENOUGH, LEDGER_EXPORT_PIECE_ENOUGH + 2 * LEAF_MAX);
        pieces++;
    }
    assert_true(pieces > 5);
}

static void a_piece_is_as_long_behind_what_is_in_the_buffer_already(void **state)
{
    (void)state;
    struct ledger_export export;
    const struct published published = published_at(LEAVES);
    assert_true(is_ok(ledger_export_begin(store, &published, ORIGIN, 0, &export, NULL)));
    CLEANUP_BUFFER struct buffer out = buffer_make((size_t)3 * LEDGER_EXPORT_PIECE_MAX);
    for (size_t i = 0; i < LEDGER_EXPORT_PIECE_ENOUGH; i++)
        buffer_append_byte(&out, '-');
    bool last = false;
    assert_true(is_ok(ledger_export_next(&export, &out, &last, NULL)));
    assert_true(out.size >= (size_t)2 * LEDGER_EXPORT_PIECE_ENOUGH);
    assert_false(last);
}

static void what_comes_behind_the_checkpoint_is_left_out(void **state)
{
    (void)state;
    struct ledger_export export;
    struct export_reader reader;
    const struct published published = published_at(LEAVES - 100);
    assert_true(is_ok(ledger_export_begin(store, &published, ORIGIN, LEAVES - 200, &export, NULL)));
    append(LEAVES, 10);
    read_all(&export, &reader);
    assert_int_equal(reader.header.to, LEAVES - 100);
    export_reader_free(&reader);
}

static void an_empty_ledger_is_a_header_and_a_checkpoint(void **state)
{
    (void)state;
    struct ledger_export export;
    struct export_reader reader;
    const struct published published = published_at(0);
    assert_true(is_ok(ledger_export_begin(store, &published, ORIGIN, 0, &export, NULL)));
    assert_int_equal(read_all(&export, &reader), 1);
    export_reader_free(&reader);
}

static void a_signed_leaf_that_is_not_there_ends_the_export(void **state)
{
    (void)state;
    struct ledger_export export;
    const struct published published = published_at(LEAVES + 1);
    assert_true(is_ok(ledger_export_begin(store, &published, ORIGIN, LEAVES, &export, NULL)));
    CLEANUP_BUFFER struct buffer out = buffer_make(LEDGER_EXPORT_PIECE_MAX);
    bool last = false;
    assert_int_equal(result_code(ledger_export_next(&export, &out, &last, NULL)), ERR_STORE_CORRUPT);
    assert_false(last);
}

static void a_beginning_whose_hashes_are_not_there_is_refused(void **state)
{
    (void)state;
    struct ledger_export export = {.next = 77};
    const struct published published = published_at(LEAVES + 1000);
    assert_false(is_ok(ledger_export_begin(store, &published, ORIGIN, LEAVES + 1000, &export, NULL)));
    assert_int_equal(export.next, 77);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_export_holds_every_leaf_and_the_checkpoint_from_wherever_it_begins),
        TEST(an_export_comes_in_pieces_that_are_full_but_for_the_last_ones),
        TEST(a_piece_is_as_long_behind_what_is_in_the_buffer_already),
        TEST(what_comes_behind_the_checkpoint_is_left_out),
        TEST(an_empty_ledger_is_a_header_and_a_checkpoint),
        TEST(a_signed_leaf_that_is_not_there_ends_the_export),
        TEST(a_beginning_whose_hashes_are_not_there_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
