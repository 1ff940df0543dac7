/* What is found lost, and how a ledger is begun again. */
#include "failing_store.h"
#include "host_fixture.h"

#include "ledger/epochs.h"
#include "ledger/former.h"
#include "ledger/recover.h"
#include "signer/state.h"
#include "signer/state_files.h"
#include "store/ledger.h"
#include "store/machines.h"
#include "store/memory.h"

#include <stdlib.h>
#include <string.h>

#define ORIGIN HOST "/" VENDOR

struct rig {
    struct host_fixture fixture;
    struct store *store;
    struct authority *authority;
};

static int setup(void **state)
{
    struct rig *const rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    host_fixture_make(&rig->fixture);
    assert_ok(store_open_memory(&rig->store));
    failing_store_wrap(rig->store);
    rig->authority = fixture_authority(&rig->fixture);
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    struct rig *const rig = *state;
    authority_release(rig->authority);
    store_close(rig->store);
    host_fixture_remove(&rig->fixture);
    free(rig);
    return 0;
}

static const struct authority_vendor *reload(struct rig *rig)
{
    authority_release(rig->authority);
    rig->authority = fixture_authority(&rig->fixture);
    return &rig->authority->vendors[0];
}

static void state_path(const struct rig *rig, uint64_t epoch, char path[static PATH_SIZE])
{
    char keys[PATH_SIZE];
    assert_ok(path_join(keys, rig->fixture.folder, FOLDER_SIGNER));
    assert_ok(epoch_state_path(keys, VENDOR, epoch, path));
}

static struct hash hash_number(uint64_t number)
{
    return merkle_leaf(slice_make(&number, sizeof number));
}

/* Has the signer's state file say that so many leaves were signed. */
static void sign(const struct rig *rig, uint64_t count)
{
    struct signer_state state = {.key = rig->fixture.host_key, .epoch = 1, .sequence = 2};
    for (uint64_t i = 0; i < count; i++) {
        struct merkle_batch *batch = NULL;
        const struct hash hash = hash_number(i);
        assert_ok(merkle_append(&state.frontier, &hash, 1, &batch));
        merkle_batch_free(batch);
    }
    CLEANUP_BUFFER struct buffer file = buffer_make(STATE_FILE_SIZE);
    assert_ok(signer_state_write(&state, &file));
    assert_ok(signer_state_write(&state, &file));
    char path[PATH_SIZE];
    state_path(rig, 1, path);
    assert_ok(file_write(path, buffer_slice(&file), 0600, NULL));
}

/* Puts leaves into the store, the first of them numbered `first`. */
static void put(const struct rig *rig, uint64_t first, uint64_t count)
{
    uint32_t ledger;
    assert_ok(store_begin(rig->store, NULL));
    assert_ok(store_ledger_make(rig->store, ORIGIN, &ledger, NULL));
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t number = first + i;
        const struct slice leaf = slice_make(&number, sizeof number);
        const struct hash hash = merkle_leaf(leaf);
        assert_ok(store_leaves_append(rig->store, ledger, i, &leaf, 1, NULL));
        assert_ok(store_hashes_append(rig->store, ledger, 0, i, &hash, 1, NULL));
    }
    assert_ok(store_commit(rig->store, NULL));
}

static struct epoch_loss look(struct rig *rig)
{
    struct epoch_loss loss;
    assert_ok(epoch_look(rig->fixture.folder, rig->store, reload(rig), &loss, NULL));
    return loss;
}

static void a_store_that_has_all_that_was_signed_or_more_has_lost_nothing(void **state)
{
    struct rig *const rig = *state;
    assert_false(look(rig).lost); /* nothing signed, nothing stored */
    put(rig, 0, 4);
    assert_false(look(rig).lost);
    sign(rig, 3);
    assert_false(look(rig).lost);
    sign(rig, 4);
    assert_false(look(rig).lost);
}

