/*
 * The engine when something is wrong with its disk, its signer, its database or its clock: what machines are answered
 * meanwhile, and that nothing is lost.
 */
#include "engine_rig.h"

#include "core/documents/leaf.h"
#include "ledger/epochs.h"
#include "store/ledger.h"
#include "store/machines.h"
#include "store/memory.h"
#include "store/operators.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void a_full_disk_refuses_the_batch_and_ends_when_there_is_room(void **state)
{
    struct rig *const rig = *state;
    grant(rig, 1, 1);
    fault_set(FAULT_WRITE, 0);
    assert_int_equal(refuse(rig, 2, 1), ERR_HOST_STORAGE);
    assert_int_equal(refuse(rig, 1, 2), ERR_HOST_STORAGE);
    assert_int_equal(metrics_of(rig).trouble, ERR_HOST_STORAGE);
    fault_set(FAULT_NONE, 0);
    assert_int_equal(grant(rig, 2, 1).index, 1);
    assert_int_equal(metrics_of(rig).trouble, OK);
}

static RESULT block_one(void *context, struct store *store, struct reason *reason)
{
    const struct machine_id *const machine = context;
    return store_block(store, machine, TODAY, "stolen", reason);
}

static void an_errand_that_the_disk_refuses_says_what_the_disk_said(void **state)
{
    struct rig *const rig = *state;
    struct machine_id machine = fixture_machine(1);
    struct reason reason = {.text = ""};
    fault_set(FAULT_WRITE, 0);
    assert_fails(engine_run(rig->engine, block_one, &machine, &reason), STORE_FAILED);
    assert_non_null(strstr(reason.text, "(SQLite "));
    fault_set(FAULT_NONE, 0);
    assert_ok(engine_run(rig->engine, block_one, &machine, NULL));
}

static void a_failed_sync_refuses_the_batch(void **state)
{
    struct rig *const rig = *state;
    grant(rig, 1, 1);
    fault_set(FAULT_SYNC, 0);
    assert_int_equal(refuse(rig, 2, 1), ERR_HOST_STORAGE);
    fault_set(FAULT_NONE, 0);
    assert_int_equal(grant(rig, 3, 1).index, 1);
    assert_int_equal(grant(rig, 2, 2).index, 2);
}

/* The signer's folder under another name, where it finds no keys. */
static void move_keys(struct rig *rig, bool away)
{
    char here[PATH_SIZE];
    char there[PATH_SIZE];
    assert_ok(path_join(here, rig->fixture.folder, FOLDER_SIGNER));
    assert_ok(path_join(there, rig->fixture.folder, "signer-away"));
    assert_int_equal(away ? rename(here, there) : rename(there, here), 0);
}

/* Ends the signer's process as a crash would: the children of this process are signers. */
static void kill_signer(void)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *const children = fopen(path, "re");
    assert_non_null(children);
    int child;
    size_t killed = 0;
    while (fscanf(children, "%d", &child) == 1)
        killed += kill(child, SIGKILL) == 0;
    fclose(children);
    assert_true(killed > 0);
}

static void a_signer_that_dies_is_replaced_and_the_machine_notices_nothing(void **state)
{
    struct rig *const rig = *state;
    grant(rig, 1, 1);
    kill_signer();
    assert_int_equal(grant(rig, 2, 1).index, 1);
    assert_int_equal(grant(rig, 1, 2).index, 0);
    assert_int_equal(metrics_of(rig).trouble, OK);
}

static void without_a_signer_nothing_is_granted_and_nothing_is_lost(void **state)
{
    struct rig *const rig = *state;
    grant(rig, 1, 1);
    move_keys(rig, true);
    kill_signer();
    assert_int_equal(refuse(rig, 2, 1), ERR_HOST_SIGNER); /* committed, and not signed */
    assert_int_equal(refuse(rig, 3, 1), ERR_HOST_SIGNER);
    assert_int_equal(metrics_of(rig).trouble, ERR_SIGNER_KEY);
    move_keys(rig, false);
    stop(rig);
    start(rig);
    assert_int_equal(grant(rig, 2, 2).index, 1); /* the leaf of then, fed to the signer since */
    assert_int_equal(grant(rig, 3, 1).index, 2);
}

static void a_start_that_the_disk_refuses_says_what_the_disk_said(void **state)
{
    struct rig *const rig = *state;
    stop(rig);
    const struct license more = fixture_license(&rig->fixture, "more"); /* a number of its own is to be stored */
    fixture_put_license(&rig->fixture, &more);
    fault_set(FAULT_WRITE, 0);
    struct reason reason = {.text = ""};
    assert_fails(try_start(rig, &reason), STORE_FAILED);
    assert_non_null(strstr(reason.text, "(SQLite "));
}

