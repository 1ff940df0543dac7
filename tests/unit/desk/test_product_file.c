/* The vendor's INI file: what a good one gives, and the line and reason for each way of being bad. */
#include "desk/product_file.h"

#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "[product]\nid = studio\ntitle = Acme Studio\n"
#define PRO  "[edition pro]\ntitle = Acme Studio Pro\n"

static void a_good_file_gives_the_whole_product(void **state)
{
    (void)state;
    static const char TEXT[] = "; sold since 1999\n" HEAD "grace = 12h\n\n"
                               "[edition pro]\ntitle = Acme Studio Pro\nfeatures = render, export\n  preview\n"
                               "[edition edu]\ntitle = For Schools\nfeatures = export\nfeatures = class\n";
    struct product product;
    struct reason complaint = {.text = ""};
    assert_true(is_ok(product_file_read(slice_of(TEXT), "acme.example", &product, &complaint)));
    assert_string_equal(product.vendor, "acme.example");
    assert_string_equal(product.product, "studio");
    assert_string_equal(product.title, "Acme Studio");
    assert_int_equal(product.grace, 12 * HOUR);
    assert_int_equal(product.edition_count, 2);
    assert_string_equal(product.editions[0].id, "edu");
    assert_string_equal(product.editions[0].features.names[0], "class");
    assert_string_equal(product.editions[0].features.names[1], "export");
    assert_string_equal(product.editions[1].id, "pro");
    assert_int_equal(product.editions[1].features.count, 3);
    assert_int_equal(product.editions[1].key.tag, product_key_tag("acme.example", "studio", "pro"));
    assert_int_equal(product.editions[1].key.serial, 0);
}

static void a_product_that_was_read_makes_a_document(void **state)
{
    (void)state;
    struct product product;
    struct reason complaint = {.text = ""};
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    assert_true(is_ok(product_file_read(slice_of(HEAD PRO), "acme.example", &product, &complaint)));
    assert_int_equal(product.grace, GRACE_DEFAULT);
    product.vendor_key_count = 1;
    assert_true(is_ok(
        verifier_key_make(slice_of("acme.example"), (const uint8_t[PUBLIC_KEY_SIZE]){9}, &product.vendor_keys[0])));
    assert_true(is_ok(product_write(&product, &text)));
}