static void a_store_behind_what_was_signed_or_with_other_leaves_has_lost_them(void **state)
{
    struct rig *const rig = *state;
    sign(rig, 5);
    struct epoch_loss loss = look(rig);
    assert_true(loss.lost);
    assert_int_equal(loss.found, 0);
    put(rig, 1, 5); /* as many, but others */
    loss = look(rig);
    assert_true(loss.lost);
    assert_int_equal(loss.found, 5);
    assert_int_equal(loss.signed_last.size, 5);
    assert_string_equal(loss.signed_last.origin, ORIGIN);
    sign(rig, 1);
    assert_true(look(rig).lost);
}

static void an_epoch_begins_with_a_leaf_that_says_what_was_lost(void **state)
{
    struct rig *const rig = *state;
    sign(rig, 5);
    put(rig, 0, 3);
    const struct epoch_loss loss = look(rig);
    struct epoch epoch;
    assert_ok(epoch_begin(rig->fixture.folder, rig->store, &rig->authority->vendors[0], &loss, EPOCH_LOST, TODAY,
                          &epoch, NULL));

    const struct authority_vendor *const vendor = reload(rig);
    assert_int_equal(vendor->epoch, TODAY);
    assert_string_equal(vendor->origin, ORIGIN "/epoch-1795338000");
    uint32_t ledger;
    assert_ok(store_ledger_find(rig->store, vendor->origin, &ledger, NULL));
    CLEANUP_BUFFER struct buffer leaf = buffer_make(LEAF_MAX);
    assert_ok(store_leaf_get(rig->store, ledger, 0, &leaf, NULL));
    struct epoch said;
    assert_ok(epoch_read(buffer_slice(&leaf), &said));
    assert_memory_equal(&said, &epoch, sizeof said);
    assert_string_equal(said.origin, vendor->origin);
    assert_string_equal(said.previous, ORIGIN);
    assert_int_equal(said.size, 5);
    assert_true(hash_equal(&said.root, &loss.signed_last.root));
    assert_int_equal(said.found, 3);
    assert_int_equal(said.why, EPOCH_LOST);
    assert_int_equal(said.began, TODAY);
    assert_false(look(rig).lost);
    assert_int_equal(look(rig).newest, TODAY);
}

static void put_released(const struct rig *rig, uint64_t machine, uint32_t ledger, uint64_t leaf)
{
    uint32_t license;
    const struct machine_id id = fixture_machine(machine);
    const struct machine_row row = {.record = {.first_request = TODAY,
                                               .issued = TODAY,
                                               .ends = TODAY + DAY,
                                               .expires = TODAY + HOUR,
                                               .released = true,
                                               .number = 2,
                                               .leaf = leaf,
                                               .ledger = ledger}};
    assert_ok(store_begin(rig->store, NULL));
    assert_ok(store_license_make(rig->store, 1, "main", "studio", &license, NULL));
    assert_ok(store_machine_put(rig->store, license, &id, &row, NULL));
    assert_ok(store_commit(rig->store, NULL));
}

static bool holds_seat(const struct rig *rig, uint64_t machine)
{
    struct machine_row row;
    uint32_t license;
    const struct machine_id id = fixture_machine(machine);
    assert_ok(store_license_find(rig->store, 1, "main", &license, NULL));
    assert_ok(store_machine_get(rig->store, license, &id, &row, NULL));
    assert_int_equal(row.record.number, 2);
    assert_int_equal(row.record.expires, row.record.released ? TODAY + HOUR : TODAY + DAY);
    return !row.record.released;
}

