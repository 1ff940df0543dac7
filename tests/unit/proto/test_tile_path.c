/* Addresses of a ledger's pages: one for each page, and no page for any other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mutate.h"
#include "proto/tile_path.h"

static const struct row {
    const char *text;
    enum tile_page page;
    unsigned level;
    uint64_t number;
    unsigned width;
} rows[] = {
    {"acme.example/checkpoint", TILE_PAGE_CHECKPOINT, 0, 0, 0},
    {"acme.example/tile/0/000", TILE_PAGE_HASHES, 0, 0, 256},
    {"acme.example/tile/0/001.p/1", TILE_PAGE_HASHES, 0, 1, 1},
    {"acme.example/tile/63/999.p/255", TILE_PAGE_HASHES, 63, 999, 255},
    {"acme.example/tile/7/x001/x234/067", TILE_PAGE_HASHES, 7, 1234067, 256},
    {"acme.example/tile/1/x001/000", TILE_PAGE_HASHES, 1, 1000, 256},
    {"acme.example/tile/1/x001/x000/000.p/16", TILE_PAGE_HASHES, 1, 1000000, 16},
    {"acme.example/tile/entries/000.p/5", TILE_PAGE_ENTRIES, 0, 0, 5},
    {"a/tile/entries/x273/112", TILE_PAGE_ENTRIES, 0, 273112, 256},
    {"a/tile/0/x018/x014/x398/x509/x481/983", TILE_PAGE_HASHES, 0, UINT64_C(18014398509481983), 256},
};

static void each_page_has_the_address_that_is_written_for_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct tile_path path;
        if (!is_ok(tile_path_read(slice_of(row->text), &path)))
            fail_msg("%s is refused", row->text);
        assert_int_equal(path.page, row->page);
        assert_int_equal(path.level, row->level);
        assert_int_equal(path.number, row->number);
        assert_int_equal(path.width, row->width);
        CLEANUP_BUFFER struct buffer text = buffer_make(256);
        tile_path_write(&path, &text);
        assert_string_equal(buffer_text(&text), row->text);
    }
}

static void every_other_address_is_no_page(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "/",
        "acme.example",
        "acme.example/",
        "/checkpoint",
        "Acme/checkpoint",
        "../checkpoint",
        "acme.example//checkpoint",
        "acme.example/checkpoint/",
        "acme.example/checkpoint2",
        "acme.example/tile",
        "acme.example/tile/",
        "acme.example/tile/0",
        "acme.example/tile/0/",
        "acme.example/tile//000",
        "acme.example/tile/00/000",
        "acme.example/tile/-1/000",
        "acme.example/tile/64/000",
        "acme.example/tile/+1/000",
        "acme.example/tile/data/000",
        "acme.example/tile/0/0",
        "acme.example/tile/0/00",
        "acme.example/tile/0/0000",
        "acme.example/tile/0/00a",
        "acme.example/tile/0/x00",
        "acme.example/tile/0/x001",
        "acme.example/tile/0/x001/",
        "acme.example/tile/0/x000/001",
        "acme.example/tile/0/001/001",
        "acme.example/tile/0/X001/001",
        "acme.example/tile/0/x1/001",
        "acme.example/tile/0/000/",
        "acme.example/tile/0/000.p",
        "acme.example/tile/0/000.p/",
        "acme.example/tile/0/000.p/0",
        "acme.example/tile/0/000.p/01",
        "acme.example/tile/0/000.p/256",
        "acme.example/tile/0/000.p/1/",
        "acme.example/tile/0/000.p/1/2",
        "acme.example/tile/0/000.P/1",
        "acme.example/tile/0/.p/1",
        "acme.example/tile/0/x001.p/1",
        "acme.example/tile/0/x018/x014/x398/x509/x481/984",
        "acme.example/tile/0/x001/x000/x000/x000/x000/x000/000",
        "acme.example/tile/entries",
        "acme.example/tile/entries/",
        "acme.example/tile/0/entries/000",
        "acme.example/tile/0/000?",
        " acme.example/checkpoint",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct tile_path path;
        const struct result read = tile_path_read(slice_of(texts[i]), &path);
        if (result_code(read) != ERR_NO_SUCH_PAGE)
            fail_msg("\"%s\" is read", texts[i]);
    }
}

/* A changed bit can give the address of another page, and never a second address of a page. */
static bool has_two_spellings(void *context, struct slice mutant)
{
    (void)context;
    struct tile_path path;
    if (!is_ok(tile_path_read(mutant, &path)))
        return false;
    CLEANUP_BUFFER struct buffer text = buffer_make(256);
    tile_path_write(&path, &text);
    return !slice_equal(buffer_slice(&text), mutant);
}

static void no_page_has_two_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(mutate_each_bit(slice_of(rows[i].text), has_two_spellings, NULL), 0);
        assert_int_equal(mutate_each_truncation(slice_of(rows[i].text), has_two_spellings, NULL), 0);
    }
}

/* The example of the specification: size 70,000. */
static void pages_beyond_the_tree_are_not_within_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool within;
    } pages[] = {
        {"a/checkpoint", true},
        {"a/tile/0/272", true},
        {"a/tile/0/272.p/255", true},
        {"a/tile/0/273", false},
        {"a/tile/0/273.p/112", true},
        {"a/tile/0/273.p/1", true},
        {"a/tile/0/273.p/113", false},
        {"a/tile/0/274.p/1", false},
        {"a/tile/1/000", true},
        {"a/tile/1/001.p/17", true},
        {"a/tile/1/001.p/18", false},
        {"a/tile/1/001", false},
        {"a/tile/2/000.p/1", true},
        {"a/tile/2/000.p/2", false},
        {"a/tile/2/000", false},
        {"a/tile/3/000.p/1", false},
        {"a/tile/8/000.p/1", false},
        {"a/tile/63/000.p/1", false},
        {"a/tile/entries/272", true},
        {"a/tile/entries/273.p/112", true},
        {"a/tile/entries/273.p/113", false},
        {"a/tile/0/x018/x014/x398/x509/x481/983", false},
    };
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        struct tile_path path;
        assert_true(is_ok(tile_path_read(slice_of(pages[i].text), &path)));
        if (tile_path_within(&path, 70000) != pages[i].within)
            fail_msg("%s", pages[i].text);
        assert_int_equal(tile_path_within(&path, 0), path.page == TILE_PAGE_CHECKPOINT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_page_has_the_address_that_is_written_for_it),
        cmocka_unit_test(every_other_address_is_no_page),
        cmocka_unit_test(no_page_has_two_addresses),
        cmocka_unit_test(pages_beyond_the_tree_are_not_within_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
