/*
 * The check of a ledger whose nth request for memory gets none: it stands where it can be taken up again, and finds
 * nothing in a ledger in which there is nothing to be found, and everything in another.
 */
#include "disk_rig.h"
#include "failing_calls.h"
#include "ledger/verification.h"

#include <string.h>

enum { BATCHES = 8, BUDGET = 5, ENOUGH = 100000, STEPS_MAX = 1000 };

/* A store with a ledger in it, and no engine on it. */
static void grow(struct disk_rig *rig)
{
    rig_begin(rig, 5);
    assert_ok(rig_open(rig));
    rig_ask(rig, BATCHES);
    engine_stop(rig->engine);
    rig->engine = NULL;
}

/* Checks all of it while the nth request for memory gets none; returns how much it found. */
static uint64_t check_all(struct disk_rig *rig, const struct verifier_key *key, uint64_t nth)
{
    struct verification verification;
    assert_ok(verification_begin(key, 1, &verification));
    memcpy(verification.origin, rig->fixture.host_key.name, sizeof verification.origin);
    uint64_t said = 0;
    size_t failures = 0;
    failing_memory_plan(nth);
    for (size_t steps = 0; verification.position.stage != LEDGER_CHECK_DONE; steps++) {
        struct control_verified verified = {.finding_count = 0};
        const struct verification before = verification;
        const struct result result = verification_step(rig->store, key, &verification, BUDGET, &verified, NULL);
        if (is_ok(result)) {
            said += verified.finding_count;
        } else {
            failures++;
            assert_memory_equal(&verification, &before, sizeof before);
        }
        control_verified_free(&verified);
        assert_true(steps < STEPS_MAX);
    }
    failing_memory_plan(0);
    assert_true(failures <= (size_t)failing_memory_happened());
    assert_int_equal(said, verification.position.findings);
    return said;
}

static void without_memory_a_check_of_a_good_ledger_finds_nothing(void **state)
{
    struct disk_rig *const rig = *state;
    grow(rig);
    bool happened = true;
    for (uint64_t nth = 1; happened && nth < ENOUGH; nth++) {
        assert_int_equal(check_all(rig, &rig->fixture.host_key, nth), 0);
        happened = failing_memory_happened();
    }
    assert_false(happened);
    rig_close(rig);
}

/* Its checkpoint is signed by another key of that name. */
static void without_memory_a_check_finds_what_it_finds_with_it(void **state)
{
    struct disk_rig *const rig = *state;
    grow(rig);
    const uint8_t seed[SEED_SIZE] = {77};
    CLEANUP_SIGNING_KEY struct signing_key *other = NULL;
    assert_ok(signing_key_make(slice_of(rig->fixture.host_key.name), seed, &other));
    const uint64_t findings = check_all(rig, signing_key_verifier(other), 0);
    assert_true(findings > 0);
    bool happened = true;
    for (uint64_t nth = 1; happened && nth < ENOUGH; nth++) {
        assert_int_equal(check_all(rig, signing_key_verifier(other), nth), findings);
        happened = failing_memory_happened();
    }
    assert_false(happened);
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_memory_a_check_of_a_good_ledger_finds_nothing),
        cmocka_unit_test(without_memory_a_check_finds_what_it_finds_with_it),
    };
    return cmocka_run_group_tests(tests, rig_set_up, rig_tear_down);
}