/* A seat comes back by a leaf, and that was none: no answer spoke of it. */
static void a_release_that_was_never_signed_is_undone_by_the_next_epoch(void **state)
{
    enum { RELEASES = 130 };
    struct rig *const rig = *state;
    sign(rig, 3);
    put(rig, 0, 3 + RELEASES);
    put_released(rig, 1, 1, 2);
    put_released(rig, 2, 2, 9); /* of another ledger */
    for (uint64_t i = 0; i < RELEASES; i++)
        put_released(rig, 3 + i, 1, 3 + i);
    const struct epoch_loss loss = look(rig);
    struct epoch epoch;
    assert_ok(epoch_begin(rig->fixture.folder, rig->store, &rig->authority->vendors[0], &loss, EPOCH_RESTORED, TODAY,
                          &epoch, NULL));
    assert_int_equal(epoch.size, 3);
    assert_false(holds_seat(rig, 1));
    assert_false(holds_seat(rig, 2));
    for (uint64_t i = 0; i < RELEASES; i++)
        assert_true(holds_seat(rig, 3 + i));
}

/* The same of a reclaim, of which the vendor never reads. */
static void a_reclaim_that_was_never_signed_is_undone_by_the_next_epoch(void **state)
{
    struct rig *const rig = *state;
    static const struct {
        struct reclaim_place place;
        seconds before; /* until when the seat was held */
        bool stays;
        seconds after;
    } rows[] = {{{1, 2}, TODAY, true, TODAY},
                {{2, 4}, TODAY, true, TODAY}, /* of another ledger */
                {{1, 3}, TODAY, false, TODAY + DAY},
                {{1, 4}, TODAY + 2 * DAY, false, TODAY + 2 * DAY}}; /* more than were allowed: it was not free */
    uint32_t license;
    sign(rig, 3);
    put(rig, 0, 5);
    assert_ok(store_begin(rig->store, NULL));
    assert_ok(store_license_make(rig->store, 1, "main", "studio", &license, NULL));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct machine_id id = fixture_machine(i + 1);
        const struct machine_row row = {.record = {.first_request = TODAY,
                                                   .issued = TODAY,
                                                   .ends = TODAY + DAY,
                                                   .expires = rows[i].before,
                                                   .number = 1,
                                                   .ledger = 1,
                                                   .reclaimed = rows[i].place}};
        assert_ok(store_machine_put(rig->store, license, &id, &row, NULL));
    }
    assert_ok(store_commit(rig->store, NULL));
    const struct epoch_loss loss = look(rig);
    struct epoch epoch;
    assert_ok(epoch_begin(rig->fixture.folder, rig->store, &rig->authority->vendors[0], &loss, EPOCH_RESTORED, TODAY,
                          &epoch, NULL));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct machine_id id = fixture_machine(i + 1);
        struct machine_row row;
        assert_ok(store_machine_get(rig->store, license, &id, &row, NULL));
        assert_int_equal(record_is_reclaimed(&row.record), rows[i].stays);
        assert_int_equal(row.record.expires, rows[i].after);
    }
}

/* Of two at once the second is one more. The clock may have been ahead when the one before began: then it is above
 * that, and another one a second later, so that one copy restored twice does not begin the same twice. And the first
 * epoch has the lower number in the store, although a database that was lost never had it. */
static void an_epoch_is_named_by_its_second_or_is_above_the_highest(void **state)
{
    struct rig *const rig = *state;
    static const struct {
        seconds now;
        const char *origin;
        enum epoch_why why;
    } rows[] = {{TODAY, ORIGIN "/epoch-1795338000", EPOCH_LOST},
                {TODAY, ORIGIN "/epoch-1795338001", EPOCH_RESTORED},
                {TODAY - DAY, ORIGIN "/epoch-1796925602", EPOCH_CLOCK},
                {TODAY + 30 * DAY, ORIGIN "/epoch-1797930000", EPOCH_LOST},
                {TODAY + 29 * DAY, ORIGIN "/epoch-1799517601", EPOCH_RESTORED},
                {0, ORIGIN "/epoch-1799517602", EPOCH_RESTORED}};
    uint32_t before = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct epoch epoch;
        uint32_t ledger;
        const struct epoch_loss loss = look(rig);
        assert_ok(epoch_begin(rig->fixture.folder, rig->store, &rig->authority->vendors[0], &loss, rows[i].why,
                              rows[i].now, &epoch, NULL));
        assert_string_equal(reload(rig)->origin, rows[i].origin);
        assert_string_equal(epoch.origin, rows[i].origin);
        assert_int_equal(epoch.why, rows[i].why);
        if (i == 0)
            assert_ok(store_ledger_find(rig->store, ORIGIN, &before, NULL));
        assert_ok(store_ledger_find(rig->store, epoch.origin, &ledger, NULL));
        assert_true(ledger > before);
        before = ledger;
    }
}

