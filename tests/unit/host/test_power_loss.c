/*
 * The power goes, or the processes are killed, at any moment of a host's life: what was answered stays, and nothing is
 * signed that contradicts what was signed before.
 *
 * AVAL_ROUNDS=N does N times as much.
 */
#include "disk_rig.h"

/* A signer that starts writes and syncs what it found; then each batch does. */
enum { STATE_CALLS_OF_A_START = 1 };
enum { BATCHES = 3, MOMENTS = 60, CALLS_OF_A_START = 8, LIVES = 30, SEEDS = 6 };

/* How many calls of those kinds a whole life has. */
static uint64_t calls_of_a_life(struct disk_rig *rig, unsigned calls)
{
    rig_begin(rig, 1);
    disk_plan(calls, 0, DISK_FAILS_ONCE);
    assert_ok(rig_live(rig, BATCHES));
    const uint64_t count = disk_calls();
    assert_true(count > 0);
    return count;
}

/* One life that ends at that call, the audit, another life, and the audit again. */
static void end_life(struct disk_rig *rig, unsigned calls, uint64_t nth, enum disk_effect effect, enum disk_loss loss)
{
    rig_begin(rig, 1);
    disk_plan(calls, nth, effect);
    result_ignore(rig_live(rig, BATCHES));
    assert_true(disk_stopped());
    disk_power_off(loss, nth);
    rig_audit(rig);
    assert_ok(rig_open(rig));
    assert_int_equal(rig_ask(rig, 1), 0);
    rig_close(rig);
    rig_audit(rig);
}

static void end_lives(struct disk_rig *rig, unsigned calls, uint64_t step)
{
    const uint64_t count = calls_of_a_life(rig, calls);
    for (uint64_t nth = 1; nth <= count; nth += step) {
        const enum disk_loss loss = nth / step % 2 == 0 ? DISK_LOSES_ALL : DISK_LOSES_SOME;
        end_life(rig, calls, nth, DISK_STOPS_BEFORE, loss);
        end_life(rig, calls, nth, DISK_STOPS_AFTER, loss);
    }
}

static void nothing_is_lost_whatever_sync_the_power_goes_at(void **state)
{
    end_lives(*state, DISK_SYNC | DISK_STATE_SYNC, 1);
}

static void nothing_is_lost_whatever_file_is_being_made_or_removed(void **state)
{
    end_lives(*state, DISK_OPEN | DISK_DELETE | DISK_TRUNCATE, 1);
}

static void nothing_is_lost_whatever_call_the_power_goes_at(void **state)
{
    const uint64_t moments = MOMENTS * rig_rounds();
    const uint64_t calls = calls_of_a_life(*state, DISK_ANY);
    end_lives(*state, DISK_ANY, calls > moments ? calls / moments : 1);
}

/* Commits are on disk before the signer is asked, so that its first write is the moment between the two. */
static void a_batch_that_was_committed_and_not_signed_is_signed_after_the_power_came_back(void **state)
{
    struct disk_rig *const rig = *state;
    for (uint64_t batch = 1; batch <= BATCHES; batch++) {
        end_life(rig, DISK_STATE_WRITE, STATE_CALLS_OF_A_START + batch, DISK_STOPS_BEFORE, DISK_LOSES_ALL);
        end_life(rig, DISK_STATE_WRITE, STATE_CALLS_OF_A_START + batch, DISK_STOPS_AFTER, DISK_LOSES_SOME);
    }
}

