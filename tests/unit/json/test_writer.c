/* Writing JSON: each layout to the byte, and whatever strangers put into a text. */
#include "json/writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT_MAX = 64 * 1024 };

/* An object with one value of each kind, and what can be empty. */
static void write_sample(struct json_writer *writer)
{
    json_open_object(writer, NULL);
    json_text(writer, "text", "x");
    json_number(writer, "number", UINT64_MAX);
    json_signed(writer, "signed", INT64_MIN);
    json_open_list(writer, "list");
    json_switch(writer, NULL, true);
    json_switch(writer, NULL, false);
    json_nothing(writer, NULL);
    json_open_object(writer, NULL);
    json_number(writer, "inner", 0);
    json_close_object(writer);
    json_close_list(writer);
    json_open_list(writer, "none");
    json_close_list(writer);
    json_open_object(writer, "empty");
    json_close_object(writer);
    json_close_object(writer);
}

static const struct layout {
    enum json_layout layout;
    const char *text;
} layouts[] = {
    {JSON_TIGHT, "{\"text\":\"x\",\"number\":18446744073709551615,\"signed\":-9223372036854775808,"
                 "\"list\":[true,false,null,{\"inner\":0}],\"none\":[],\"empty\":{}}"},
    {JSON_SPACED, "{\"text\": \"x\", \"number\": 18446744073709551615, \"signed\": -9223372036854775808, "
                  "\"list\": [true, false, null, {\"inner\": 0}], \"none\": [], \"empty\": {}}"},
};

static void each_layout_writes_the_same_values_its_own_way(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        CLEANUP_BUFFER struct buffer out = buffer_make(TEXT_MAX);
        struct json_writer writer = json_writer_make(&out, layouts[i].layout, JSON_STRAY_REFUSED);
        write_sample(&writer);
        assert_true(is_ok(json_status(&writer)));
        assert_string_equal(buffer_text(&out), layouts[i].text);
    }
}

static void the_outermost_value_can_be_of_any_kind(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer out = buffer_make(TEXT_MAX);
    struct json_writer writer = json_writer_make(&out, JSON_SPACED, JSON_STRAY_REFUSED);
    json_open_list(&writer, NULL);
    json_text(&writer, NULL, "a");
    json_close_list(&writer);
    assert_string_equal(buffer_text(&out), "[\"a\"]");
    buffer_clear(&out);
    writer = json_writer_make(&out, JSON_SPACED, JSON_STRAY_REFUSED);
    json_nothing(&writer, NULL);
    assert_string_equal(buffer_text(&out), "null");
}

static const struct escape {
    const char *text;
    const char *written;
} escapes[] = {
    {"", "\"\""},
    {"plain /", "\"plain /\""},
    {"\"\\", "\"\\\"\\\\\""},
    {"a\"b\\c", "\"a\\\"b\\\\c\""},
    {"line\nbreak\ttab\rreturn", "\"line\\nbreak\\ttab\\rreturn\""},
    {"\x01\x1b[31m\x1f\x7f", "\"\\u0001\\u001b[31m\\u001f\\u007f\""},
    {"caf\xc3\xa9 \xe2\x80\x94 \xf0\x9f\x94\x91", "\"caf\xc3\xa9 \xe2\x80\x94 \xf0\x9f\x94\x91\""},
    {"\xe2\x80\xae\xef\xbb\xbf\xf3\xa0\x80\xa0.", "\"\\u202e\\ufeff\\udb40\\udc20.\""},
    {"\xc2\x80\xc2\x9b\xc2\xa0", "\"\\u0080\\u009b\xc2\xa0\""},
};

static void texts_are_escaped_so_that_nothing_moves_the_cursor(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++) {
        CLEANUP_BUFFER struct buffer out = buffer_make(TEXT_MAX);
        struct json_writer writer = json_writer_make(&out, JSON_TIGHT, JSON_STRAY_REFUSED);
        json_text(&writer, NULL, escapes[i].text);
        assert_true(is_ok(json_status(&writer)));
        assert_string_equal(buffer_text(&out), escapes[i].written);
    }
}

static void keys_are_escaped_like_texts(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer out = buffer_make(TEXT_MAX);
    struct json_writer writer = json_writer_make(&out, JSON_TIGHT, JSON_STRAY_REFUSED);
    json_open_object(&writer, NULL);
    json_number(&writer, "a\"\n", 1);
    json_close_object(&writer);
    assert_string_equal(buffer_text(&out), "{\"a\\\"\\n\":1}");
}

static void a_zero_byte_is_a_character_like_others(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer out = buffer_make(TEXT_MAX);
    struct json_writer writer = json_writer_make(&out, JSON_TIGHT, JSON_STRAY_REFUSED);
    json_slice(&writer, NULL, slice_make("a\0b", 3));
    assert_true(is_ok(json_status(&writer)));
    assert_string_equal(buffer_text(&out), "\"a\\u0000b\"");
}

static void bytes_that_are_no_utf8_are_refused_replaced_or_taken_for_latin(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        [JSON_STRAY_REFUSED] = "\"a\xc3\xa4zy\"",
        [JSON_STRAY_REPLACED] = "\"a\xc3\xa4\\ufffdz\\ufffdy\\ufffd\\ufffd\"",
        [JSON_STRAY_LATIN] = "\"a\xc3\xa4\\u00ffz\\u00c3y\\u00e2\\u0080\"",
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        CLEANUP_BUFFER struct buffer out = buffer_make(TEXT_MAX);
        struct json_writer writer = json_writer_make(&out, JSON_TIGHT, (enum json_stray)i);
        json_text(&writer, NULL,
                  "a\xc3\xa4\xff"
                  "z\xc3y\xe2\x80");
        assert_int_equal(result_code(json_status(&writer)), i == JSON_STRAY_REFUSED ? ERR_TEXT_NOT_UTF8 : OK);
        assert_string_equal(buffer_text(&out), wanted[i]);
    }
}

static void a_buffer_that_is_full_says_so_at_the_end(void **state)
{
    (void)state;
    for (size_t limit = 0; limit < strlen(layouts[0].text); limit++) {
        CLEANUP_BUFFER struct buffer out = buffer_make(limit);
        struct json_writer writer = json_writer_make(&out, JSON_TIGHT, JSON_STRAY_REFUSED);
        write_sample(&writer);
        assert_int_equal(result_code(json_status(&writer)), ERR_TEXT_TOO_LONG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_layout_writes_the_same_values_its_own_way),
        cmocka_unit_test(the_outermost_value_can_be_of_any_kind),
        cmocka_unit_test(texts_are_escaped_so_that_nothing_moves_the_cursor),
        cmocka_unit_test(keys_are_escaped_like_texts),
        cmocka_unit_test(a_zero_byte_is_a_character_like_others),
        cmocka_unit_test(bytes_that_are_no_utf8_are_refused_replaced_or_taken_for_latin),
        cmocka_unit_test(a_buffer_that_is_full_says_so_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