/* All leaves are there, the newest of TODAY; or one is not. */
static void an_epoch_after_a_lost_signer_state_begins_behind_the_newest_leaf(void **state)
{
    struct rig *const rig = *state;
    static const struct {
        seconds now;
        uint64_t missing;
        enum epoch_why why;
        seconds began;
    } rows[] = {{TODAY, 0, EPOCH_LOST, TODAY},
                {TODAY + 1, 0, EPOCH_LOST, TODAY + 1},
                {TODAY - 1, 0, EPOCH_LOST, TODAY},
                {TODAY - CLOCK_TOLERANCE, 0, EPOCH_LOST, TODAY},
                {TODAY - CLOCK_TOLERANCE - 1, 0, EPOCH_CLOCK, TODAY - CLOCK_TOLERANCE - 1},
                {TODAY - 1, 1, EPOCH_LOST, TODAY - 1},
                {TODAY - DAY, 1, EPOCH_LOST, TODAY - DAY}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct epoch epoch;
        struct epoch_loss loss = look(rig);
        loss.newest = TODAY;
        loss.found = 4;
        loss.signed_last.size = 4 + rows[i].missing;
        assert_ok(epoch_begin(rig->fixture.folder, rig->store, &rig->authority->vendors[0], &loss, EPOCH_LOST,
                              rows[i].now, &epoch, NULL));
        assert_int_equal(epoch.why, rows[i].why);
        assert_int_equal(epoch.began, rows[i].began);
    }
}

static void put_shown(const struct rig *rig, uint64_t epoch, uint64_t size)
{
    uint32_t first;
    struct checkpoint checkpoint = {.size = size, .root = hash_number(size)};
    assert_ok(origin_write(ORIGIN, epoch, checkpoint.origin));
    const struct shown shown = {epoch, fixture_seen(&checkpoint)};
    assert_ok(store_begin(rig->store, NULL));
    assert_ok(store_ledger_make(rig->store, ORIGIN, &first, NULL));
    assert_ok(store_shown_put(rig->store, first, &shown, NULL));
    assert_ok(store_commit(rig->store, NULL));
}

/* Also one that begins for another reason; and the next one is told of what is new. */
static void an_epoch_carries_what_was_shown_and_is_above_all_of_it(void **state)
{
    struct rig *const rig = *state;
    put_shown(rig, 1, 9);
    put_shown(rig, TODAY + 7, 2);
    struct epoch_loss loss = look(rig);
    assert_false(loss.lost);
    assert_int_equal(loss.shown_count, 2);
    struct epoch epoch;
    assert_ok(epoch_begin(rig->fixture.folder, rig->store, &rig->authority->vendors[0], &loss, EPOCH_CLOCK, TODAY,
                          &epoch, NULL));
    assert_string_equal(epoch.origin, ORIGIN "/epoch-1795338008");
    assert_int_equal(epoch.shown_count, 2);
    assert_int_equal(epoch.shown[0].size, 9);
    assert_string_equal(epoch.shown[1].origin, ORIGIN "/epoch-1795338007");
    assert_ok(seen_verify(&epoch.shown[1], &rig->authority->vendors[0].host_key));
    loss = look(rig);
    assert_int_equal(loss.shown_count, 0);
    assert_string_equal(loss.signed_last.origin, epoch.origin);
    put_shown(rig, TODAY + 8, 3);
    assert_int_equal(look(rig).shown_count, 1);
}

