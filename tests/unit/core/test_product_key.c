/* Product keys: what is typed wrongly is noticed, and the group in which to look is named. */
#include "base/hash.h"
#include "core/documents/product_key.h"

#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static const struct product_key keys[] = {
    {PRODUCT_KEY_VOLUME, 0, 0},
    {PRODUCT_KEY_VOLUME, 0x9a5e74c3f1, 0},
    {PRODUCT_KEY_VOLUME, 0x0123456789, 1234567},
    {PRODUCT_KEY_VOLUME, PRODUCT_KEY_TAG_MAX, PRODUCT_KEY_SERIAL_MAX},
    {PRODUCT_KEY_COUNTED, PRODUCT_KEY_TAG_MAX, PRODUCT_KEY_SERIAL_MAX},
};
enum { KEYS = sizeof keys / sizeof keys[0] };

/* Where symbol i stands in the written key. */
static size_t place_of(size_t symbol)
{
    return symbol + symbol / 5;
}

static void a_key_is_read_as_it_was_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < KEYS; i++) {
        char text[PRODUCT_KEY_TEXT_SIZE];
        product_key_write(&keys[i], text);
        assert_int_equal(strlen(text), PRODUCT_KEY_TEXT_SIZE - 1);
        struct product_key key;
        assert_true(is_ok(product_key_read(slice_of(text), &key)));
        assert_int_equal(key.mode, keys[i].mode);
        assert_int_equal(key.tag, keys[i].tag);
        assert_int_equal(key.serial, keys[i].serial);
    }
}

/* The checksum was computed once by another program, from the definition in product_key.h. */
static void a_known_key_has_its_known_spelling(void **state)
{
    (void)state;
    const struct product_key key = product_key_generic("acme.example", "studio", "pro");
    char text[PRODUCT_KEY_TEXT_SIZE];
    product_key_write(&key, text);
    assert_string_equal(text, "4K0Y8-7SC80-00000-00000-0K6GY");
    assert_int_equal(key.serial, 0);
    const struct product_key counted = product_key_make(PRODUCT_KEY_COUNTED, "acme.example", "studio", "pro");
    product_key_write(&counted, text);
    assert_string_equal(text, "5K0Y8-7SC80-00000-00000-0F8AQ");
    assert_int_equal(counted.tag, key.tag);
    assert_false(product_key_equal(&counted, &key));
}

static void the_tag_depends_on_vendor_product_and_edition(void **state)
{
    (void)state;
    const uint64_t tag = product_key_tag("acme.example", "studio", "pro");
    /* first 40 bits of the hash, by its definition */
    const struct hash hash = hash_of(slice_of("acme.example\nstudio\npro"));
    uint64_t expected = 0;
    for (int i = 0; i < 5; i++)
        expected = expected << 8 | hash.bytes[i];
    assert_int_equal(tag, expected);
    assert_int_not_equal(tag, product_key_tag("acme.example", "studio", "edu"));
    assert_int_not_equal(tag, product_key_tag("acme.example", "studi", "opro"));
    assert_int_not_equal(tag, product_key_tag("acme.exampl", "studio", "pro"));
}

static void every_mistyped_symbol_is_noticed_in_its_group(void **state)
{
    (void)state;
    for (size_t i = 0; i < KEYS; i++)
        for (size_t symbol = 0; symbol < PRODUCT_KEY_SYMBOLS; symbol++)
            for (const char *typed = alphabet; *typed != 0; typed++) {
                char text[PRODUCT_KEY_TEXT_SIZE];
                product_key_write(&keys[i], text);
                if (text[place_of(symbol)] == *typed)
                    continue;
                text[place_of(symbol)] = *typed;
                struct product_key key;
                const struct result outcome = product_key_read(slice_of(text), &key);
                assert_int_equal(result_code(outcome), ERR_PRODUCT_KEY_MISTYPED);
                assert_int_equal(result_place(outcome), symbol / 5 + 1);
            }
}

static void every_two_swapped_symbols_are_noticed_in_the_first_group_of_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < KEYS; i++)
        for (size_t a = 0; a < PRODUCT_KEY_SYMBOLS; a++)
            for (size_t b = a + 1; b < PRODUCT_KEY_SYMBOLS; b++) {
                char text[PRODUCT_KEY_TEXT_SIZE];
                product_key_write(&keys[i], text);
                const char kept = text[place_of(a)];
                if (kept == text[place_of(b)])
                    continue;
                text[place_of(a)] = text[place_of(b)];
                text[place_of(b)] = kept;
                struct product_key key;
                const struct result outcome = product_key_read(slice_of(text), &key);
                assert_int_equal(result_code(outcome), ERR_PRODUCT_KEY_MISTYPED);
                assert_int_equal(result_place(outcome), a / 5 + 1);
            }
}