static void a_batch_that_was_signed_and_not_answered_is_answered_with_the_same_leaves(void **state)
{
    struct disk_rig *const rig = *state;
    for (uint64_t batch = 1; batch <= BATCHES; batch++) {
        rig_begin(rig, batch);
        disk_plan(DISK_STATE_SYNC, STATE_CALLS_OF_A_START + batch, DISK_STOPS_AFTER);
        assert_ok(rig_live(rig, batch)); /* the last batch is the one that stops */
        assert_true(disk_stopped());
        disk_power_off(DISK_LOSES_ALL, 0);
        rig_audit(rig);

        bool unanswered = false;
        for (size_t i = 0; i < RIG_MACHINES; i++)
            unanswered = unanswered || rig->machines[i].unanswered;
        assert_true(unanswered);
        assert_ok(rig_open(rig));
        while (rig_ask(rig, RIG_MACHINES), unanswered) {
            unanswered = false;
            for (size_t i = 0; i < RIG_MACHINES; i++)
                unanswered = unanswered || rig->machines[i].unanswered;
        }
        rig_close(rig);
        rig_audit(rig); /* no request made two leaves */
    }
}

/* A killed process leaves what it wrote in the system's cache, where the next one reads it as if it were on the disk.
 * It must be there before anything is signed for it. */
static void what_a_killed_process_did_not_sync_is_synced_before_it_is_built_on(void **state)
{
    struct disk_rig *const rig = *state;
    const unsigned calls = DISK_SYNC | DISK_STATE;
    const uint64_t count = calls_of_a_life(rig, calls);
    for (uint64_t nth = 1; nth <= count; nth++)
        for (uint64_t later = 1; later <= CALLS_OF_A_START; later++) {
            rig_begin(rig, 1);
            disk_plan(calls, nth, DISK_STOPS_BEFORE);
            result_ignore(rig_live(rig, BATCHES));
            disk_killed();
            disk_plan(calls, later, DISK_STOPS_AFTER);
            result_ignore(rig_live(rig, BATCHES));
            disk_power_off(DISK_LOSES_ALL, 0);
            rig_audit(rig);
        }
}

/* One life after the other on one disk, each ended by the loss of power or by a kill, mostly without an audit between:
 * recovery itself is interrupted too, and what a killed process wrote and did not sync is lost later. */
static void nothing_is_lost_over_many_lives(void **state)
{
    struct disk_rig *const rig = *state;
    for (uint64_t seed = 1; seed <= SEEDS * rig_rounds(); seed++) {
        rig_begin(rig, seed);
        rig->threads = seed % 2 == 0;
        for (size_t life = 0; life < LIVES; life++) {
            const unsigned calls = rig_draw(rig, 3) == 0 ? DISK_SYNC | DISK_STATE : DISK_ANY;
            disk_plan(calls, 1 + rig_draw(rig, calls == DISK_ANY ? 150 : 8),
                      rig_draw(rig, 2) == 0 ? DISK_STOPS_BEFORE : DISK_STOPS_AFTER);
            const struct result lived = rig_live(rig, 4);
            if (!is_ok(lived) && !disk_stopped())
                assert_ok(lived);
            if (rig_draw(rig, 3) == 0) {
                disk_killed();
                continue;
            }
            disk_power_off(rig_draw(rig, 2) == 0 ? DISK_LOSES_ALL : DISK_LOSES_SOME, rig_draw(rig, UINT32_MAX));
            if (rig_draw(rig, 4) == 0)
                rig_audit(rig);
        }
        disk_power_off(DISK_LOSES_ALL, 0);
        rig_audit(rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_whatever_sync_the_power_goes_at),
        cmocka_unit_test(nothing_is_lost_whatever_file_is_being_made_or_removed),
        cmocka_unit_test(nothing_is_lost_whatever_call_the_power_goes_at),
        cmocka_unit_test(a_batch_that_was_committed_and_not_signed_is_signed_after_the_power_came_back),
        cmocka_unit_test(a_batch_that_was_signed_and_not_answered_is_answered_with_the_same_leaves),
        cmocka_unit_test(what_a_killed_process_did_not_sync_is_synced_before_it_is_built_on),
        cmocka_unit_test(nothing_is_lost_over_many_lives),
    };
    return cmocka_run_group_tests(tests, rig_set_up, rig_tear_down);
}