static void an_epoch_of_which_all_that_can_be_shown_is_told_fits_a_leaf(void **state)
{
    struct rig *const rig = *state;
    for (uint64_t i = 0; i < SHOWN_MAX; i++)
        put_shown(rig, TODAY + i, INT64_MAX - i);
    const struct epoch_loss loss = look(rig);
    struct epoch epoch;
    assert_ok(epoch_begin(rig->fixture.folder, rig->store, &rig->authority->vendors[0], &loss, EPOCH_RESTORED, TODAY,
                          &epoch, NULL));
    assert_int_equal(epoch.shown_count, SHOWN_MAX);
    for (size_t i = 0; i < SHOWN_MAX; i++)
        memset(epoch.shown[i].origin, 'a' + (int)i, KEY_NAME_SIZE - 1);
    CLEANUP_BUFFER struct buffer text = buffer_make(LEAF_MAX);
    assert_ok(epoch_write(&epoch, &text));
}

static void the_command_that_ends_a_trouble_is_named(void **state)
{
    (void)state;
    char command[RECOVER_COMMAND_SIZE];
    recover_command_write(ERR_HOST_RESTORED, "v", command);
    assert_string_equal(command, "avald recover --restored v --yes");
    recover_command_write(ERR_HOST_CLOCK, "v", command);
    assert_string_equal(command, "avald recover --clock --vendor v --yes");
    recover_command_write(OK, "v", command);
    assert_string_equal(command, "");
}

static void an_epoch_that_was_not_begun_to_its_end_is_passed_over(void **state)
{
    struct rig *const rig = *state;
    sign(rig, 5);
    const struct epoch_loss loss = look(rig);
    struct epoch epoch;
    assert_ok(epoch_begin(rig->fixture.folder, rig->store, &rig->authority->vendors[0], &loss, EPOCH_LOST, TODAY,
                          &epoch, NULL));
    /* The leaf was committed, and then the power went. */
    char path[PATH_SIZE];
    state_path(rig, TODAY, path);
    assert_ok(file_remove(path, NULL));
    assert_true(look(rig).lost);
    assert_ok(epoch_begin(rig->fixture.folder, rig->store, &rig->authority->vendors[0], &loss, EPOCH_LOST, TODAY,
                          &epoch, NULL));
    assert_string_equal(reload(rig)->origin, ORIGIN "/epoch-1795338001");
    assert_string_equal(epoch.previous, ORIGIN);
    assert_false(look(rig).lost);
}

/* A copy from before the epoch is put back before anything was signed in it. */
static void an_epoch_whose_first_leaf_is_gone_is_lost_though_nothing_was_signed(void **state)
{
    struct rig *const rig = *state;
    sign(rig, 5);
    const struct epoch_loss loss = look(rig);
    struct epoch epoch;
    assert_ok(epoch_begin(rig->fixture.folder, rig->store, &rig->authority->vendors[0], &loss, EPOCH_LOST, TODAY,
                          &epoch, NULL));
    assert_false(look(rig).lost);
    store_close(rig->store);
    assert_ok(store_open_memory(&rig->store));
    assert_true(look(rig).lost);
    /* As an engine does that is started on it. */
    uint32_t ledger;
    assert_ok(store_begin(rig->store, NULL));
    assert_ok(store_ledger_make(rig->store, epoch.origin, &ledger, NULL));
    assert_ok(store_commit(rig->store, NULL));
    const struct epoch_loss again = look(rig);
    assert_true(again.lost);
    assert_int_equal(again.signed_last.size, 0);
    struct epoch next;
    assert_ok(epoch_begin(rig->fixture.folder, rig->store, &rig->authority->vendors[0], &again, EPOCH_LOST, TODAY,
                          &next, NULL));
    assert_string_equal(next.previous, epoch.origin);
    assert_false(look(rig).lost);
}