/* Until then the one before is in force. */
static void licenses_that_the_disk_refuses_are_taken_up_when_there_is_room(void **state)
{
    struct rig *const rig = *state;
    const struct license first = fixture_license(&rig->fixture, "first"); /* of equal ones that which is to be had */
    assert_string_equal(grant(rig, 1, 1).lease.license, "main");
    fault_set(FAULT_WRITE, 0);
    use_license(rig, &first);
    assert_int_equal(refuse(rig, 2, 1), ERR_HOST_STORAGE);
    fault_set(FAULT_NONE, 0);
    assert_string_equal(grant(rig, 2, 2).lease.license, "first");
}

static void a_database_behind_its_signer_is_refused(void **state)
{
    struct rig *const rig = *state;
    grant(rig, 1, 1);
    stop(rig);
    store_close(rig->store);
    assert_ok(store_open_memory(&rig->store));
    struct reason reason = {.text = ""};
    assert_fails(try_start(rig, &reason), STORE_ROLLED_BACK);
    assert_string_equal(reason.text, "ledger " HOST "/" VENDOR ": the database has 0 leaves, 1 were signed");
}

static void a_database_of_another_history_is_refused(void **state)
{
    struct rig *const rig = *state;
    grant(rig, 1, 1);
    stop(rig);
    store_close(rig->store);
    assert_ok(store_open_memory(&rig->store));
    uint32_t ledger;
    const struct slice leaf = slice_of("another history");
    const struct hash hash = merkle_leaf(leaf);
    assert_ok(store_begin(rig->store, NULL));
    assert_ok(store_ledger_make(rig->store, HOST "/" VENDOR, &ledger, NULL));
    for (uint64_t i = 0; i < 2; i++) {
        assert_ok(store_leaves_append(rig->store, ledger, i, &leaf, 1, NULL));
        assert_ok(store_hashes_append(rig->store, ledger, 0, i, &hash, 1, NULL));
    }
    assert_ok(store_commit(rig->store, NULL));
    struct reason reason = {.text = ""};
    assert_fails(try_start(rig, &reason), STORE_ROLLED_BACK);
    assert_string_equal(reason.text, "ledger " HOST "/" VENDOR
                                     ": the database has 2 leaves, but other ones than the 1 that were signed");
}

/* Has the machine send that note again, which is denied with its last leaf. */
static void assert_used(struct rig *rig, const struct job *sent)
{
    struct asked asked;
    struct slice behind;
    struct leaf leaf;
    submit_again(rig, &asked, sent);
    await(&asked);
    document_head(body_of(&asked), &behind);
    assert_ok(leaf_open_own(behind, &sent->request.machine_key, &leaf));
    assert_int_equal(leaf_number(&leaf), 1);
    assert_int_equal(denial_of(&asked).code, ERR_NUMBER_USED);
}

/* Nothing is signed in the epoch before any more, so the lease of then cannot be given again. */
static void once_an_epoch_has_begun_the_same_request_is_denied_and_the_next_gets_a_new_lease(void **state)
{
    struct rig *const rig = *state;
    const struct request request = fixture_request(1, 1);
    struct asked first;
    submit(rig, &first, 1, &request);
    await(&first);
    lease_of(rig, &first);
    const struct checkpoint before = rig->seen;
    stop(rig);
    struct authority *const authority = fixture_authority(&rig->fixture);
    const struct epoch_loss loss = {.lost = true, .signed_last = before, .found = 0};
    struct epoch epoch;
    assert_ok(
        epoch_begin(rig->fixture.folder, rig->store, &authority->vendors[0], &loss, EPOCH_LOST, TODAY, &epoch, NULL));
    authority_release(authority);
    start(rig);
    assert_used(rig, &first.job);                /* the leaf is one of the epoch that ended */
    assert_int_equal(grant(rig, 1, 2).index, 1); /* leaf 0 says that the epoch began */
    assert_string_equal(rig->seen.origin, epoch.origin);
    assert_int_equal(grant(rig, 1, 3).index, 1);
    fixture_set_now(TODAY + 1);
    assert_int_equal(grant(rig, 1, 4).index, 2);
    const struct metrics metrics = metrics_of(rig);
    assert_int_equal(metrics.granted, 2);
    assert_int_equal(metrics.repeated, 1);

    /* What the host does not have of the epoch that ended, and signed: a machine that tells of it stops nobody. */
    struct checkpoint lost = before;
    lost.size = 5;
    struct request witness = fixture_request(2, 1);
    witness.seen = fixture_seen(&lost);
    struct asked asked;
    submit(rig, &asked, 2, &witness);
    await(&asked);
    lease_of(rig, &asked);
    witness.number = 2;
    witness.seen.signature[0] ^= 1;
    assert_int_equal(refusal(rig, 2, &witness).code, ERR_REQUEST_REFUSED);

    uint32_t ledger;
    uint32_t license;
    struct figures figures;
    stop(rig);
    assert_ok(store_ledger_find(rig->store, HOST "/" VENDOR, &ledger, NULL));
    assert_ok(store_license_find(rig->store, ledger, "main", &license, NULL));
    assert_ok(store_figures(rig->store, license, TODAY, &figures, NULL));
    assert_int_equal(figures.held, 2); /* the machine has kept its row, and takes one seat; the witness another */
}