/* Distance 5: up to four wrong symbols cannot make another key. A fixed sequence of numbers picks them. */
static void four_mistyped_symbols_are_always_noticed(void **state)
{
    (void)state;
    uint32_t number = 1;
    for (int round = 0; round < 20000; round++) {
        char text[PRODUCT_KEY_TEXT_SIZE];
        product_key_write(&keys[round % KEYS], text);
        char before[PRODUCT_KEY_TEXT_SIZE];
        memcpy(before, text, sizeof text);
        for (int i = 0; i < 4; i++) {
            number = number * 1664525 + 1013904223;
            text[place_of((number >> 8) % PRODUCT_KEY_SYMBOLS)] = alphabet[number >> 27];
        }
        struct product_key key;
        const bool same = strcmp(before, text) == 0;
        assert_int_equal(result_code(product_key_read(slice_of(text), &key)), same ? OK : ERR_PRODUCT_KEY_MISTYPED);
    }
}

static void reading_forgives_how_people_type(void **state)
{
    (void)state;
    static const char *const typed[] = {
        "4K0Y8-7SC80-00000-00000-0K6GY", "4k0y8-7sc80-00000-00000-0k6gy",      "4K0Y87SC8000000000000K6GY",
        "4K0Y8 7SC80 00000 00000 0K6GY", "  4K0Y8 - 7SC80-00000-00000-0K6GY ", "4KOY8-7SC8O-OOOOO-ooooo-oK6GY",
    };
    const struct product_key expected = product_key_generic("acme.example", "studio", "pro");
    for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++) {
        struct product_key key;
        assert_true(is_ok(product_key_read(slice_of(typed[i]), &key)));
        assert_int_equal(key.tag, expected.tag);
    }
}

static void letters_that_look_like_one_are_one(void **state)
{
    (void)state;
    const struct product_key one = {PRODUCT_KEY_VOLUME, 1, 1};
    char text[PRODUCT_KEY_TEXT_SIZE];
    product_key_write(&one, text);
    size_t ones = 0;
    for (char *c = text; *c != 0; c++)
        if (*c == '1')
            *c = "IiLl"[ones++ % 4];
    assert_true(ones >= 2);
    struct product_key key;
    assert_true(is_ok(product_key_read(slice_of(text), &key)));
    assert_int_equal(key.tag, 1);
    assert_int_equal(key.serial, 1);
}

static void what_is_no_product_key_is_refused_with_its_reason(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum error_code code;
        unsigned group;
    } bad[] = {
        {"", ERR_PRODUCT_KEY_FORM, 0},
        {"-----", ERR_PRODUCT_KEY_FORM, 0},
        {"4K0Y8-7SC80-00000-00000-0K6G", ERR_PRODUCT_KEY_FORM, 0},
        {"4K0Y8-7SC80-00000-00000-0K6GYY", ERR_PRODUCT_KEY_FORM, 0},
        {"4K0Y8-7SC80-0000U-00000-0K6GY", ERR_PRODUCT_KEY_FORM, 3},
        {"4K0Y8-7SC80-00000-00000-0K6G\x1b", ERR_PRODUCT_KEY_FORM, 5},
        {"4K0Y8_7SC80_00000_00000_0K6GY", ERR_PRODUCT_KEY_FORM, 2},
        /* whole keys of versions 0 and 2, and of mode 2 */
        {"00000-00000-00000-00000-00000", ERR_DOCUMENT_VERSION, 0},
        {"80000-00000-00000-00000-0VZE2", ERR_DOCUMENT_VERSION, 0},
        {"60000-00000-00000-00000-021PK", ERR_DOCUMENT_VALUE, 0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct product_key key;
        const struct result outcome = product_key_read(slice_of(bad[i].text), &key);
        assert_int_equal(result_code(outcome), bad[i].code);
        assert_int_equal(result_place(outcome), bad[i].group);
    }
    char endless[1000];
    memset(endless, ' ', sizeof endless);
    struct product_key key;
    assert_int_equal(result_code(product_key_read(slice_make(endless, sizeof endless), &key)), ERR_PRODUCT_KEY_FORM);
    /* A zero byte is no symbol, and no end. */
    static const char zero[] = "4K0Y8-7SC8\0-00000-00000-0K6GY";
    const struct result outcome = product_key_read(slice_make(zero, sizeof zero - 1), &key);
    assert_int_equal(result_code(outcome), ERR_PRODUCT_KEY_FORM);
    assert_int_equal(result_place(outcome), 2);
}

