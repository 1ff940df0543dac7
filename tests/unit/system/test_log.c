/* The host's log: one printable line for each event, whatever strangers send. */
#include "system/log.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { LINE_MAX_HERE = 128 * 1024 };

static seconds nine_o_clock(void)
{
    return (seconds)1795338000; /* 2026-11-22T09:00:00Z */
}

/* What is written by one event with the field `value`. Zero-terminated, in a static buffer. */
static const char *line_of(enum log_format format, enum log_level least, const char *value)
{
    static char line[LINE_MAX_HERE];
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const struct log log = {least, format, nine_o_clock, ends[1]};
    LOG_EVENT(&log, LOG_INFO, "seen", TEXT_FIELD("value", value), NUMBER_FIELD("count", -12));
    close(ends[1]);
    const ssize_t size = read(ends[0], line, sizeof line - 1);
    close(ends[0]);
    assert_true(size >= 0);
    line[size] = 0;
    return line;
}

static const struct quoting {
    const char *value;
    const char *text; /* as the text format shows it */
} quotings[] = {
    {"plain", "plain"},
    {"kms.uni.example/acme", "kms.uni.example/acme"},
    {"", "\"\""},
    {"two words", "\"two words\""},
    {"a=b", "\"a=b\""},
    {"say \"yes\"", "\"say \\\"yes\\\"\""},
    {"back\\slash", "\"back\\\\slash\""},
    {"line\nbreak\ttab\rreturn", "\"line\\nbreak\\ttab\\rreturn\""},
    {"\x1b[31mred", "\"\\x1b[31mred\""},
    {"\x7f", "\"\\x7f\""},
    {"caf\xc3\xa9", "\"caf\xc3\xa9\""},
    {"\xc2\x9b"
     "31m",
     "\"\\xc2\\x9b31m\""},
    {"bad \xff utf8 \xc3", "\"bad \\xff utf8 \\xc3\""},
};

static void a_text_line_quotes_what_needs_it_and_escapes_what_moves_the_cursor(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof quotings / sizeof quotings[0]; i++) {
        CLEANUP_BUFFER struct buffer expected = buffer_make(4096);
        buffer_printf(&expected, "time=2026-11-22T09:00:00Z level=info event=seen value=%s count=-12\n",
                      quotings[i].text);
        assert_string_equal(line_of(LOG_FORMAT_TEXT, LOG_INFO, quotings[i].value), buffer_text(&expected));
    }
}

static void a_json_line_is_one_object_with_the_same_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof quotings / sizeof quotings[0]; i++) {
        const char *line = line_of(LOG_FORMAT_JSON, LOG_INFO, quotings[i].value);
        assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
        json_t *object = json_loads(line, 0, NULL);
        assert_non_null(object);
        assert_string_equal(json_string_value(json_object_get(object, "time")), "2026-11-22T09:00:00Z");
        assert_string_equal(json_string_value(json_object_get(object, "level")), "info");
        assert_string_equal(json_string_value(json_object_get(object, "event")), "seen");
        assert_int_equal(json_integer_value(json_object_get(object, "count")), -12);
        if (utf8_valid(slice_of(quotings[i].value)))
            assert_string_equal(json_string_value(json_object_get(object, "value")), quotings[i].value);
        json_decref(object);
    }
}

static void no_byte_breaks_a_line_or_reaches_the_terminal_raw(void **state)
{
    (void)state;
    for (unsigned first = 1; first < 256; first++) {
        const char value[] = {'x', (char)first, 'y', 0};
        for (enum log_format format = LOG_FORMAT_TEXT; format <= LOG_FORMAT_JSON; format++) {
            const char *line = line_of(format, LOG_INFO, value);
            const size_t size = strlen(line);
            assert_int_equal(line[size - 1], '\n');
            for (size_t i = 0; i + 1 < size; i++)
                assert_in_range((unsigned char)line[i], 0x20, 0x7e);
        }
    }
}

static void a_long_text_is_cut_between_characters(void **state)
{
    (void)state;
    char *value = calloc(1, 200001);
    assert_non_null(value);
    for (size_t i = 0; i < 200000; i += 2)
        value[i] = '\xc3', value[i + 1] = '\xa9';
    const char *line = line_of(LOG_FORMAT_TEXT, LOG_INFO, value + 1); /* begins within a character */
    assert_in_range(strlen(line), 1000, 2000);
    assert_non_null(strstr(line, "value=\"\\xa9\xc3\xa9"));
    assert_non_null(strstr(line, "\xc3\xa9\" count=-12\n"));
    free(value);
}

static void events_below_the_level_are_not_written(void **state)
{
    (void)state;
    assert_string_equal(line_of(LOG_FORMAT_TEXT, LOG_WARNING, "x"), "");
    assert_string_not_equal(line_of(LOG_FORMAT_TEXT, LOG_DEBUG, "x"), "");
    struct log log = {LOG_ERROR, LOG_FORMAT_TEXT, nine_o_clock, -1};
    log_set(&log, LOG_DEBUG, LOG_FORMAT_JSON);
    assert_int_equal(log.least, LOG_DEBUG);
    assert_int_equal(log.format, LOG_FORMAT_JSON);
}

static void levels_and_formats_have_names_that_read_back(void **state)
{
    (void)state;
    enum log_level level;
    for (enum log_level i = LOG_DEBUG; i <= LOG_ERROR; i++) {
        assert_true(log_level_read(log_level_name(i), &level));
        assert_int_equal(level, i);
    }
    enum log_format format;
    for (enum log_format i = LOG_FORMAT_TEXT; i <= LOG_FORMAT_JSON; i++) {
        assert_true(log_format_read(log_format_name(i), &format));
        assert_int_equal(format, i);
    }
    assert_false(log_level_read("loud", &level));
    assert_false(log_format_read("", &format));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_line_quotes_what_needs_it_and_escapes_what_moves_the_cursor),
        cmocka_unit_test(a_json_line_is_one_object_with_the_same_values),
        cmocka_unit_test(no_byte_breaks_a_line_or_reaches_the_terminal_raw),
        cmocka_unit_test(a_long_text_is_cut_between_characters),
        cmocka_unit_test(events_below_the_level_are_not_written),
        cmocka_unit_test(levels_and_formats_have_names_that_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