/* Whoever was set back to before the epoch has seen other trees than the lease that runs says, and takes that epoch for
 * nothing less than a leaf which says it. */
static void a_machine_that_has_seen_something_else_of_an_epoch_before_gets_a_leaf_that_says_it(void **state)
{
    struct rig *const rig = *state;
    struct asked asked;
    struct epoch epoch;
    grant(rig, 1, 1);
    const struct checkpoint first = rig->seen;
    grant(rig, 2, 1);
    const struct checkpoint second = rig->seen;
    stop(rig);
    struct authority *const authority = fixture_authority(&rig->fixture);
    const struct epoch_loss loss = {.lost = true, .signed_last = second, .found = 2};
    assert_ok(
        epoch_begin(rig->fixture.folder, rig->store, &authority->vendors[0], &loss, EPOCH_LOST, TODAY, &epoch, NULL));
    authority_release(authority);
    start(rig);

    struct request request = fixture_request(1, 2);
    const struct {
        struct checkpoint seen;
        uint64_t leaf;
    } asks[] = {{second, 1}, {second, 1}, {first, 2}, {first, 2}, {second, 3}};
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
        request.number = 2 + i;
        request.seen = fixture_seen(&asks[i].seen);
        submit(rig, &asked, 1, &request);
        await(&asked);
        const struct believed believed = lease_of(rig, &asked);
        assert_int_equal(believed.index, asks[i].leaf);
        assert_true(seen_is(&believed.lease.request.seen, &asks[i].seen));
        assert_int_equal(believed.lease.expires, TODAY + believed.license.lease);
    }
    assert_int_equal(grant(rig, 1, 9).index, 3); /* which has seen the new epoch */
    assert_int_equal(metrics_of(rig).granted, 3);
    assert_int_equal(metrics_of(rig).repeated, 3);
}

static void a_clock_that_was_set_back_stands_still_at_the_newest_leaf(void **state)
{
    struct rig *const rig = *state;
    assert_int_equal(grant(rig, 1, 1).lease.issued, TODAY);
    fixture_set_now(TODAY - 30);
    assert_int_equal(grant(rig, 2, 1).lease.issued, TODAY);
    fixture_set_now(TODAY - 3 * HOUR);
    assert_int_equal(grant(rig, 3, 1).lease.issued, TODAY);
    stop(rig);
    start(rig);
    assert_int_equal(grant(rig, 4, 1).lease.issued, TODAY);
    fixture_set_now(TODAY + 1);
    assert_int_equal(grant(rig, 5, 1).lease.issued, TODAY + 1);
}

static struct ledger_standing standing_of(struct rig *rig)
{
    struct ledger_standing standing;
    engine_standing(rig->engine, HOST "/" VENDOR, &standing);
    return standing;
}

/* The clock was wrong for one request. The host is at fault, says so, and takes nothing until it has caught up. */
static void a_ledger_far_ahead_of_the_clock_stands_still(void **state)
{
    struct rig *const rig = *state;
    const seconds ahead = TODAY + (seconds)100 * DAY;
    assert_int_equal(standing_of(rig).newest, 0);
    grant(rig, 1, 1);
    fixture_set_now(ahead);
    grant(rig, 1, 2);
    assert_int_equal(standing_of(rig).trouble, OK);
    fixture_set_now(TODAY);
    assert_int_equal(standing_of(rig).trouble, ERR_HOST_CLOCK);
    assert_int_equal(standing_of(rig).newest, ahead);
    assert_int_equal(refuse(rig, 2, 1), ERR_HOST_CLOCK);
    struct asked asked;
    release(rig, &asked, 1, 3);
    assert_int_equal(denial_of(&asked).code, ERR_HOST_CLOCK);
    stop(rig);
    start(rig);
    assert_int_equal(standing_of(rig).trouble, ERR_HOST_CLOCK);
    assert_int_equal(refuse(rig, 2, 1), ERR_HOST_CLOCK);
    assert_int_equal(metrics_of(rig).trouble, OK); /* the host serves others */

    fixture_set_now(ahead - 4 * HOUR - 1);
    assert_int_equal(refuse(rig, 2, 1), ERR_HOST_CLOCK);
    fixture_set_now(ahead - 4 * HOUR);
    assert_int_equal(standing_of(rig).trouble, OK);
    assert_int_equal(grant(rig, 2, 1).lease.issued, ahead);
}