static void behind_a_broken_state_file_stands_what_the_store_has(void **state)
{
    struct rig *const rig = *state;
    char path[PATH_SIZE];
    state_path(rig, 1, path);
    assert_ok(file_write(path, slice_of("broken"), 0600, NULL));
    struct epoch_loss loss = look(rig);
    assert_true(loss.lost && loss.state_lost);
    assert_int_equal(loss.signed_last.size, 0);
    assert_string_equal(loss.signed_last.origin, ORIGIN);
    put(rig, 0, 4);
    loss = look(rig);
    assert_true(loss.lost && loss.state_lost);
    assert_int_equal(loss.found, 4);
    assert_int_equal(loss.signed_last.size, 4);
    sign(rig, 3);
    assert_false(look(rig).lost);
}

/* ---- where the store fails ---- */

static void keep_checkpoint(const struct rig *rig, const char *origin, uint64_t size)
{
    CLEANUP_SIGNING_KEY struct signing_key *key = fixture_host_key();
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    struct checkpoint checkpoint = {.size = size};
    uint32_t ledger;
    strcpy(checkpoint.origin, origin);
    assert_ok(checkpoint_sign(&checkpoint, key, &note));
    assert_ok(store_begin(rig->store, NULL));
    assert_ok(store_ledger_make(rig->store, origin, &ledger, NULL));
    assert_ok(store_checkpoint_put(rig->store, ledger, buffer_slice(&note), NULL));
    assert_ok(store_commit(rig->store, NULL));
}

/* For every call of the store: a look fails with it, and what was to be found is left as it was. Returns how many there
 * are. */
static unsigned fail_each_call_of_a_look(struct rig *rig)
{
    const struct authority_vendor *const vendor = reload(rig);
    for (unsigned nth = 1;; nth++) {
        struct epoch_loss loss = {.found = 77};
        failing_store_reset();
        failing_store.fail_at = nth;
        const struct result result = epoch_look(rig->fixture.folder, rig->store, vendor, &loss, NULL);
        const bool failed = failing_store.failed != CALL_NONE;
        failing_store_reset();
        if (!failed) {
            assert_ok(result);
            return nth - 1;
        }
        assert_fails(result, STORE_FAILED);
        assert_int_equal(loss.found, 77);
    }
}

static void whichever_call_of_the_store_fails_a_look_fails_with_it(void **state)
{
    struct rig *const rig = *state;
    char path[PATH_SIZE];
    put(rig, 0, 4);
    sign(rig, 3);
    assert_true(fail_each_call_of_a_look(rig) > 8);
    keep_checkpoint(rig, ORIGIN, 2);
    assert_true(fail_each_call_of_a_look(rig) > 8);
    keep_checkpoint(rig, ORIGIN, 4); /* more than the signer knows of */
    assert_true(look(rig).state_lost);
    assert_true(fail_each_call_of_a_look(rig) > 8);
    state_path(rig, 1, path);
    assert_ok(file_write(path, slice_of("broken"), 0600, NULL));
    assert_true(fail_each_call_of_a_look(rig) > 8);
    keep_checkpoint(rig, ORIGIN "/epoch-7", 2); /* of which there is no state file */
    assert_string_equal(look(rig).signed_last.origin, ORIGIN "/epoch-7");
    assert_true(fail_each_call_of_a_look(rig) > 8);
}

static void whichever_call_of_the_store_fails_no_epoch_begins(void **state)
{
    struct rig *const rig = *state;
    sign(rig, 5);
    put(rig, 0, 3);
    const struct epoch_loss loss = look(rig);
    struct result result = FAIL(STORE_FAILED);
    unsigned nth = 0;
    while (!is_ok(result)) {
        struct epoch epoch = {.found = 77};
        failing_store_reset();
        failing_store.fail_at = ++nth;
        result = epoch_begin(rig->fixture.folder, rig->store, &rig->authority->vendors[0], &loss, EPOCH_LOST, TODAY,
                             &epoch, NULL);
        assert_int_equal(is_ok(result), failing_store.failed == CALL_NONE);
        failing_store_reset();
        if (is_ok(result))
            break;
        assert_fails(result, STORE_FAILED);
        assert_int_equal(epoch.found, 77);
        assert_int_equal(reload(rig)->epoch, 1);
    }
    assert_true(nth > 8);
    assert_int_equal(reload(rig)->epoch, TODAY);
}

