/* What a machine shows of the site key: one spelling, one body, one key. And the text of the key itself. */
#include "proto/site_authorization.h"

#include "mutate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define BODY "aval request v1\n"
/* HMAC-SHA-256 of it under the bytes 0 to 31, by another implementation. */
#define VALUE    "Aval-Site fbJu4IA34PfcRiCkHZL8RpfPlzU3B7Mewp/ib6yXxpE="
#define KEY_TEXT "aval site-key v1\nkey AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"

static struct site_key key_from(uint8_t first)
{
    struct site_key key;
    for (size_t i = 0; i < sizeof key.bytes; i++)
        key.bytes[i] = (uint8_t)(first + i);
    return key;
}

static void the_header_is_what_the_standard_says(void **state)
{
    (void)state;
    char value[SITE_AUTHORIZATION_SIZE];
    const struct site_key key = key_from(0);
    site_authorization_write(&key, slice_of(BODY), value);
    assert_string_equal(value, VALUE);
    assert_int_equal(strlen(value), SITE_AUTHORIZATION_SIZE - 1);
    site_authorization_write(&key, slice_make(NULL, 0), value);
    assert_int_equal(strlen(value), SITE_AUTHORIZATION_SIZE - 1);
}

static bool holds(void *context, struct slice value)
{
    const struct site_key key = key_from(0);
    const char *body = context;
    return site_authorization_key(value, slice_of(body), &key, 1) == 0;
}

static void every_other_value_fits_no_key(void **state)
{
    (void)state;
    static char body[] = BODY;
    assert_true(holds(body, slice_of(VALUE)));
    assert_int_equal(mutate_each_bit(slice_of(VALUE), holds, body), 0);
    assert_int_equal(mutate_each_truncation(slice_of(VALUE), holds, body), 0);
    static const char *const others[] = {"",        "Aval-Site",  "Aval-Site ", " " VALUE,     VALUE " ",
                                         VALUE "=", "Basic YTpi", "aval-site",  "Aval-Site  ", VALUE "," VALUE};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(holds(body, slice_of(others[i])));
}

static bool fits(void *context, struct slice body)
{
    const struct site_key key = key_from(0);
    (void)context;
    return site_authorization_key(slice_of(VALUE), body, &key, 1) == 0;
}

static void it_fits_no_other_body(void **state)
{
    (void)state;
    assert_true(fits(NULL, slice_of(BODY)));
    assert_int_equal(mutate_each_bit(slice_of(BODY), fits, NULL), 0);
    assert_int_equal(mutate_each_truncation(slice_of(BODY), fits, NULL), 0);
    assert_false(fits(NULL, slice_of(BODY "\n")));
}

static void it_is_said_by_which_of_the_keys_it_fits(void **state)
{
    (void)state;
    const struct site_key keys[] = {key_from(1), key_from(0)};
    assert_int_equal(site_authorization_key(slice_of(VALUE), slice_of(BODY), keys, 2), 1);
    assert_int_equal(site_authorization_key(slice_of(VALUE), slice_of(BODY), keys, 1), 1);
    assert_int_equal(site_authorization_key(slice_of(VALUE), slice_of(BODY), keys + 1, 1), 0);
    assert_int_equal(site_authorization_key(slice_of(VALUE), slice_of(BODY), keys, 0), 0);
}

static void a_key_is_written_as_it_is_read(void **state)
{
    (void)state;
    struct site_key key;
    CLEANUP_BUFFER struct buffer text = buffer_make(SITE_KEY_FILE_MAX);
    assert_true(is_ok(site_key_read(slice_of(KEY_TEXT), &key)));
    const struct site_key same = key_from(0);
    assert_memory_equal(&key, &same, sizeof key);
    assert_true(is_ok(site_key_write(&key, &text)));
    assert_true(slice_is(buffer_slice(&text), KEY_TEXT));
}

static bool is_the_same_key(void *context, struct slice text)
{
    struct site_key key;
    const struct site_key same = key_from(0);
    (void)context;
    return is_ok(site_key_read(text, &key)) && memcmp(&key, &same, sizeof key) == 0;
}

static void no_other_text_is_that_key(void **state)
{
    (void)state;
    assert_int_equal(mutate_each_bit(slice_of(KEY_TEXT), is_the_same_key, NULL), 0);
    assert_int_equal(mutate_each_truncation(slice_of(KEY_TEXT), is_the_same_key, NULL), 0);
    assert_false(is_the_same_key(NULL, slice_of(KEY_TEXT "\n")));
    assert_false(is_the_same_key(NULL, slice_of(KEY_TEXT "x-more yes\n")));
}

int main(void)
{
    if (!is_ok(secret_start()))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_is_what_the_standard_says),
        cmocka_unit_test(every_other_value_fits_no_key),
        cmocka_unit_test(it_fits_no_other_body),
        cmocka_unit_test(it_is_said_by_which_of_the_keys_it_fits),
        cmocka_unit_test(a_key_is_written_as_it_is_read),
        cmocka_unit_test(no_other_text_is_that_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