static void a_ledger_that_is_not_there_has_no_trouble(void **state)
{
    struct rig *const rig = *state;
    struct ledger_standing standing;
    engine_standing(rig->engine, HOST "/nobody.example", &standing);
    assert_int_equal(standing.newest, 0);
    assert_int_equal(standing.trouble, OK);
}

/* A request is judged by the time of the ledger that its leaf would stand in. */
static void a_request_is_judged_by_the_time_of_its_ledger(void **state)
{
    struct rig *const rig = *state;
    grant(rig, 1, 1);
    fixture_set_now(TODAY - 3 * HOUR);
    struct request request = fixture_request(2, 1); /* dated by the host's clock */
    request.time = TODAY - 3 * HOUR - 3 * HOUR;
    const struct denial denial = refusal(rig, 2, &request);
    assert_int_equal(denial.code, ERR_CLOCK_APART);
    assert_int_equal(denial.host_time, TODAY);
}

/* It has a row, and takes a seat, as any other. */
static void a_note_that_was_denied_for_a_wrong_clock_may_be_granted_later(void **state)
{
    struct rig *const rig = *state;
    struct license license = fixture_license(&rig->fixture, "main");
    license.seats = 1;
    use_license(rig, &license);
    struct request request = fixture_request(1, 1);
    fixture_set_now(TODAY - 5 * HOUR);
    struct asked asked;
    struct asked again;
    submit(rig, &asked, 1, &request);
    await(&asked);
    assert_int_equal(denial_of(&asked).code, ERR_CLOCK_APART);
    fixture_set_now(TODAY);
    submit_again(rig, &again, &asked.job);
    await(&again);
    assert_int_equal(lease_of(rig, &again).index, 0);
    assert_int_equal(refuse(rig, 2, 1), ERR_NO_SEATS);
    submit_again(rig, &again, &asked.job);
    await(&again);
    assert_int_equal(lease_of(rig, &again).index, 0);
}

static bool count_denial(void *context, const struct denial_entry *entry)
{
    size_t *const count = context;
    *count += entry->code == ERR_BELOW_THRESHOLD;
    return true;
}

/* What the batch had decided of it was undone: it counts, and the operator finds it. */
static void a_note_that_was_denied_in_a_batch_that_failed_is_denied_for_the_first_time(void **state)
{
    struct rig *const rig = *state;
    struct license license = fixture_license(&rig->fixture, "main");
    license.threshold = 2;
    use_license(rig, &license);
    struct request request = fixture_request(1, 1);
    struct asked asked;
    struct asked again;
    fault_set(FAULT_SYNC, 0);
    submit(rig, &asked, 1, &request);
    await(&asked);
    assert_int_equal(denial_of(&asked).code, ERR_HOST_STORAGE);
    fault_set(FAULT_NONE, 0);
    submit_again(rig, &again, &asked.job);
    await(&again);
    assert_int_equal(denial_of(&again).code, ERR_BELOW_THRESHOLD);
    grant(rig, 2, 1);
    size_t count = 0;
    stop(rig);
    assert_ok(store_denials(rig->store, &request.machine, 0, 10, count_denial, &count, NULL));
    assert_int_equal(count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(a_full_disk_refuses_the_batch_and_ends_when_there_is_room),
        ON_SQLITE(an_errand_that_the_disk_refuses_says_what_the_disk_said),
        ON_SQLITE(a_failed_sync_refuses_the_batch),
        ON_BOTH(a_signer_that_dies_is_replaced_and_the_machine_notices_nothing),
        ON_BOTH(without_a_signer_nothing_is_granted_and_nothing_is_lost),
        ON_SQLITE(a_start_that_the_disk_refuses_says_what_the_disk_said),
        ON_SQLITE(licenses_that_the_disk_refuses_are_taken_up_when_there_is_room),
        ON_MEMORY(a_database_behind_its_signer_is_refused),
        ON_MEMORY(a_database_of_another_history_is_refused),
        ON_BOTH(once_an_epoch_has_begun_the_same_request_is_denied_and_the_next_gets_a_new_lease),
        ON_BOTH(a_machine_that_has_seen_something_else_of_an_epoch_before_gets_a_leaf_that_says_it),
        ON_BOTH(a_clock_that_was_set_back_stands_still_at_the_newest_leaf),
        ON_BOTH(a_ledger_far_ahead_of_the_clock_stands_still),
        ON_MEMORY(a_ledger_that_is_not_there_has_no_trouble),
        ON_MEMORY(a_request_is_judged_by_the_time_of_its_ledger),
        ON_BOTH(a_note_that_was_denied_for_a_wrong_clock_may_be_granted_later),
        ON_SQLITE(a_note_that_was_denied_in_a_batch_that_failed_is_denied_for_the_first_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
