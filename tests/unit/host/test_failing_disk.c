/*
 * The nth write, sync, truncation, removal or opening of the database's files, or of the signer's state, fails: once,
 * or from then on. Nothing that was answered is lost, whoever was refused asks again, and once the disk works
 * everything does.
 *
 * AVAL_ROUNDS=N tries N times as many of the writes, which are too many for every run.
 */
#include "disk_rig.h"

enum { BATCHES = 3, WRITES = 60 };

/* The errors with which a host may fail to start on such a disk. That it takes its own database for a foreign or a
 * damaged one is none of them. */
static void assert_disk_error(struct result result)
{
    const enum error_code code = result_code(result);
    if (code != ERR_STORE_FAILED && code != ERR_FILE_READ && code != ERR_FILE_WRITE && code != ERR_HOST_SIGNER)
        fixture_expect(result, ERR_STORE_FAILED, __FILE__, __LINE__);
}

/* A life on a disk that fails at that call; returns whether the call came. What the failure left goes through a loss of
 * power or not, and then everything works. */
static bool live_on_failing_disk(struct disk_rig *rig, unsigned calls, uint64_t nth, enum disk_effect effect)
{
    rig_begin(rig, nth);
    disk_plan(calls, nth, effect);
    const struct result first = rig_live(rig, BATCHES);
    if (!is_ok(first))
        assert_disk_error(first);
    const bool happened = disk_happened();
    if (!happened)
        assert_ok(first);
    if (nth % 2 == 0)
        disk_killed();
    else
        disk_power_off(nth % 4 == 1 ? DISK_LOSES_ALL : DISK_LOSES_SOME, nth);
    rig_audit(rig);
    assert_ok(rig_open(rig));
    assert_int_equal(rig_ask(rig, 2), 0);
    rig_close(rig);
    rig_audit(rig);
    return happened;
}

static void fail_each(struct disk_rig *rig, unsigned calls, uint64_t step)
{
    const enum disk_effect effects[] = {DISK_FAILS_ONCE, DISK_FAILS_ON};
    for (size_t i = 0; i < sizeof effects / sizeof *effects; i++) {
        uint64_t nth = 1;
        while (live_on_failing_disk(rig, calls, nth, effects[i]))
            nth += step;
        assert_true(nth > 1);
    }
}

static void whatever_sync_fails_nothing_is_lost(void **state)
{
    fail_each(*state, DISK_SYNC, 1);
}

static void whatever_opening_fails_nothing_is_lost(void **state)
{
    fail_each(*state, DISK_OPEN, 1);
}

static void whatever_removal_fails_nothing_is_lost(void **state)
{
    fail_each(*state, DISK_DELETE, 1);
}

static void whatever_truncation_fails_nothing_is_lost(void **state)
{
    fail_each(*state, DISK_TRUNCATE, 1);
}

static void whatever_write_fails_nothing_is_lost(void **state)
{
    struct disk_rig *const rig = *state;
    const uint64_t tried = WRITES * rig_rounds();
    rig_begin(rig, 1);
    disk_plan(DISK_WRITE, 0, DISK_FAILS_ONCE);
    assert_ok(rig_live(rig, BATCHES));
    const uint64_t writes = disk_calls();
    fail_each(rig, DISK_WRITE, writes > tried ? writes / tried : 1);
}

static void whatever_call_of_the_signers_state_fails_nothing_is_lost(void **state)
{
    fail_each(*state, DISK_STATE_WRITE, 1);
    fail_each(*state, DISK_STATE_SYNC, 1);
}

/* While the disk is full nothing is granted, the host stays up, and goes on by itself when there is room again. */
static void a_disk_that_is_full_for_a_while_costs_refusals_and_no_restart(void **state)
{
    struct disk_rig *const rig = *state;
    const unsigned kinds[] = {DISK_WRITE, DISK_SYNC, DISK_STATE_WRITE, DISK_STATE_SYNC};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        rig_begin(rig, i);
        assert_ok(rig_open(rig));
        assert_int_equal(rig_ask(rig, 2), 0);
        disk_plan(kinds[i], 1, DISK_FAILS_ON);
        assert_int_not_equal(rig_ask(rig, 2), 0);
        disk_plan(0, 0, DISK_FAILS_ONCE);
        while (rig_ask(rig, 1) != 0)
            continue; /* until store and signer agree again */
        rig_close(rig);
        disk_power_off(DISK_LOSES_ALL, 0);
        rig_audit(rig);
    }
}

/* What was signed is on disk, also where the one before signed nothing because its sync failed. */
static void what_a_signer_could_not_sync_the_next_one_syncs_before_it_signs(void **state)
{
    struct disk_rig *const rig = *state;
    for (uint64_t nth = 1; nth <= BATCHES; nth++) {
        rig_begin(rig, nth);
        disk_plan(DISK_STATE_SYNC, nth, DISK_FAILS_ONCE);
        result_ignore(rig_live(rig, BATCHES));
        const struct signer_history *const history = &rig->history;
        uint64_t largest = 0;
        for (size_t i = 0; i < history->count; i++)
            if (history->checkpoints[i].size > largest)
                largest = history->checkpoints[i].size;
        disk_power_off(DISK_LOSES_ALL, 0);
        const struct signer_service service = signer_on_disk(rig->fixture.folder, &rig->history);
        void *signer = NULL;
        struct checkpoint last;
        assert_ok(service.start(&service, &signer));
        assert_ok(service.last(signer, rig->fixture.host_key.name, &last));
        service.stop(signer);
        assert_int_equal(last.size, largest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_sync_fails_nothing_is_lost),
        cmocka_unit_test(whatever_opening_fails_nothing_is_lost),
        cmocka_unit_test(whatever_removal_fails_nothing_is_lost),
        cmocka_unit_test(whatever_truncation_fails_nothing_is_lost),
        cmocka_unit_test(whatever_write_fails_nothing_is_lost),
        cmocka_unit_test(whatever_call_of_the_signers_state_fails_nothing_is_lost),
        cmocka_unit_test(a_disk_that_is_full_for_a_while_costs_refusals_and_no_restart),
        cmocka_unit_test(what_a_signer_could_not_sync_the_next_one_syncs_before_it_signs),
    };
    return cmocka_run_group_tests(tests, rig_set_up, rig_tear_down);
}
