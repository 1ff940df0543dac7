/* The values that documents are made of. */
#include "core/documents/documents.h"

#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LETTERS_63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff123"
#define LETTERS_64 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff1234"

static void ids_are_of_small_letters_digits_and_inner_marks(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "0", "acme.example", "lic-2026_01", LETTERS_63};
    static const char *const bad[] = {"",    "A",   "-a", "a-", ".a", "a.", "_a",  "a_",
                                      "a b", "a/b", "ä",  "a+", " a", "a ", "a\n", LETTERS_64};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(is_ok(id_check(slice_of(good[i]))));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(result_code(id_check(slice_of(bad[i]))), ERR_DOCUMENT_VALUE);
}

static void a_hosts_key_is_named_after_host_and_vendor(void **state)
{
    (void)state;
    struct slice host;
    struct slice vendor;
    assert_true(is_ok(host_key_name_read("kms.uni.example/acme.example", &host, &vendor)));
    assert_true(slice_is(host, "kms.uni.example"));
    assert_true(slice_is(vendor, "acme.example"));
    static const char *const others[] = {"",     "/",           "h",   "h/",  "/v",    "h/v/w",
                                         "h//v", "h/v/epoch-2", "H/v", "h/V", "h v/w", "h/v "};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(result_code(host_key_name_read(others[i], &host, &vendor)), ERR_DOCUMENT_VALUE);
    assert_true(slice_is(host, "kms.uni.example")); /* as before */

    char name[KEY_NAME_SIZE];
    const struct slice longest = slice_of(LETTERS_63 "." LETTERS_63);
    assert_true(is_ok(host_key_name_write(longest, slice_of(LETTERS_63), name)));
    assert_string_equal(name, LETTERS_63 "." LETTERS_63 "/" LETTERS_63);
    assert_true(is_ok(host_key_name_read(name, &host, &vendor)));
    assert_true(slice_equal(host, longest));
    assert_int_equal(result_code(host_key_name_write(slice_of("h/v"), slice_of("v"), name)), ERR_DOCUMENT_VALUE);
    assert_int_equal(result_code(host_key_name_write(slice_of("h"), slice_of(""), name)), ERR_DOCUMENT_VALUE);
}

static void host_names_are_longer_ids(void **state)
{
    (void)state;
    assert_true(is_ok(host_name_check(slice_of(LETTERS_63 "." LETTERS_63))));
    assert_false(is_ok(host_name_check(slice_of(LETTERS_63 "." LETTERS_63 "4"))));
    assert_false(is_ok(host_name_check(slice_of("kms.uni.example/acme"))));
    assert_false(is_ok(host_name_check(slice_of(""))));
}

static void kinds_of_hardware_are_short_words(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "board", "abcdefghijklmno"};
    static const char *const bad[] = {"",   "Board", "board1",   "os-id",           "a b",
                                      " a", "a\n",   "\xc3\xa4", "abcdefghijklmnop"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(is_ok(hardware_kind_check(slice_of(good[i]))));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(result_code(hardware_kind_check(slice_of(bad[i]))), ERR_DOCUMENT_VALUE);
}

static void texts_are_for_people_to_read(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "Universität Beispiel", "北京大学", "a  b", "\xc2\xa0z"};
    static const char *const bad[] = {"",       " a",   "a ",       "a\nb",       "a\tb",
                                      "a\x7fz", "\xe4", "\xc2\x80", "a\xc2\x9fz", "\xed\xa0\x80"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(is_ok(text_check(slice_of(good[i]))));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(result_code(text_check(slice_of(bad[i]))), ERR_DOCUMENT_VALUE);
    assert_true(is_ok(text_check(slice_of(LETTERS_63 LETTERS_63 "12"))));
    assert_false(is_ok(text_check(slice_of(LETTERS_63 LETTERS_63 "123"))));
}