static void a_bad_file_is_refused_with_its_line_and_reason(void **state)
{
    (void)state;
#define TEN   "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
    static const struct {
        const char *text;
        enum error_code code;
        unsigned line;
        const char *complaint;
    } CASES[] = {
        {"", ERR_TEXT_EMPTY, 0, ""},
        {"\n", ERR_DOCUMENT_MISSING_KEY, 0, "id in [product]"},
        {"[product]\n", ERR_DOCUMENT_MISSING_KEY, 1, "the section is empty"},
        {"[product]\ntitle = x\n" PRO, ERR_DOCUMENT_MISSING_KEY, 0, "id in [product]"},
        {"[product]\nid = x\n" PRO, ERR_DOCUMENT_MISSING_KEY, 0, "title in [product]"},
        {HEAD, ERR_DOCUMENT_MISSING_KEY, 0, "at least one [edition ID]"},
        {HEAD "[edition pro]\nfeatures = a\n", ERR_DOCUMENT_MISSING_KEY, 0, "title in [edition pro]"},
        {HEAD "[edition edu]\n" PRO, ERR_DOCUMENT_MISSING_KEY, 4, "the section is empty"},
        {HEAD PRO "[edition edu]\n", ERR_DOCUMENT_MISSING_KEY, 6, "the section is empty"},
        {"id = studio\n", ERR_CONFIG_UNKNOWN_KEY, 1, "[]"},
        {"nonsense\n", ERR_CONFIG_SYNTAX, 1, ""},
        {HEAD "[edition pro\n", ERR_CONFIG_SYNTAX, 4, ""},
        {HEAD "[editions]\na = b\n", ERR_CONFIG_UNKNOWN_KEY, 5, "[editions]"},
        {HEAD "price = 5\n" PRO, ERR_CONFIG_UNKNOWN_KEY, 4, "price in [product]"},
        {HEAD PRO "grace = 5d\n", ERR_CONFIG_UNKNOWN_KEY, 6, "grace in [edition pro]"},
        {HEAD "id = again\n" PRO, ERR_DOCUMENT_DUPLICATE_KEY, 4, "id"},
        {HEAD "grace = 1d\ngrace = 2d\n" PRO, ERR_DOCUMENT_DUPLICATE_KEY, 5, "grace"},
        {HEAD PRO "title = again\n", ERR_DOCUMENT_DUPLICATE_KEY, 6, "title"},
        {HEAD PRO "[product]\nid = again\n", ERR_DOCUMENT_DUPLICATE_KEY, 7, "id"},
        {HEAD PRO "[edition edu]\ntitle = x\n" PRO, ERR_DOCUMENT_DUPLICATE_KEY, 9, "[edition pro]"},
        {HEAD PRO "features = a, a\n", ERR_DOCUMENT_DUPLICATE_KEY, 6, "features: a"},
        {HEAD PRO "features = a\n  b\n  A\n", ERR_CONFIG_BAD_VALUE, 8, "features: A"},
        {"[product]\nid = Studio\n", ERR_CONFIG_BAD_VALUE, 2, "id = Studio"},
        {"[product]\nid =\n", ERR_CONFIG_BAD_VALUE, 2, "id = "},
        {HEAD "[edition Pro]\ntitle = x\n", ERR_CONFIG_BAD_VALUE, 5, "[edition Pro]"},
        {HEAD "grace = soon\n" PRO, ERR_CONFIG_BAD_VALUE, 4, "grace = soon"},
        {HEAD "grace = -1d\n" PRO, ERR_CONFIG_BAD_VALUE, 4, "grace = -1d"},
        {HEAD "[edition " FIFTY "]\ntitle = x\n", ERR_TEXT_TOO_LONG, 5, "48 bytes"},
        {HEAD "; " FIFTY FIFTY FIFTY FIFTY "\n" PRO, ERR_TEXT_TOO_LONG, 4, "198 bytes"},
        {"[product]\ntitle = " FIFTY FIFTY FIFTY "\n", ERR_CONFIG_BAD_VALUE, 2, "title = 0123"},
        {"[product]\ntitle = a\tb\n", ERR_CONFIG_BAD_VALUE, 2, "title = a"},
        {HEAD "title = \xff\n", ERR_TEXT_NOT_UTF8, 0, ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct product product;
        struct reason complaint = {.text = ""};
        const struct result result = product_file_read(slice_of(CASES[i].text), "v", &product, &complaint);
        if (result_code(result) != CASES[i].code || result_place(result) != CASES[i].line ||
            strstr(complaint.text, CASES[i].complaint) == NULL)
            fail_msg("case %zu: %s at line %u: '%s'", i, error_info(result_code(result))->name, result_place(result),
                     is_ok(result) ? "" : complaint.text);
    }
}

static void a_zero_byte_is_refused(void **state)
{
    (void)state;
    static const char TEXT[] = HEAD PRO "\0[edition edu]\n";
    struct product product;
    struct reason complaint = {.text = ""};
    const struct result result = product_file_read(slice_make(TEXT, sizeof TEXT - 1), "v", &product, &complaint);
    assert_int_equal(result_code(result), ERR_TEXT_NOT_UTF8);
}

static void more_editions_or_features_than_a_document_holds_are_refused(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        struct product product;
        struct reason complaint = {.text = ""};
        CLEANUP_BUFFER struct buffer text = buffer_make(PRODUCT_FILE_MAX);
        buffer_append_text(&text, HEAD PRO);
        for (int i = 0; i < EDITIONS_MAX + 1; i++)
            buffer_printf(&text, kind == 0 ? "[edition e%d]\ntitle = x\n" : "features = f%d\n", i);
        const struct result result = product_file_read(buffer_slice(&text), "v", &product, &complaint);
        assert_int_equal(result_code(result), ERR_DOCUMENT_LIMIT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_file_gives_the_whole_product),
        cmocka_unit_test(a_product_that_was_read_makes_a_document),
        cmocka_unit_test(a_bad_file_is_refused_with_its_line_and_reason),
        cmocka_unit_test(a_zero_byte_is_refused),
        cmocka_unit_test(more_editions_or_features_than_a_document_holds_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
