/* Where a check of a ledger stands, as text; and checks over more than one epoch. */
#include "failing_store.h"
#include "host_fixture.h"

#include "ledger/verification.h"
#include "mutate.h"
#include "store/ledger.h"
#include "store/machines.h"
#include "store/memory.h"

#include <string.h>

#define ORIGIN HOST "/" VENDOR

static struct verification sample(void)
{
    struct verification verification = {
        .origin = ORIGIN "/epoch-3",
        .position = {.stage = LEDGER_CHECK_MACHINES,
                     .level = 1,
                     .next = 2,
                     .size = 3,
                     .signed_size = 4,
                     .license = 5,
                     .findings = 8},
        .earlier = 9,
        .not_signed = UINT64_MAX,
    };
    memset(&verification.position.root, 0xab, sizeof verification.position.root);
    memset(&verification.position.machine, 0xcd, sizeof verification.position.machine);
    return verification;
}

static void a_position_reads_back_as_it_was_written(void **state)
{
    (void)state;
    const struct verification verification = sample();
    CLEANUP_BUFFER struct buffer text = buffer_make(CONTROL_POSITION_SIZE - 1);
    verification_write(&verification, &text);
    assert_ok(buffer_status(&text));
    struct verification again;
    assert_ok(verification_read(buffer_slice(&text), &again));
    assert_memory_equal(&again, &verification, sizeof again);
}

static bool has_two_spellings(void *context, struct slice mutant)
{
    (void)context;
    struct verification verification;
    if (!is_ok(verification_read(mutant, &verification)))
        return false;
    CLEANUP_BUFFER struct buffer text = buffer_make(CONTROL_POSITION_SIZE - 1);
    verification_write(&verification, &text);
    return !slice_equal(buffer_slice(&text), mutant);
}

static bool is_read(void *context, struct slice mutant)
{
    (void)context;
    struct verification verification;
    return is_ok(verification_read(mutant, &verification));
}

static void no_position_has_two_spellings_and_none_is_cut_short(void **state)
{
    (void)state;
    const struct verification verification = sample();
    CLEANUP_BUFFER struct buffer text = buffer_make(CONTROL_POSITION_SIZE - 1);
    verification_write(&verification, &text);
    assert_int_equal(mutate_each_bit(buffer_slice(&text), has_two_spellings, NULL), 0);
    assert_int_equal(mutate_each_truncation(buffer_slice(&text), is_read, NULL), 0);
}

static void a_position_beyond_the_last_stage_is_refused(void **state)
{
    (void)state;
    struct verification verification = sample();
    verification.position.stage = LEDGER_CHECK_DONE + 1;
    CLEANUP_BUFFER struct buffer text = buffer_make(CONTROL_POSITION_SIZE - 1);
    verification_write(&verification, &text);
    assert_false(is_read(NULL, buffer_slice(&text)));
}

static void findings_of_all_epochs_are_counted(void **state)
{
    (void)state;
    struct host_fixture fixture;
    host_fixture_make(&fixture);
    struct verification verification;
    assert_ok(verification_begin(&fixture.host_key, 1, &verification));
    assert_string_equal(verification.origin, ORIGIN);
    verification.position.findings = 3;
    verification.not_signed = 2;
    assert_ok(verification_next(&fixture.host_key, 2, &verification));
    assert_string_equal(verification.origin, ORIGIN "/epoch-2");
    assert_int_equal(verification.position.stage, LEDGER_CHECK_BEGIN);
    verification.position.findings = 4;
    assert_int_equal(verification_findings(&verification), 7);
    assert_int_equal(verification.not_signed, 2);
    host_fixture_remove(&fixture);
}

/* A leaf that is no document, without a checkpoint; a hash without a leaf; a row that names a leaf which is not there;
 * and one that was only denied. */
