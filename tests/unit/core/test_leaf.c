/* A leaf of a ledger: which of the three documents it is, and no fourth. */
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
} leaves[] = {
    {SAMPLE_LEASE, LEAF_LEASE, "lease", "lic-2026-0001"},
    {SAMPLE_RELEASED, LEAF_RELEASED, "released", "lic-2026-0001"},
    {SAMPLE_EPOCH, LEAF_EPOCH, "epoch", NULL},
};

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

static void its_time_is_the_one_that_it_says(void **state)
{
    (void)state;
    struct leaf leaf;
    struct lease lease;
    struct released released;
    struct epoch epoch;
    assert_int_equal(lease_read(slice_of(SAMPLE_LEASE), &lease).bits, 0);
    assert_int_equal(leaf_read(slice_of(SAMPLE_LEASE), &leaf).bits, 0);
    assert_int_equal(leaf_time(&leaf), lease.issued);
    assert_int_equal(released_read(slice_of(SAMPLE_RELEASED), &released).bits, 0);
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
    const struct result written = leaf.kind == LEAF_LEASE      ? lease_write(&leaf.lease, &again)
                                  : leaf.kind == LEAF_RELEASED ? released_write(&leaf.released, &again)
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
        cmocka_unit_test(its_time_is_the_one_that_it_says),
        cmocka_unit_test(no_other_document_is_a_leaf),
        cmocka_unit_test(a_changed_leaf_is_refused_or_is_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
