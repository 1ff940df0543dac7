/* A leaf of a ledger: which of the four documents it is, and no fifth. */
#include "core/documents/leaf.h"

#include "mutate.h"
#include "samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *text;
    enum leaf_kind kind;
    const char *name;
    const char *license;
    const char *machine_key;
    uint64_t number;
    const char *note;
} leaves[] = {
    {SAMPLE_LEASE, LEAF_LEASE, "lease", "lic-2026-0001", SAMPLE_MACHINE_KEY, 7, SAMPLE_REQUEST_NOTE},
    {SAMPLE_RELEASED, LEAF_RELEASED, "released", "lic-2026-0001", SAMPLE_MACHINE_KEY, 8, SAMPLE_RELEASE_NOTE},
    {SAMPLE_RECLAIMED, LEAF_RECLAIMED, "reclaimed", "lic-2026-0001", NULL, 0, ""},
    {SAMPLE_EPOCH, LEAF_EPOCH, "epoch", NULL, NULL, 0, ""},
};

static struct verifier_key key_of(const char *text)
{
    struct verifier_key key;
    assert_true(is_ok(verifier_key_read(slice_of(text), &key)));
    return key;
}

static void each_kind_is_read_as_what_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++) {
        struct leaf leaf;
        assert_int_equal(leaf_read(slice_of(leaves[i].text), &leaf).bits, 0);
        assert_int_equal(leaf.kind, leaves[i].kind);
        assert_string_equal(leaf_kind_name(leaf.kind), leaves[i].name);
        if (leaves[i].license == NULL)
            assert_null(leaf_license(&leaf));
        else
            assert_string_equal(leaf_license(&leaf), leaves[i].license);
    }
}

static void what_a_machine_signed_in_it_is_shown_with_its_key_and_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++) {
        struct leaf leaf;
        assert_int_equal(leaf_read(slice_of(leaves[i].text), &leaf).bits, 0);
        assert_true(slice_is(leaf.note, leaves[i].note));
        assert_int_equal(leaf_number(&leaf), leaves[i].number);
        if (leaves[i].machine_key == NULL) {
            assert_null(leaf_machine_key(&leaf));
        } else {
            const struct verifier_key key = key_of(leaves[i].machine_key);
            assert_true(verifier_key_equal(leaf_machine_key(&leaf), &key));
        }
    }
}

#define WRONG_SIGNATURE_LEASE    SAMPLE_LEASE_HEAD "\n" SAMPLE_REQUEST SAMPLE_RELEASE_SIGNATURE
#define WRONG_SIGNATURE_RELEASED SAMPLE_RELEASED_HEAD "\n" SAMPLE_RELEASE SAMPLE_REQUEST_SIGNATURE

/* Whoever shows it: no host's word is needed, and none helps. */
static void a_machine_knows_its_own_leaves_by_its_signature(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *key;
        enum error_code code;
    } rows[] = {
        {SAMPLE_LEASE, SAMPLE_MACHINE_KEY, OK},
        {SAMPLE_RELEASED, SAMPLE_MACHINE_KEY, OK},
        {SAMPLE_LEASE, OTHER_MACHINE_KEY, ERR_LEASE_OTHER_MACHINE},
        {SAMPLE_RELEASED, OTHER_MACHINE_KEY, ERR_LEASE_OTHER_MACHINE},
        {SAMPLE_EPOCH, SAMPLE_MACHINE_KEY, ERR_LEASE_OTHER_MACHINE},
        {WRONG_SIGNATURE_LEASE, SAMPLE_MACHINE_KEY, ERR_LEASE_OTHER_REQUEST},
        {WRONG_SIGNATURE_RELEASED, SAMPLE_MACHINE_KEY, ERR_LEASE_OTHER_REQUEST},
        {SAMPLE_REQUEST, SAMPLE_MACHINE_KEY, ERR_DOCUMENT_TYPE},
        {SAMPLE_LEASE_HEAD, SAMPLE_MACHINE_KEY, ERR_TEXT_TRUNCATED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct verifier_key key = key_of(rows[i].key);
        struct leaf leaf;
        memset(&leaf, 7, sizeof leaf);
        const struct leaf before = leaf;
        assert_int_equal(result_code(leaf_open_own(slice_of(rows[i].text), &key, &leaf)), rows[i].code);
        if (rows[i].code != OK)
            assert_memory_equal(&leaf, &before, sizeof leaf);
    }
}

static bool opened_as_own(void *context, struct slice mutant)
{
    struct leaf leaf;
    return is_ok(leaf_open_own(mutant, context, &leaf));
}