static void a_machine_id_is_32_small_hex_digits(void **state)
{
    (void)state;
    static const char text[] = "00ff102030405060708090a0b0c0d0e0";
    struct machine_id id;
    assert_true(is_ok(machine_id_read(slice_of(text), &id)));
    char again[MACHINE_ID_TEXT_SIZE];
    machine_id_write(&id, again);
    assert_string_equal(again, text);
    assert_false(is_ok(machine_id_read(slice_of("00FF102030405060708090a0b0c0d0e0"), &id)));
    assert_false(is_ok(machine_id_read(slice_of("00ff102030405060708090a0b0c0d0"), &id)));
    assert_false(is_ok(machine_id_read(slice_of("00ff102030405060708090a0b0c0d0e0f0"), &id)));
}

static void features_keep_their_order_whatever_the_order_of_adding(void **state)
{
    (void)state;
    struct features features = {0};
    static const char *const names[] = {"render", "export", "zoom", "batch", "export2"};
    static const char *const sorted[] = {"batch", "export", "export2", "render", "zoom"};
    for (size_t i = 0; i < 5; i++)
        assert_true(is_ok(features_add(&features, slice_of(names[i]))));
    assert_int_equal(features.count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(features.names[i], sorted[i]);
    assert_true(features_have(&features, "zoom"));
    assert_false(features_have(&features, "zoo"));
}

static void a_feature_keeps_its_value(void **state)
{
    (void)state;
    struct features features = {0};
    char text[FEATURE_TEXT_SIZE];
    assert_true(is_ok(features_add(&features, slice_of("resolution=4k"))));
    assert_true(is_ok(features_add(&features, slice_of("export"))));
    assert_true(is_ok(features_add(&features, slice_of("format=a=b c"))));
    assert_string_equal(features_value(&features, "resolution"), "4k");
    assert_string_equal(features_value(&features, "export"), "");
    assert_string_equal(features_value(&features, "format"), "a=b c");
    assert_null(features_value(&features, "res"));
    features_write(&features, 0, text);
    assert_string_equal(text, "export");
    features_write(&features, 2, text);
    assert_string_equal(text, "resolution=4k");
    static const char *const bad[] = {"", "=", "=4k", "a=", "a= 4k", "a=4k ", "A=4k", "a=\x01"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(result_code(features_add(&features, slice_of(bad[i]))), ERR_DOCUMENT_VALUE);
    assert_int_equal(result_code(features_add(&features, slice_of("export=2"))), ERR_DOCUMENT_DUPLICATE_KEY);
    assert_int_equal(features.count, 3);
}

static void a_feature_with_another_value_is_another(void **state)
{
    (void)state;
    static const char *const outer[] = {"r", "r=4k", "r=4k", "r=8k"};
    static const char *const inner[] = {"r", "r=4k", "r", "r=4k"};
    for (size_t i = 0; i < 4; i++) {
        struct features licensed = {0};
        struct features granted = {0};
        assert_true(is_ok(features_add(&licensed, slice_of(outer[i]))));
        assert_true(is_ok(features_add(&granted, slice_of(inner[i]))));
        assert_int_equal(features_within(&granted, &licensed), i < 2);
    }
}

static void a_feature_is_refused_twice_misspelt_or_beyond_the_limit(void **state)
{
    (void)state;
    struct features features = {0};
    for (int i = 0; i < FEATURES_MAX; i++) {
        char name[NAME_SIZE];
        snprintf(name, sizeof name, "f%d", i);
        assert_true(is_ok(features_add(&features, slice_of(name))));
    }
    assert_int_equal(result_code(features_add(&features, slice_of("f7"))), ERR_DOCUMENT_DUPLICATE_KEY);
    assert_int_equal(result_code(features_add(&features, slice_of("more"))), ERR_DOCUMENT_LIMIT);
    assert_int_equal(result_code(features_add(&features, slice_of("Two Words"))), ERR_DOCUMENT_VALUE);
    assert_int_equal(features.count, FEATURES_MAX);
}

static void features_are_within_others_if_each_of_them_is(void **state)
{
    (void)state;
    struct features outer = {0};
    struct features inner = {0};
    assert_true(features_within(&inner, &outer));
    assert_true(is_ok(features_add(&outer, slice_of("a"))));
    assert_true(is_ok(features_add(&outer, slice_of("b"))));
    assert_true(features_within(&inner, &outer));
    assert_true(is_ok(features_add(&inner, slice_of("b"))));
    assert_true(features_within(&inner, &outer));
    assert_true(is_ok(features_add(&inner, slice_of("c"))));
    assert_false(features_within(&inner, &outer));
}

/* Hardware written as pairs of kind and value, "b1d2": board of value 1, disk of value 2. */
static struct hardware hardware_of(const char *pairs)
{
    struct hardware hardware = {0};
    for (const char *pair = pairs; *pair != 0; pair += 2) {
        struct hardware_digest *digest = &hardware.digests[hardware.count++];
        digest->kind[0] = pair[0];
        memset(digest->digest, pair[1], DIGEST_SIZE);
    }
    return hardware;
}

static void hardware_is_the_same_where_two_digests_are_or_all_of_fewer_than_three(void **state)
{
    (void)state;
    static const struct {
        const char *then;
        const char *now;
        bool same;
    } cases[] = {
        {"", "", true},
        {"", "b1d2m3", true},
        {"b1", "b1", true},
        {"b1", "b2", false},
        {"b1", "", false},
        {"b1d2", "b1d2", true},
        {"b1d2", "b1d3", false},
        {"b1d2", "b1d2m3", true},
        {"b1d2m3", "b1d2m3", true},
        {"b1d2m3", "b1d2m9", true},
        {"b1d2m3", "b1m3", true},
        {"b1d2m3", "b1d8m9", false},
        {"b1d2m3", "b1", false},
        {"b1d2m3", "", false},
        {"b1d2m3", "b2d1m1", false}, /* the same value of another kind is not the same */
        {"b1c2d3m4", "b1c2d9m9", true},
        {"d1d2", "d2", true}, /* a machine that has lost one of its disks, or had another one put in */
        {"d1d2", "d2d3", true},
        {"d1d2", "d3", false},
        {"d1d2o1", "d2o1", true},
        {"d1d2o1", "d2o2", false}, /* two disks are one kind of what tells it */
        {"d1d2o1", "d1d2o2", false},
        {"d1d2n1o1", "d1d2n2o2", false},
        {"d1d2n1o1", "d2n2o1", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct hardware then = hardware_of(cases[i].then);
        const struct hardware now = hardware_of(cases[i].now);
        if (hardware_matches(&then, &now) != cases[i].same)
            fail_msg("then \"%s\", now \"%s\"", cases[i].then, cases[i].now);
    }
}

static void a_mark_is_of_one_description_and_no_other(void **state)
{
    (void)state;
    static const char *const described[] = {"", "b1", "b2", "d1", "b1d2", "b1d3", "b1d2m3"};
    for (size_t i = 0; i < sizeof described / sizeof described[0]; i++) {
        for (size_t j = 0; j < sizeof described / sizeof described[0]; j++) {
            const struct hardware one = hardware_of(described[i]);
            const struct hardware other = hardware_of(described[j]);
            const struct hardware_mark marks[] = {hardware_mark(&one), hardware_mark(&other)};
            assert_int_equal(hardware_mark_equal(&marks[0], &marks[1]), i == j);
            assert_false(hardware_mark_equal(&marks[0], &(struct hardware_mark){.bytes = {0}}));
        }
    }
}

static int start(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_of_small_letters_digits_and_inner_marks),
        cmocka_unit_test(host_names_are_longer_ids),
        cmocka_unit_test(a_hosts_key_is_named_after_host_and_vendor),
        cmocka_unit_test(kinds_of_hardware_are_short_words),
        cmocka_unit_test(texts_are_for_people_to_read),
        cmocka_unit_test(a_machine_id_is_32_small_hex_digits),
        cmocka_unit_test(features_keep_their_order_whatever_the_order_of_adding),
        cmocka_unit_test(a_feature_keeps_its_value),
        cmocka_unit_test(a_feature_with_another_value_is_another),
        cmocka_unit_test(a_feature_is_refused_twice_misspelt_or_beyond_the_limit),
        cmocka_unit_test(features_are_within_others_if_each_of_them_is),
        cmocka_unit_test(hardware_is_the_same_where_two_digests_are_or_all_of_fewer_than_three),
        cmocka_unit_test(a_mark_is_of_one_description_and_no_other),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
