/* Texts within a larger text: their length, their bytes, and where reading goes on. */
#include "core/form/parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 12 };

static void a_part_is_read_as_it_was_written(void **state)
{
    (void)state;
    static const char *const parts[] = {"", "a", "two\nlines\n", "\n\n", "note 3\n"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct buffer text CLEANUP_BUFFER = buffer_make(100);
        part_write("first ", slice_of(parts[i]), &text);
        part_write("second ", slice_of("end\n"), &text);
        struct cursor cursor = cursor_make(buffer_slice(&text));
        assert_true(slice_is(part_read(&cursor, "first ", MOST), parts[i]));
        assert_true(slice_is(part_read(&cursor, "second ", MOST), "end\n"));
        assert_int_equal(cursor_finish(&cursor).bits, 0);
    }
}

static void what_a_part_is_wrong_in_is_said_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum error_code code;
        unsigned line;
    } rows[] = {
        {"other 1\na", ERR_DOCUMENT_MISSING_KEY, 1},
        {"note\na", ERR_DOCUMENT_MISSING_KEY, 1},
        {"note \na", ERR_DOCUMENT_VALUE, 1},
        {"note 01\na", ERR_DOCUMENT_VALUE, 1},
        {"note +1\na", ERR_DOCUMENT_VALUE, 1},
        {"note 1 \na", ERR_DOCUMENT_VALUE, 1},
        {"note -1\na", ERR_DOCUMENT_VALUE, 1},
        {"note 13\nabcdefghijklm", ERR_DOCUMENT_VALUE, 1},
        {"note 99999999999999999999\na", ERR_DOCUMENT_VALUE, 1},
        {"note 2\na", ERR_TEXT_TRUNCATED, 2},
        {"note 1\n", ERR_TEXT_TRUNCATED, 2},
        {"note 1", ERR_TEXT_TRUNCATED, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cursor cursor = cursor_make(slice_of(rows[i].text));
        assert_int_equal(part_read(&cursor, "note ", MOST).size, 0);
        if (result_code(cursor.state) != rows[i].code || result_place(cursor.state) != rows[i].line)
            fail_msg("%s: %s, line %u", rows[i].text,
                     is_ok(cursor.state) ? "ok" : error_info(result_code(cursor.state))->name,
                     result_place(cursor.state));
    }
}

static void lines_are_counted_through_a_part(void **state)
{
    (void)state;
    struct cursor cursor = cursor_make(slice_of("note 6\na\nb\nc\nafter it\n"));
    assert_true(slice_is(part_read(&cursor, "note ", MOST), "a\nb\nc\n"));
    assert_int_equal(cursor.line, 5);
    assert_true(slice_is(line_value(&cursor, "after "), "it"));
    line_require(&cursor, FAIL(DOCUMENT_VALUE));
    assert_int_equal(result_place(cursor.state), 5);
    line_require(&cursor, FAIL(DOCUMENT_DATES)); /* the first failure stays */
    assert_int_equal(result_code(cursor.state), ERR_DOCUMENT_VALUE);
    assert_int_equal(part_read(&cursor, "note ", MOST).size, 0);
    assert_int_equal(result_code(cursor.state), ERR_DOCUMENT_VALUE);
}

static void nothing_is_required_of_what_is_well(void **state)
{
    (void)state;
    struct cursor cursor = cursor_make(slice_of("key value\n"));
    assert_true(slice_is(line_value(&cursor, "key "), "value"));
    line_require(&cursor, RESULT_OK);
    assert_int_equal(cursor_finish(&cursor).bits, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_is_read_as_it_was_written),
        cmocka_unit_test(what_a_part_is_wrong_in_is_said_with_its_line),
        cmocka_unit_test(lines_are_counted_through_a_part),
        cmocka_unit_test(nothing_is_required_of_what_is_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
