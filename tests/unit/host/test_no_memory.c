/*
 * The nth request for memory of the engine, its store and its signer gets none. Whoever was refused asks again and is
 * answered, nothing that was answered is lost, and an engine that does not start for want of memory leaves none behind.
 */
#include "disk_rig.h"
#include "failing_calls.h"

enum { BATCHES_BEFORE = 2, ENOUGH = 100000 };

static void ask_until_all_are_answered(struct disk_rig *rig)
{
    for (size_t i = 0; rig_ask(rig, 1) != 0; i++)
        assert_true(i < 10);
}

/* Returns how many requests there were. */
static uint64_t fail_each(struct disk_rig *rig, size_t batches_before, uint64_t seed)
{
    for (uint64_t nth = 1; nth < ENOUGH; nth++) {
        rig_begin(rig, seed);
        assert_ok(rig_open(rig));
        rig_ask(rig, batches_before);
        failing_memory_plan(nth);
        rig_ask(rig, 2);
        failing_memory_plan(0);
        const bool happened = failing_memory_happened();
        ask_until_all_are_answered(rig);
        rig_close(rig);
        rig_audit(rig);
        if (!happened)
            return nth - 1;
    }
    fail();
    return 0;
}

static void whatever_memory_a_batch_does_not_get_nothing_is_lost(void **state)
{
    const uint64_t seeds = 3 * rig_rounds();
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        assert_true(fail_each(*state, 0, seed) > 20);  /* room for a batch is made */
        assert_true(fail_each(*state, 12, seed) > 10); /* and is there, also for the proofs of earlier leaves */
    }
}

static void whatever_memory_a_start_does_not_get_it_leaves_none_behind(void **state)
{
    struct disk_rig *const rig = *state;
    rig_begin(rig, 1);
    assert_ok(rig_open(rig));
    rig_ask(rig, BATCHES_BEFORE);
    engine_stop(rig->engine);
    rig->engine = NULL;
    struct authority *const authority = fixture_authority(&rig->fixture);
    const struct engine_options options = rig_options(rig, authority);
    bool happened = true;
    uint64_t tried = 0;
    for (uint64_t nth = 1; happened && nth < ENOUGH; nth++) {
        failing_memory_plan(nth);
        const struct result result = engine_start(&options, &rig->engine, NULL);
        failing_memory_plan(0);
        happened = failing_memory_happened();
        if (is_ok(result)) {
            engine_stop(rig->engine);
            rig->engine = NULL;
        } else {
            assert_true(happened);
            assert_null(rig->engine);
            tried++;
        }
    }
    authority_release(authority);
    assert_false(happened);
    assert_true(tried > 10);
    rig_close(rig);
    rig_audit(rig);
}

static int set_up(void **state)
{
    rig_set_up(state);
    ((struct disk_rig *)*state)->spare = failing_memory_spare;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_memory_a_batch_does_not_get_nothing_is_lost),
        cmocka_unit_test(whatever_memory_a_start_does_not_get_it_leaves_none_behind),
    };
    return cmocka_run_group_tests(tests, set_up, rig_tear_down);
}