static struct store *store_with_findings(void)
{
    struct store *store = NULL;
    uint32_t ledger;
    uint32_t license;
    const struct slice leaf = slice_of("no lease");
    const struct hash hashes[] = {merkle_leaf(leaf), merkle_leaf(leaf)};
    const struct machine_id machines[] = {fixture_machine(1), fixture_machine(2)};
    const struct machine_row rows[] = {
        {.record = {.first_request = TODAY, .last_request = TODAY, .number = 1, .leaf = 9, .ledger = 1}},
        {.record = {.first_request = TODAY, .last_request = TODAY}}};
    assert_ok(store_open_memory(&store));
    assert_ok(store_begin(store, NULL));
    assert_ok(store_ledger_make(store, ORIGIN, &ledger, NULL));
    assert_ok(store_license_make(store, ledger, "main", PRODUCT, &license, NULL));
    assert_ok(store_leaves_append(store, ledger, 0, &leaf, 1, NULL));
    assert_ok(store_hashes_append(store, ledger, 0, 0, hashes, 2, NULL));
    for (size_t i = 0; i < 2; i++)
        assert_ok(store_machine_put(store, license, &machines[i], &rows[i], NULL));
    assert_ok(store_commit(store, NULL));
    return store;
}

static void a_stretch_in_which_the_store_fails_finds_nothing(void **state)
{
    (void)state;
    struct host_fixture fixture;
    host_fixture_make(&fixture);
    struct store *const store = store_with_findings();
    failing_store_wrap(store);
    struct verification verification;
    assert_ok(verification_begin(&fixture.host_key, 1, &verification));
    struct control_verified verified;
    unsigned nth = 0;
    for (bool failed = true; failed;) {
        const struct verification before = verification;
        failing_store_reset();
        failing_store.fail_at = ++nth;
        const struct result result = verification_step(store, &fixture.host_key, &verification, 1000, &verified, NULL);
        failed = failing_store.failed != CALL_NONE;
        if (failed) {
            assert_fails(result, STORE_FAILED);
            assert_memory_equal(&verification, &before, sizeof before);
            control_verified_free(&verified);
        } else {
            assert_ok(result);
        }
    }
    assert_true(nth > 15);
    assert_true(verified.finished);
    assert_int_equal(verified.finding_count, 4);
    control_verified_free(&verified);
    store_close(store);
    host_fixture_remove(&fixture);
}

static void what_is_found_is_said_and_what_was_not_signed_is_counted(void **state)
{
    (void)state;
    struct host_fixture fixture;
    host_fixture_make(&fixture);
    struct store *const store = store_with_findings();
    struct verification verification;
    assert_ok(verification_begin(&fixture.host_key, 1, &verification));
    size_t said = 0;
    size_t unsigned_said = 0;
    bool sized = false;
    bool finished = false;
    while (!finished) {
        struct control_verified verified;
        assert_ok(verification_step(store, &fixture.host_key, &verification, 1, &verified, NULL));
        said += verified.finding_count;
        for (size_t i = 0; i < verified.finding_count; i++)
            unsigned_said += verified.findings[i].not_signed;
        const bool machines = strcmp(verified.stage, "machines") == 0; /* how many there are is not known */
        assert_int_equal(verified.total, machines ? 0 : verification.position.size);
        sized = sized || verified.total > 0;
        finished = verified.finished;
        control_verified_free(&verified);
    }
    assert_int_equal(said, verification_findings(&verification));
    assert_int_equal(unsigned_said, verification.not_signed);
    assert_true(sized);
    assert_true(unsigned_said >= 1 && said > unsigned_said);
    store_close(store);
    host_fixture_remove(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_position_reads_back_as_it_was_written),
        cmocka_unit_test(no_position_has_two_spellings_and_none_is_cut_short),
        cmocka_unit_test(a_position_beyond_the_last_stage_is_refused),
        cmocka_unit_test(findings_of_all_epochs_are_counted),
        cmocka_unit_test(a_stretch_in_which_the_store_fails_finds_nothing),
        cmocka_unit_test(what_is_found_is_said_and_what_was_not_signed_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
