/* Entry bundles: what was written is read, and anything else is refused. */
#include "core/tlog/bundle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define assert_ok(expression)           assert_int_equal(result_code(expression), OK)
#define assert_fails(expression, error) assert_int_equal(result_code(expression), ERR_##error)

static uint8_t bytes[LEAF_MAX];

/* A full bundle of leaves of all kinds of lengths. */
static void write_bundle(struct buffer *out)
{
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    for (size_t i = 0; i < TILE_WIDTH; i++)
        bundle_add(slice_make(bytes, i == 7 ? LEAF_MAX : i % 300), out);
    assert_ok(buffer_status(out));
}

static void a_full_bundle_is_read_as_it_was_written(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer out = buffer_make(BUNDLE_MAX);
    struct slice leaves[TILE_WIDTH];
    write_bundle(&out);
    assert_ok(bundle_read(buffer_slice(&out), leaves));
    for (size_t i = 0; i < TILE_WIDTH; i++)
        assert_true(slice_equal(leaves[i], slice_make(bytes, i == 7 ? LEAF_MAX : i % 300)));
}

static void a_leaf_has_its_length_before_it_the_higher_byte_first(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer out = buffer_make(1000);
    bundle_add(slice_make(bytes, 258), &out);
    assert_int_equal(out.size, 260);
    assert_int_equal(out.data[0], 1);
    assert_int_equal(out.data[1], 2);
}

static void one_that_is_cut_off_anywhere_or_goes_on_is_refused(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer out = buffer_make(BUNDLE_MAX + 1);
    struct slice leaves[TILE_WIDTH];
    write_bundle(&out);
    for (size_t size = 0; size < out.size; size += 13)
        assert_fails(bundle_read(slice_make(out.data, size), leaves), TEXT_TRUNCATED);
    assert_fails(bundle_read(slice_make(out.data, out.size - 1), leaves), TEXT_TRUNCATED);
    buffer_append_byte(&out, 0);
    assert_fails(bundle_read(buffer_slice(&out), leaves), TEXT_TRAILING);
}

static void a_leaf_longer_than_any_is_refused(void **state)
{
    (void)state;
    static uint8_t long_one[2 + LEAF_MAX + 1] = {(LEAF_MAX + 1) >> 8, (LEAF_MAX + 1) & 0xff};
    struct slice rest = slice_make(long_one, sizeof long_one);
    struct slice leaf;
    assert_fails(bundle_next(&rest, &leaf), TEXT_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_bundle_is_read_as_it_was_written),
        cmocka_unit_test(a_leaf_has_its_length_before_it_the_higher_byte_first),
        cmocka_unit_test(one_that_is_cut_off_anywhere_or_goes_on_is_refused),
        cmocka_unit_test(a_leaf_longer_than_any_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