static void a_loss_is_said_with_both_sizes(void **state)
{
    (void)state;
    struct reason behind = {.text = ""};
    struct reason other = {.text = ""};
    struct reason empty = {.text = ""};
    assert_fails(epoch_loss_say("h/v", 3, 4, &behind), STORE_ROLLED_BACK);
    assert_fails(epoch_loss_say("h/v/epoch-2", 0, 0, &empty), STORE_ROLLED_BACK);
    assert_string_equal(empty.text,
                        "ledger h/v/epoch-2: the database has no leaves, not even the first, which says why "
                        "it was begun");
    assert_fails(epoch_loss_say("h/v", 4, 4, &other), STORE_ROLLED_BACK);
    assert_string_equal(behind.text, "ledger h/v: the database has 3 leaves, 4 were signed");
    assert_string_equal(other.text,
                        "ledger h/v: the database has 4 leaves, but other ones than the 4 that were signed");
}

static void a_state_file_that_cannot_be_read_is_named(void **state)
{
    struct rig *const rig = *state;
    char path[PATH_SIZE];
    state_path(rig, 1, path);
    assert_ok(file_remove(path, NULL));
    assert_ok(folder_make(path, 0700, NULL));
    struct epoch_loss loss;
    struct reason reason = {.text = ""};
    assert_fails(epoch_look(rig->fixture.folder, rig->store, reload(rig), &loss, &reason), FILE_READ);
    assert_non_null(strstr(reason.text, path));
}

static void epochs_are_found_one_after_the_other_and_none_of_another_vendor(void **state)
{
    struct rig *const rig = *state;
    static const char *const origins[] = {ORIGIN "/epoch-1795338000", "h.example/other.example/epoch-3", ORIGIN,
                                          ORIGIN "/epoch-2"};
    uint64_t next = 7;
    assert_ok(epoch_next(rig->store, ORIGIN, 0, &next, NULL));
    assert_int_equal(next, 0);
    assert_ok(store_begin(rig->store, NULL));
    for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
        uint32_t ledger;
        assert_ok(store_ledger_make(rig->store, origins[i], &ledger, NULL));
    }
    assert_ok(store_commit(rig->store, NULL));
    static const uint64_t expected[] = {1, 2, 1795338000, 0};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_ok(epoch_next(rig->store, ORIGIN, i == 0 ? 0 : expected[i - 1], &next, NULL));
        assert_int_equal(next, expected[i]);
    }
}

/* ---- all epochs of a ledger ---- */

static void a_former_epoch_is_found_as_far_as_the_store_keeps_a_signature_of_it(void **state)
{
    struct rig *const rig = *state;
    const struct verifier_key *const key = &rig->authority->vendors[0].host_key;
    struct former former;
    assert_fails(former_find(rig->store, key, 1, &former, NULL), NOT_FOUND);
    assert_fails(former_next(rig->store, key, 0, &former, NULL), NOT_FOUND);
    assert_fails(former_find(rig->store, key, 0, &former, NULL), CHECKPOINT_ORIGIN);
    put(rig, 0, 4);
    assert_ok(former_find(rig->store, key, 1, &former, NULL));
    assert_string_equal(former.origin, ORIGIN);
    assert_int_equal(former.leaves, 4);
    assert_int_equal(former.published.size, 0);
    assert_string_equal(former.published.note, "");
    keep_checkpoint(rig, ORIGIN, 3);
    assert_ok(former_next(rig->store, key, 0, &former, NULL));
    assert_int_equal(former.epoch, 1);
    assert_int_equal(former.published.size, 3);
    struct checkpoint kept;
    assert_ok(checkpoint_open(slice_of(former.published.note), key, &kept));
    assert_int_equal(kept.size, 3);
    assert_fails(former_next(rig->store, key, 1, &former, NULL), NOT_FOUND);
}