/* The host's own lines may say something else; what the machine signed may not. */
static void no_flipped_bit_of_what_it_signed_is_its_own(void **state)
{
    (void)state;
    struct verifier_key key = key_of(SAMPLE_MACHINE_KEY);
    char text[] = SAMPLE_LEASE;
    for (size_t bit = 8 * (sizeof SAMPLE_LEASE_HEAD - 1); bit < 8 * (sizeof text - 1); bit++) {
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
        assert_false(opened_as_own(&key, slice_make(text, sizeof text - 1)));
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
    }
    assert_true(opened_as_own(&key, slice_make(text, sizeof text - 1)));
    assert_int_equal(mutate_each_truncation(slice_of(SAMPLE_LEASE), opened_as_own, &key), 0);
    assert_int_equal(mutate_each_truncation(slice_of(SAMPLE_RELEASED), opened_as_own, &key), 0);
}

static void the_head_of_a_text_ends_at_its_first_empty_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *head;
        const char *rest;
    } rows[] = {
        {"", "", ""},
        {"a\n", "a\n", ""},
        {"a\n\n", "a\n", ""},
        {"a\nb\n\nc\n\nd\n", "a\nb\n", "c\n\nd\n"},
        {"a\n\n\nb\n", "a\n", "\nb\n"},
        {"a", "a", ""},
        {SAMPLE_DENIAL "\n" SAMPLE_LEASE, SAMPLE_DENIAL, SAMPLE_LEASE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice rest;
        const struct slice head = document_head(slice_of(rows[i].text), &rest);
        assert_true(slice_is(head, rows[i].head));
        assert_true(slice_is(rest, rows[i].rest));
    }
}

static void its_time_is_the_one_that_it_says(void **state)
{
    (void)state;
    struct leaf leaf;
    struct lease lease;
    struct released released;
    struct epoch epoch;
    struct slice note;
    assert_int_equal(lease_read(slice_of(SAMPLE_LEASE), &lease, &note).bits, 0);
    assert_int_equal(leaf_read(slice_of(SAMPLE_LEASE), &leaf).bits, 0);
    assert_int_equal(leaf_time(&leaf), lease.issued);
    assert_int_equal(released_read(slice_of(SAMPLE_RELEASED), &released, &note).bits, 0);
    assert_int_equal(leaf_read(slice_of(SAMPLE_RELEASED), &leaf).bits, 0);
    assert_int_equal(leaf_time(&leaf), released.released);
    assert_int_equal(epoch_read(slice_of(SAMPLE_EPOCH), &epoch).bits, 0);
    assert_int_equal(leaf_read(slice_of(SAMPLE_EPOCH), &leaf).bits, 0);
    assert_int_equal(leaf_time(&leaf), epoch.began);
}

static void no_other_document_is_a_leaf(void **state)
{
    (void)state;
    static const char *const others[] = {SAMPLE_LICENSE, SAMPLE_REQUEST, SAMPLE_RELEASE, SAMPLE_DENIAL, "",
                                         "\n",           "lease\n"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct leaf leaf;
        memset(&leaf, 7, sizeof leaf);
        const struct leaf before = leaf;
        const struct result read = leaf_read(slice_of(others[i]), &leaf);
        assert_int_equal(result_code(read), ERR_DOCUMENT_TYPE);
        assert_int_equal(result_place(read), 1);
        assert_memory_equal(&leaf, &before, sizeof leaf);
    }
}

/* A changed leaf is refused, or it is another leaf and is written as it was read. */
static bool accepted_and_canonical(void *context, struct slice mutant)
{
    (void)context;
    struct leaf leaf;
    if (!is_ok(leaf_read(mutant, &leaf)))
        return false;
    CLEANUP_BUFFER struct buffer again = buffer_make(LEAF_MAX);
    const struct result written = leaf.kind == LEAF_LEASE       ? lease_write(&leaf.lease, leaf.note, &again)
                                  : leaf.kind == LEAF_RELEASED  ? released_write(&leaf.released, leaf.note, &again)
                                  : leaf.kind == LEAF_RECLAIMED ? reclaimed_write(&leaf.reclaimed, &again)
                                                                : epoch_write(&leaf.epoch, &again);
    assert_true(is_ok(written) && slice_equal(buffer_slice(&again), mutant));
    return true;
}

static void a_changed_leaf_is_refused_or_is_another(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++) {
        mutate_each_bit(slice_of(leaves[i].text), accepted_and_canonical, NULL);
        mutate_each_truncation(slice_of(leaves[i].text), accepted_and_canonical, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_read_as_what_it_is),
        cmocka_unit_test(what_a_machine_signed_in_it_is_shown_with_its_key_and_number),
        cmocka_unit_test(a_machine_knows_its_own_leaves_by_its_signature),
        cmocka_unit_test(no_flipped_bit_of_what_it_signed_is_its_own),
        cmocka_unit_test(the_head_of_a_text_ends_at_its_first_empty_line),
        cmocka_unit_test(its_time_is_the_one_that_it_says),
        cmocka_unit_test(no_other_document_is_a_leaf),
        cmocka_unit_test(a_changed_leaf_is_refused_or_is_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
