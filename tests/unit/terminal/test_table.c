/* Tables, fields, durations, counts and messages as people see them. Streams are files here, so there is no colour. */
#include "terminal/say.h"

#include "capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct captured captured;

static void columns_are_as_wide_as_what_is_in_them(void **state)
{
    (void)state;
    static const struct table_column columns[] = {{"MACHINE", false}, {"SEATS", true}, {"STATE", false}};
    struct table *table = table_new(columns, 3);
    assert_non_null(table);
    table_cell(table, "a");
    table_cellf(table, "%d", 7);
    table_cell(table, "licensed");
    table_cell(table, "long-machine");
    table_cellf(table, "%d", 1234567);
    table_cell(table, "grace");
    capture_begin();
    table_print(table);
    capture_end(&captured);
    assert_string_equal(captured.out, "MACHINE         SEATS  STATE\n"
                                      "a                   7  licensed\n"
                                      "long-machine  1234567  grace\n");
}

static void letters_beyond_ascii_take_one_column(void **state)
{
    (void)state;
    static const struct table_column columns[] = {{"N", false}, {"X", true}};
    struct table *table = table_new(columns, 2);
    table_cell(table, "\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e"); /* three code points, nine bytes */
    table_cell(table, "1");
    table_cell(table, "abcd");
    table_cell(table, "22");
    capture_begin();
    table_print(table);
    capture_end(&captured);
    assert_string_equal(captured.out, "N      X\n"
                                      "\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e    1\n"
                                      "abcd  22\n");
}

static void control_characters_of_strangers_are_not_printed(void **state)
{
    (void)state;
    static const struct table_column columns[] = {{"NAME", false}, {"X", false}};
    struct table *table = table_new(columns, 2);
    table_cell(table, "a\033]0;x\007\n\xc2\x9bz\xe2\x80\xae\xef\xbb\xbf\xe2\x80\x8b.");
    table_cell(table, "b");
    capture_begin();
    table_print(table);
    capture_end(&captured);
    assert_string_equal(captured.out, "NAME            X\n"
                                      "a?]0;x???z???.  b\n");
}

static void a_tone_is_let_through_to_a_terminal_alone(void **state)
{
    (void)state;
    static const struct table_column columns[] = {{"STATE", false}, {"X", false}};
    struct table *table = table_new(columns, 2);
    table_cell(table, "\033[32mfine\033[0m");
    table_cell(table, "b");
    capture_begin();
    table_print(table);
    capture_end(&captured);
    assert_string_equal(captured.out, "STATE  X\n?fine?   b\n");
}

static void a_table_without_rows_is_its_header(void **state)
{
    (void)state;
    static const struct table_column columns[] = {{"A", false}, {"B", true}};
    capture_begin();
    table_print(table_new(columns, 2));
    table_print(NULL);
    capture_end(&captured);
    assert_string_equal(captured.out, "A  B\n");
}

static void fields_are_aligned(void **state)
{
    (void)state;
    capture_begin();
    say_field("State", "%s", "licensed");
    say_field("Next renewal", "in %d days", 7);
    capture_end(&captured);
    assert_string_equal(captured.out, "State:              licensed\n"
                                      "Next renewal:       in 7 days\n");
}

static void durations_are_said_in_two_units(void **state)
{
    (void)state;
    static const struct {
        seconds duration;
        const char *text;
    } rows[] = {
        {0, "0 seconds"},
        {1, "1 second"},
        {59, "59 seconds"},
        {60, "1 minute"},
        {12 * MINUTE, "12 minutes"},
        {61, "1 minute 1 second"},
        {2 * HOUR + 59, "2 hours"},
        {DAY + HOUR + MINUTE, "1 day 1 hour"},
        {179 * DAY + 3 * HOUR + 5, "179 days 3 hours"},
        {DAY - 1, "23 hours 59 minutes"},
        {-5, "0 seconds"},
        {INT64_MAX, "106751991167300 days 15 hours"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[SPAN_TEXT_SIZE];
        span_write(rows[i].duration, text);
        assert_string_equal(text, rows[i].text);
    }
}

static void one_is_not_many(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer text = buffer_make(100);
    plural_write(1, "machine", "machines", &text);
    buffer_append_text(&text, ", ");
    plural_write(0, "seat", "seats", &text);
    assert_string_equal(buffer_text(&text), "1 machine, 0 seats");
}

static void a_failure_names_program_file_place_and_reason(void **state)
{
    (void)state;
    capture_begin();
    const int input = say_failure("aval", "license.txt", FAIL_AT(TEXT_EMPTY, 7), "the system's words");
    const int trust = say_failure_at("aval", NULL, FAIL_AT(BASE64, 2), "group", "");
    capture_end(&captured);
    assert_int_equal(input, EXIT_INPUT);
    assert_int_equal(trust, EXIT_INPUT);
    assert_string_equal(captured.out, "");
    const char *second = strchr(captured.error, '\n') + 1;
    assert_memory_equal(captured.error,
                        "aval: license.txt: line 7: The document is empty. (text-empty): the system's words\n",
                        (size_t)(second - captured.error));
    assert_non_null(strstr(second, "aval: group 2: "));
    assert_non_null(strstr(second, " (base64)\n"));
}

static void progress_is_silent_where_nobody_watches(void **state)
{
    (void)state;
    struct progress progress = {.what = "checking leaves", .total = 1000000, .began_ms = 1};
    capture_begin();
    progress_show(&progress, 12345, 5000);
    progress_end(&progress);
    capture_end(&captured);
    assert_string_equal(captured.error, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_as_wide_as_what_is_in_them),
        cmocka_unit_test(letters_beyond_ascii_take_one_column),
        cmocka_unit_test(control_characters_of_strangers_are_not_printed),
        cmocka_unit_test(a_tone_is_let_through_to_a_terminal_alone),
        cmocka_unit_test(a_table_without_rows_is_its_header),
        cmocka_unit_test(fields_are_aligned),
        cmocka_unit_test(durations_are_said_in_two_units),
        cmocka_unit_test(one_is_not_many),
        cmocka_unit_test(a_failure_names_program_file_place_and_reason),
        cmocka_unit_test(progress_is_silent_where_nobody_watches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