static void a_store_that_has_less_of_it_than_it_keeps_a_signature_of_is_corrupt(void **state)
{
    struct rig *const rig = *state;
    const struct verifier_key *const key = &rig->authority->vendors[0].host_key;
    struct former former;
    struct reason reason = {.text = ""};
    put(rig, 0, 2);
    keep_checkpoint(rig, ORIGIN, 3);
    assert_fails(former_find(rig->store, key, 1, &former, &reason), STORE_CORRUPT);
    assert_string_equal(reason.text, "ledger " ORIGIN ": the database has 2 leaves, 3 were signed");
}

static void whichever_call_of_the_store_fails_no_former_epoch_is_found(void **state)
{
    struct rig *const rig = *state;
    const struct verifier_key *const key = &rig->authority->vendors[0].host_key;
    put(rig, 0, 4);
    keep_checkpoint(rig, ORIGIN, 3);
    unsigned nth = 1;
    for (;; nth++) {
        struct former former = {.leaves = 77};
        failing_store_reset();
        failing_store.fail_at = nth;
        const struct result result = former_next(rig->store, key, 0, &former, NULL);
        const bool failed = failing_store.failed != CALL_NONE;
        failing_store_reset();
        if (!failed) {
            assert_ok(result);
            break;
        }
        assert_fails(result, STORE_FAILED);
        assert_int_equal(former.leaves, 77);
    }
    assert_true(nth > 5);
}

static void what_another_key_has_signed_is_no_signature_of_it(void **state)
{
    struct rig *const rig = *state;
    struct verifier_key another = rig->authority->vendors[0].host_key;
    struct former former;
    put(rig, 0, 2);
    keep_checkpoint(rig, ORIGIN, 2);
    another.public_key[0] ^= 1;
    assert_ok(former_find(rig->store, &another, 1, &former, NULL));
    assert_int_equal(former.leaves, 2);
    assert_string_equal(former.published.note, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_store_that_has_all_that_was_signed_or_more_has_lost_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_store_behind_what_was_signed_or_with_other_leaves_has_lost_them, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_epoch_begins_with_a_leaf_that_says_what_was_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(an_epoch_after_a_lost_signer_state_begins_behind_the_newest_leaf, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_release_that_was_never_signed_is_undone_by_the_next_epoch, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reclaim_that_was_never_signed_is_undone_by_the_next_epoch, setup, teardown),
        cmocka_unit_test_setup_teardown(an_epoch_is_named_by_its_second_or_is_above_the_highest, setup, teardown),
        cmocka_unit_test_setup_teardown(an_epoch_that_was_not_begun_to_its_end_is_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(an_epoch_carries_what_was_shown_and_is_above_all_of_it, setup, teardown),
        cmocka_unit_test_setup_teardown(an_epoch_of_which_all_that_can_be_shown_is_told_fits_a_leaf, setup, teardown),
        cmocka_unit_test_setup_teardown(the_command_that_ends_a_trouble_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(an_epoch_whose_first_leaf_is_gone_is_lost_though_nothing_was_signed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(behind_a_broken_state_file_stands_what_the_store_has, setup, teardown),
        cmocka_unit_test_setup_teardown(a_state_file_that_cannot_be_read_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(whichever_call_of_the_store_fails_a_look_fails_with_it, setup, teardown),
        cmocka_unit_test_setup_teardown(whichever_call_of_the_store_fails_no_epoch_begins, setup, teardown),
        cmocka_unit_test_setup_teardown(epochs_are_found_one_after_the_other_and_none_of_another_vendor, setup,
                                        teardown),
        cmocka_unit_test(a_loss_is_said_with_both_sizes),
        cmocka_unit_test_setup_teardown(a_former_epoch_is_found_as_far_as_the_store_keeps_a_signature_of_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_store_that_has_less_of_it_than_it_keeps_a_signature_of_is_corrupt, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(whichever_call_of_the_store_fails_no_former_epoch_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(what_another_key_has_signed_is_no_signature_of_it, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
