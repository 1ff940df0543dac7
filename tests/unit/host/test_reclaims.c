/* The engine where seats come back before their leases end: by the operator, and by machines beyond the license's. */
#include "engine_rig.h"

#include "core/documents/leaf.h"
#include "core/rules/terms.h"
#include "store/ledger.h"
#include "store/operators.h"

#include <stdlib.h>
#include <string.h>

/* "main" with that many seats. */
static struct license use_seats(struct rig *rig, uint64_t seats)
{
    struct license license = fixture_license(&rig->fixture, "main");
    license.seats = seats;
    use_license(rig, &license);
    return license;
}

static struct reclaim reclaim(struct rig *rig, uint64_t machine)
{
    struct reclaim reclaim = {.machine = fixture_machine(machine)};
    assert_ok(engine_reclaim(rig->engine, &reclaim, NULL));
    assert_string_equal(reclaim.license, "main");
    return reclaim;
}

static void assert_refused(struct rig *rig, uint64_t machine, const char *license, enum error_code code,
                           const char *words)
{
    struct reclaim refused = {.machine = fixture_machine(machine)};
    struct reason reason = {.text = ""};
    strcpy(refused.license, license);
    assert_int_equal(result_code(engine_reclaim(rig->engine, &refused, &reason)), code);
    if (strstr(reason.text, words) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", words, reason.text);
}

static RESULT unblock_it(void *context, struct store *store, struct reason *reason)
{
    return store_unblock(store, context, reason);
}

static void unblock(struct rig *rig, uint64_t machine)
{
    struct machine_id id = fixture_machine(machine);
    assert_ok(engine_run(rig->engine, unblock_it, &id, NULL));
}

static RESULT block_it(void *context, struct store *store, struct reason *reason)
{
    return store_block(store, context, TODAY - DAY, "stolen", reason);
}

static bool keep_entry(void *context, const struct machine_entry *entry)
{
    *(struct machine_entry *)context = *entry;
    return false;
}

/* The block of the machine as lists show it. */
static struct machine_entry entry_of(struct rig *rig, uint64_t machine)
{
    char digits[MACHINE_ID_TEXT_SIZE];
    const struct machine_id id = fixture_machine(machine);
    struct machine_entry entry = {0};
    struct store *reader = NULL;
    machine_id_write(&id, digits);
    assert_ok(engine_open_reader(rig->engine, &reader, NULL));
    const struct machine_filter filter = {.id_prefix = digits, .limit = 1};
    assert_ok(store_machines(reader, &filter, keep_entry, &entry, NULL));
    store_close(reader);
    return entry;
}

static enum error_code give_back(struct rig *rig, uint64_t machine, uint64_t number)
{
    struct asked asked;
    release(rig, &asked, machine, number);
    if (asked.job.http_status != 200)
        return denial_of(&asked).code;
    job_drop_answer(&asked.job);
    return OK;
}

static void a_reclaimed_seat_is_free_and_its_machine_blocked(void **state)
{
    struct rig *const rig = *state;
    use_seats(rig, 1);
    const struct believed first = grant(rig, 1, 1);
    assert_int_equal(refuse(rig, 2, 1), ERR_NO_SEATS);
    fixture_set_now(TODAY + HOUR);
    const struct reclaim done = reclaim(rig, 1);
    assert_int_equal(done.kind, RECLAIM_FREES);
    assert_int_equal(done.reclaimed, TODAY + HOUR);
    assert_int_equal(done.seat_until, TODAY + HOUR);
    assert_int_equal(done.lease_ends, first.lease.expires);
    assert_int_equal(done.used, 1);
    assert_int_equal(done.allowed, 2);
    assert_int_equal(done.leaf, 1);
    assert_string_equal(done.origin, HOST "/" VENDOR);
    grant(rig, 2, 2);
    assert_int_equal(refuse(rig, 1, 2), ERR_MACHINE_BLOCKED);
    assert_int_equal(metrics_of(rig).reclaimed, 1);
    const struct machine_entry entry = entry_of(rig, 1);
    assert_true(entry.blocked);
    assert_int_equal(entry.blocked_since, TODAY + HOUR);
    assert_string_equal(entry.blocked_reason, "reclaimed");
    CLEANUP_BUFFER struct buffer text = buffer_make(LEAF_MAX);
    struct leaf leaf;
    struct store *reader = NULL;
    assert_ok(engine_open_reader(rig->engine, &reader, NULL));
    assert_ok(store_leaf_get(reader, 1, 1, &text, NULL));
    store_close(reader);
    assert_ok(leaf_read(buffer_slice(&text), &leaf));
    assert_int_equal(leaf.kind, LEAF_RECLAIMED);
    assert_string_equal(leaf.reclaimed.license, "main");
    assert_string_equal(leaf.reclaimed.lease_origin, HOST "/" VENDOR);
    assert_int_equal(leaf.reclaimed.lease_index, 0);
    assert_int_equal(leaf.reclaimed.reclaimed, TODAY + HOUR);
    assert_true(verifier_key_equal(&leaf.reclaimed.machine_key, &first.lease.request.machine_key));
}

static void one_that_is_unblocked_asks_anew(void **state)
{
    struct rig *const rig = *state;
    use_seats(rig, 1);
    grant(rig, 1, 1);
    reclaim(rig, 1);
    unblock(rig, 1);
    fixture_set_now(TODAY + HOUR);
    assert_int_equal(refuse(rig, 1, 1), ERR_NUMBER_USED); /* the lease that was reclaimed is not given again */
    const struct believed again = grant(rig, 1, 2);
    assert_int_equal(again.lease.issued, TODAY + HOUR);
    assert_int_equal(reclaim(rig, 1).kind, RECLAIM_FREES);
    assert_refused(rig, 1, "", ERR_RECLAIM_NOTHING, "under any license");
    assert_refused(rig, 1, "main", ERR_RECLAIM_NOTHING, "no seat under main");
}

static void one_too_many_is_logged_and_its_seat_is_held_to_the_end(void **state)
{
    struct rig *const rig = *state;
    const struct license license = use_seats(rig, 3);
    for (uint64_t i = 1; i <= 3; i++)
        grant(rig, i, 1);
    fixture_set_now(TODAY + DAY);
    assert_int_equal(reclaim(rig, 1).kind, RECLAIM_FREES);
    assert_int_equal(reclaim(rig, 2).kind, RECLAIM_FREES);
    const struct reclaim late = reclaim(rig, 3);
    assert_int_equal(late.kind, RECLAIM_LOGS);
    assert_int_equal(late.used, 2);
    assert_int_equal(late.allowed, 2);
    assert_int_equal(late.leaf, 5);
    assert_int_equal(late.seat_until, TODAY + license.lease);
    assert_int_equal(reclaim(rig, 3).kind, RECLAIM_AGAIN); /* without a leaf */
    grant(rig, 4, 1);
    const struct believed last = grant(rig, 5, 1);
    assert_int_equal(last.index, 7);
    assert_int_equal(refuse(rig, 6, 1), ERR_NO_SEATS);
    fixture_set_now(TODAY + DAY + RETURNS_WINDOW);
    assert_int_equal(reclaim(rig, 3).kind, RECLAIM_FREES); /* there is room for it again */
    grant(rig, 6, 2);
}

static void a_machine_that_was_reclaimed_too_late_keeps_its_seat_when_it_asks_anew(void **state)
{
    struct rig *const rig = *state;
    struct license license = fixture_license(&rig->fixture, "main");
    license.seats = 1;
    license.has_reclaims = true;
    license.reclaims = 0;
    use_license(rig, &license);
    grant(rig, 1, 1);
    assert_int_equal(reclaim(rig, 1).kind, RECLAIM_LOGS);
    unblock(rig, 1);
    grant(rig, 1, 2);
    assert_int_equal(refuse(rig, 2, 1), ERR_NO_SEATS);
    assert_int_equal(give_back(rig, 1, 3), OK);
    grant(rig, 2, 2);
}

static void a_machine_that_never_renewed_is_reclaimed_beside_them(void **state)
{
    struct rig *const rig = *state;
    struct license license = fixture_license(&rig->fixture, "main");
    license.has_reclaims = license.has_first_lease = true;
    license.reclaims = 0;
    license.first_lease = 30 * DAY;
    use_license(rig, &license);
    const struct believed first = grant(rig, 1, 1);
    assert_int_equal(first.lease.expires, TODAY + 30 * DAY);
    grant(rig, 2, 1);
    fixture_set_now(TODAY + 7 * DAY);
    const struct believed second = grant(rig, 2, 2);
    assert_int_equal(second.lease.expires, TODAY + 7 * DAY + license.lease);
    const struct reclaim outside = reclaim(rig, 1);
    assert_int_equal(outside.kind, RECLAIM_FIRST);
    assert_int_equal(outside.used, 0);
    assert_int_equal(reclaim(rig, 2).kind, RECLAIM_LOGS);
    unblock(rig, 1);
    assert_int_equal(grant(rig, 1, 2).lease.expires, TODAY + 37 * DAY); /* its first one again */
}

static void releases_beyond_the_license_are_logged_and_their_seats_held(void **state)
{
    struct rig *const rig = *state;
    struct license license = fixture_license(&rig->fixture, "main");
    license.seats = 2;
    license.has_releases = true;
    license.releases = 1;
    use_license(rig, &license);
    grant(rig, 1, 1);
    grant(rig, 2, 1);
    assert_int_equal(give_back(rig, 1, 2), OK);
    assert_int_equal(give_back(rig, 2, 2), OK);
    grant(rig, 3, 1);
    assert_int_equal(refuse(rig, 4, 1), ERR_NO_SEATS);
    assert_refused(rig, 2, "", ERR_RECLAIM_NOTHING, "has given back");
    assert_int_equal(give_back(rig, 2, 3), ERR_RELEASE_NOTHING);
    grant(rig, 2, 4); /* which holds it still */
    fixture_set_now(TODAY + RETURNS_WINDOW);
    assert_int_equal(give_back(rig, 2, 5), OK);
    grant(rig, 4, 2);
}

static void what_is_not_there_cannot_be_reclaimed(void **state)
{
    struct rig *const rig = *state;
    struct license other = fixture_license(&rig->fixture, "other");
    strcpy(other.edition, "edu");
    use_license(rig, &other);
    assert_refused(rig, 1, "", ERR_RECLAIM_NOTHING, "under any license");
    assert_refused(rig, 1, "nobodys", ERR_NOT_FOUND, "no license nobodys");
    grant(rig, 1, 1);
    struct request request = fixture_request(1, 1);
    strcpy(request.edition, "edu");
    request.number = 2;
    struct asked asked;
    submit(rig, &asked, 1, &request);
    await(&asked);
    assert_int_equal(asked.job.http_status, 200);
    job_drop_answer(&asked.job);
    assert_refused(rig, 1, "", ERR_USAGE, "name the license");
    struct reclaim named = {.machine = fixture_machine(1), .license = "other"};
    assert_ok(engine_reclaim(rig->engine, &named, NULL));
    assert_int_equal(reclaim(rig, 1).kind, RECLAIM_FREES);
}

static void a_ledger_that_stands_takes_no_reclaim(void **state)
{
    struct rig *const rig = *state;
    fixture_set_now(TODAY + DAY);
    grant(rig, 1, 1);
    fixture_set_now(TODAY);
    assert_refused(rig, 1, "", ERR_HOST_CLOCK, "");
    fixture_set_now(TODAY + DAY);
    assert_int_equal(reclaim(rig, 1).kind, RECLAIM_FREES);
}

/* What is added to an old copy is in none of the trees that machines have seen since. */
static void a_ledger_that_is_an_old_copy_takes_no_reclaim(void **state)
{
    struct rig *const rig = *state;
    grant(rig, 1, 1);
    struct request request = fixture_request(2, 1);
    struct checkpoint later = rig->seen;
    later.size = 9;
    request.seen = fixture_seen(&later);
    assert_int_equal(refusal(rig, 2, &request).code, ERR_HOST_RESTORED);
    assert_refused(rig, 1, "", ERR_HOST_RESTORED, "");
    assert_false(entry_of(rig, 1).blocked);
}

static void who_was_blocked_before_stays_so_for_that_reason(void **state)
{
    struct rig *const rig = *state;
    struct machine_id id = fixture_machine(1);
    grant(rig, 1, 1);
    assert_ok(engine_run(rig->engine, block_it, &id, NULL));
    reclaim(rig, 1);
    const struct machine_entry entry = entry_of(rig, 1);
    assert_int_equal(entry.blocked_since, TODAY - DAY);
    assert_string_equal(entry.blocked_reason, "stolen");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_reclaimed_seat_is_free_and_its_machine_blocked),
        ON_BOTH(one_that_is_unblocked_asks_anew),
        ON_BOTH(one_too_many_is_logged_and_its_seat_is_held_to_the_end),
        ON_MEMORY(a_machine_that_was_reclaimed_too_late_keeps_its_seat_when_it_asks_anew),
        ON_MEMORY(a_machine_that_never_renewed_is_reclaimed_beside_them),
        ON_BOTH(releases_beyond_the_license_are_logged_and_their_seats_held),
        ON_MEMORY(what_is_not_there_cannot_be_reclaimed),
        ON_MEMORY(a_ledger_that_stands_takes_no_reclaim),
        ON_MEMORY(a_ledger_that_is_an_old_copy_takes_no_reclaim),
        ON_MEMORY(who_was_blocked_before_stays_so_for_that_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