static void a_key_may_be_typed_with_spaces_up_to_256_bytes(void **state)
{
    (void)state;
    char typed[257];
    struct product_key key;
    memset(typed, ' ', sizeof typed);
    for (size_t i = 0; i < PRODUCT_KEY_TEXT_SIZE - 1; i++)
        typed[i] = "4K0Y8-7SC80-00000-00000-0K6GY"[i];
    assert_true(is_ok(product_key_read(slice_make(typed, 256), &key)));
    assert_int_equal(result_code(product_key_read(slice_make(typed, 257), &key)), ERR_PRODUCT_KEY_FORM);
}

static void blanks_and_dashes_of_every_kind_are_forgiven(void **state)
{
    (void)state;
    static const char *const separators[] = {
        "\t",           "\r\n",         "\xc2\xa0",     "\xc2\xad",       "\xe2\x80\x8b", "\xe2\x80\x90",
        "\xe2\x80\x91", "\xe2\x80\x93", "\xe2\x80\x94", "\xe2\x80\x95",   "\xe2\x80\xaf", "\xe2\x88\x92",
        "\xe3\x80\x80", "\xef\xbc\x8d", "\xef\xbb\xbf", " \xe2\x80\x93 ",
    };
    static const char *const others[] = {".", "\xe2\x80\x98", "\xe2\x80", "\xff", "_", "\xc2\xa1"};
    struct product_key key;
    char typed[128];
    for (size_t i = 0; i < sizeof separators / sizeof *separators; i++) {
        const char *const s = separators[i];
        snprintf(typed, sizeof typed, "%s4K0Y8%s7SC80%s00000%s00000%s0K6GY%s", s, s, s, s, s, s);
        assert_true(is_ok(product_key_read(slice_of(typed), &key)));
        assert_int_equal(key.tag, product_key_generic("acme.example", "studio", "pro").tag);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        snprintf(typed, sizeof typed, "4K0Y8-7SC80%s00000-00000-0K6GY", others[i]);
        const struct result outcome = product_key_read(slice_of(typed), &key);
        assert_int_equal(result_code(outcome), ERR_PRODUCT_KEY_FORM);
        assert_int_equal(result_place(outcome), 3);
    }
}

static void a_file_has_the_one_spelling_of_a_key(void **state)
{
    (void)state;
    const struct product_key generic = product_key_generic("acme.example", "studio", "pro");
    struct product_key key = {.serial = 7};
    assert_true(is_ok(product_key_read_exactly(slice_of("4K0Y8-7SC80-00000-00000-0K6GY"), &key)));
    assert_true(product_key_equal(&key, &generic));
    static const char *const others[] = {"", "4k0y8-7SC80-00000-00000-0K6GY", "4K0Y87SC8000000000000K6GY",
                                         "4K0Y8-7SC80-00000-00000-0K6GY ", "4K0Y8-7SC80-0OOO0-00000-0K6GY"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(result_code(product_key_read_exactly(slice_of(others[i]), &key)), ERR_DOCUMENT_VALUE);
    assert_true(product_key_equal(&key, &generic)); /* as before */
    key.serial++;
    assert_false(product_key_equal(&key, &generic));
    key = generic;
    key.tag++;
    assert_false(product_key_equal(&key, &generic));
}

static int start(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_read_as_it_was_written),
        cmocka_unit_test(a_known_key_has_its_known_spelling),
        cmocka_unit_test(the_tag_depends_on_vendor_product_and_edition),
        cmocka_unit_test(every_mistyped_symbol_is_noticed_in_its_group),
        cmocka_unit_test(every_two_swapped_symbols_are_noticed_in_the_first_group_of_them),
        cmocka_unit_test(four_mistyped_symbols_are_always_noticed),
        cmocka_unit_test(reading_forgives_how_people_type),
        cmocka_unit_test(letters_that_look_like_one_are_one),
        cmocka_unit_test(what_is_no_product_key_is_refused_with_its_reason),
        cmocka_unit_test(a_key_may_be_typed_with_spaces_up_to_256_bytes),
        cmocka_unit_test(blanks_and_dashes_of_every_kind_are_forgiven),
        cmocka_unit_test(a_file_has_the_one_spelling_of_a_key),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
