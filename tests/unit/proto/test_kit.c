/* Kits: one schema that reads and writes, and parts that come out as they went in. */
#include "proto/kit.h"

#include "core/form/form.h"
#include "mutate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PRODUCT      "aval product v1\nvendor acme.example\n\n\xe2\x80\x94 acme.example AAAA\n"
#define INTRODUCTION "aval introduction v1\nrevocations 0\nlicense 2\nl\ncheckpoint 2\nc\n"

/* The signed part of a note ends in an empty line, which is no line of the kit. */
static void fill(struct kit *kit, bool whole)
{
    const uint8_t seed[SEED_SIZE] = {7};
    CLEANUP_SIGNING_KEY struct signing_key *key = NULL;
    assert_true(is_ok(signing_key_make(slice_of("acme.example"), seed, &key)));
    *kit = (struct kit){.made = 1796056532, .maker = "kms.uni.example", .product_count = whole ? 2 : 1};
    for (size_t i = 0; i < kit->product_count; i++)
        kit->products[i] = (struct kit_product){.vendor_key = *signing_key_verifier(key), .product = slice_of(PRODUCT)};
    if (!whole)
        return;
    kit->host_count = 2;
    snprintf(kit->hosts[0], KIT_HOST_SIZE, "kms.uni.example:8216");
    snprintf(kit->hosts[1], KIT_HOST_SIZE, "[2001:db8::7]:8216");
    kit->has_site_key = true;
    memset(kit->site_key.bytes, 5, sizeof kit->site_key.bytes);
    kit->products[0].has_key = true;
    kit->products[0].key = product_key_generic("acme.example", "studio", "pro");
    kit->products[0].has_introduction = true;
    kit->products[0].introduction = slice_of(INTRODUCTION);
}

static void write_it(bool whole, struct buffer *out)
{
    struct kit kit;
    fill(&kit, whole);
    assert_true(is_ok(kit_write(&kit, out)));
}

static void a_kit_is_read_as_it_was_written(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer text = buffer_make(KIT_MAX);
    CLEANUP_KIT struct kit *kit = NULL;
    write_it(true, &text);
    assert_true(kit_begins(buffer_slice(&text)));
    assert_true(is_ok(kit_read(buffer_slice(&text), &kit)));
    assert_string_equal(kit->maker, "kms.uni.example");
    assert_int_equal(kit->host_count, 2);
    assert_string_equal(kit->hosts[1], "[2001:db8::7]:8216");
    assert_true(kit->has_site_key && kit->site_key.bytes[31] == 5);
    assert_int_equal(kit->product_count, 2);
    assert_true(slice_is(kit->products[0].product, PRODUCT));
    assert_true(slice_is(kit->products[0].introduction, INTRODUCTION));
    assert_true(kit->products[0].has_key && !kit->products[1].has_key && !kit->products[1].has_introduction);
    CLEANUP_BUFFER struct buffer again = buffer_make(KIT_MAX);
    assert_true(is_ok(kit_write(kit, &again)));
    assert_true(slice_equal(buffer_slice(&again), buffer_slice(&text)));
}

static void the_least_kit_has_one_product_and_nothing_else(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer text = buffer_make(KIT_MAX);
    CLEANUP_KIT struct kit *kit = NULL;
    write_it(false, &text);
    assert_true(is_ok(kit_read(buffer_slice(&text), &kit)));
    assert_int_equal(kit->product_count, 1);
    kit->product_count = 0;
    CLEANUP_BUFFER struct buffer none = buffer_make(KIT_MAX);
    assert_int_equal(result_code(kit_write(kit, &none)), ERR_DOCUMENT_VALUE);
}

static void a_part_must_be_whole_lines_and_no_longer_than_there_is_room(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer text = buffer_make(KIT_MAX);
    struct kit kit;
    fill(&kit, false);
    kit.products[0].product = slice_of("no newline");
    assert_int_equal(result_code(kit_write(&kit, &text)), ERR_DOCUMENT_VALUE);
}

static const struct {
    const char *rest; /* behind "aval kit v1\n", which is line 1 */
    enum error_code code;
    unsigned line;
} bad[] = {
    {"", ERR_DOCUMENT_MISSING_KEY, 2},
    {"made yesterday\n", ERR_DOCUMENT_VALUE, 2},
    {"made 2026-12-01T00:00:00Z\nmaker kms.uni.example\n", ERR_DOCUMENT_MISSING_KEY, 4},
    {"made 2026-12-01T00:00:00Z\nmaker kms.uni.example\nsite-key AAAA\n", ERR_BASE64, 4},
    {"made 2026-12-01T00:00:00Z\nmaker kms.uni.example\nproducts 1\nvendor-key none\n", ERR_KEY_FORM, 5},
};

static void what_is_no_kit_is_refused_with_its_reason_and_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CLEANUP_BUFFER struct buffer text = buffer_make(KIT_MAX);
        CLEANUP_KIT struct kit *kit = NULL;
        buffer_printf(&text, "aval kit v1\n%s", bad[i].rest);
        const struct result read = kit_read(buffer_slice(&text), &kit);
        if (result_code(read) != bad[i].code || result_place(read) != bad[i].line)
            fail_msg("row %zu: %s, line %u", i, is_ok(read) ? "ok" : error_info(result_code(read))->name,
                     result_place(read));
        assert_null(kit);
    }
}

static bool accepted(void *context, struct slice mutant)
{
    CLEANUP_KIT struct kit *kit = NULL;
    (void)context;
    return is_ok(kit_read(mutant, &kit));
}

static bool accepted_and_canonical(void *context, struct slice mutant)
{
    CLEANUP_KIT struct kit *kit = NULL;
    (void)context;
    if (!is_ok(kit_read(mutant, &kit)))
        return false;
    CLEANUP_BUFFER struct buffer again = buffer_make(KIT_MAX);
    assert_true(is_ok(kit_write(kit, &again)));
    assert_true(slice_equal(buffer_slice(&again), mutant));
    return false; /* another kit, in its one spelling; what is within is signed */
}

static void a_changed_kit_is_refused_or_is_another_and_one_cut_off_is_none(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer text = buffer_make(KIT_MAX);
    write_it(true, &text);
    assert_int_equal(mutate_each_bit(buffer_slice(&text), accepted_and_canonical, NULL), 0);
    assert_int_equal(mutate_each_truncation(buffer_slice(&text), accepted, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kit_is_read_as_it_was_written),
        cmocka_unit_test(the_least_kit_has_one_product_and_nothing_else),
        cmocka_unit_test(a_part_must_be_whole_lines_and_no_longer_than_there_is_room),
        cmocka_unit_test(what_is_no_kit_is_refused_with_its_reason_and_its_line),
        cmocka_unit_test(a_changed_kit_is_refused_or_is_another_and_one_cut_off_is_none),
    };
    if (!is_ok(secret_start()))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
