/* Activation against honest hosts, lying hosts and none at all: what is believed, what is stored, what is reported. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND "kms2.uni.example:8216"
#define NOBODY "nobody.example:8216"

static struct aval_report activate(aval_machine *machine, int expected)
{
    struct aval_report report = {.size = sizeof report};
    const int code = aval_activate(machine, NULL, &report);
    if (code != expected)
        fail_msg("%s instead of %s: %s", aval_code_name(code), aval_code_name(expected), aval_last_message(machine));
    return report;
}

static void an_honest_host_gives_a_lease_that_is_in_force(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    const struct aval_report report = activate(machine, AVAL_OK);
    assert_int_equal(report.attempt_count, 1);
    assert_string_equal(report.attempts[0].host, HOST);
    const struct aval_status status = world_status(machine);
    assert_int_equal(status.state, AVAL_LICENSED);
    assert_int_equal(status.code, AVAL_OK);
    assert_string_equal(status.license, "lic-1");
    assert_string_equal(status.activation_host, "kms.uni.example");
    assert_int_equal(status.expires, NOW + 180 * DAY);
    assert_int_equal(status.state_until, status.expires);
    assert_in_range(status.renew_at, NOW + 7 * DAY - 7 * DAY / 8, NOW + 7 * DAY);
    assert_int_equal(status.feature_count, 2);
    assert_string_equal(status.features[0], "export");
    assert_string_equal(status.last_host, HOST);
    assert_int_equal(status.last_code, AVAL_OK);
}

static void the_request_says_what_the_host_needs_and_no_more(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine, AVAL_OK);
    const struct request request = world->host->last_request;
    char id[MACHINE_ID_TEXT_SIZE];
    machine_id_write(&request.machine, id);
    assert_string_equal(id, world_status(machine).machine_id);
    assert_string_equal(request.edition, "pro");
    assert_int_equal(request.hardware.count, 3);
    assert_int_equal(request.time, NOW);
    assert_int_equal(request.state, STATE_UNLICENSED);
    assert_int_equal(request.number, 1);
    assert_true(verifier_key_equal(&request.host_key, signing_key_verifier(world->host->key)));
    assert_string_equal(request.seen.origin, "kms.uni.example/acme.example");
    assert_int_equal(request.seen.size, 0);
}

/* Every lie, and the link of the chain that it breaks. */
static const struct {
    enum lie lie;
    int code;
} lies[] = {
    {LIE_LICENSE_OF_NOBODY, AVAL_LICENSE_SIGNER},
    {LIE_CHECKPOINT_OF_OTHER, AVAL_CHECKPOINT_SIGNER},
    {LIE_ORIGIN, AVAL_CHECKPOINT_ORIGIN},
    {LIE_ALTERED_LEASE, AVAL_PROOF_WRONG},
    {LIE_NO_PROOF, AVAL_PROOF_WRONG},
    {LIE_NO_EXTRA, AVAL_HOST_ANSWER},
    {LIE_NO_LEASE, AVAL_HOST_ANSWER},
    {LIE_GARBAGE, AVAL_HOST_ANSWER},
    {LIE_ERROR_PAGE, AVAL_HOST_ANSWER},
    {LIE_SILENT, AVAL_HOST_TIMEOUT},
    {LIE_TOO_LARGE, AVAL_HOST_ANSWER},
};

static void tell(struct world *world, enum lie lie)
{
    world->host->lie = lie;
    world->host->license_signer = lie == LIE_LICENSE_OF_NOBODY ? world->network.rogue_vendor : world->network.vendor;
}

/* A ledger of one entry has no path to leave out, so another machine has activated before. */
static void a_lying_host_is_refused_by_the_name_of_the_link(void **state)
{
    struct world *world = *state;
    aval_machine *other = world_machine(world, "other");
    aval_machine *machine = world_machine(world, "one");
    activate(other, AVAL_OK);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        tell(world, lies[i].lie);
        const struct aval_report report = activate(machine, lies[i].code);
        assert_int_equal(report.attempts[0].code, lies[i].code);
        assert_true(report.attempts[0].message[0] != 0);
        if (lies[i].lie == LIE_NO_EXTRA)
            assert_non_null(strstr(report.attempts[0].message, "the lease (proof-form): "));
        assert_int_not_equal(world_status(machine).state, AVAL_LICENSED);
        assert_int_equal(world_status(machine).last_code, lies[i].code);
        assert_false(world_has(world, "one/" LEASE_IN "lease.tlog-proof"));
    }
}

static void a_lying_host_does_not_take_away_the_lease_in_force(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine, AVAL_OK);
    /* The license is kept, so the lie about it has no occasion. */
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        if (lies[i].lie == LIE_LICENSE_OF_NOBODY)
            continue;
        world->network.now += MINUTE;
        tell(world, lies[i].lie);
        activate(machine, lies[i].code);
        assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    }
}

static void bend_license(struct lease *lease)
{
    snprintf(lease->license, sizeof lease->license, "lic-1x");
}
static void bend_beyond_license(struct lease *lease)
{
    lease->expires = NOW + 366 * DAY;
}
static void bend_feature(struct lease *lease)
{
    lease->features = (struct features){1, {"everything"}};
}
static void bend_long_ago(struct lease *lease)
{
    lease->issued -= 6 * HOUR;
    lease->expires -= 6 * HOUR;
}
static void bend_expired(struct lease *lease)
{
    lease->issued -= 23 * HOUR;
    lease->expires = lease->issued + HOUR;
    lease->renew_after = MINUTE;
    lease->retry_after = MINUTE;
}

static void a_lease_logged_with_wrong_contents_is_refused(void **state)
{
    static const struct {
        void (*bend)(struct lease *lease);
        int code;
    } rows[] = {
        {bend_beyond_license, AVAL_LEASE_DATES}, {bend_feature, AVAL_LEASE_FEATURES}, {bend_long_ago, AVAL_LEASE_DATES},
        {bend_expired, AVAL_LEASE_DATES},        {bend_license, AVAL_NO_SUCH_PAGE},
    };
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world->host->bend = rows[i].bend;
        world->network.now += HOUR; /* or what is running would be given again */
        activate(machine, rows[i].code);
        assert_int_not_equal(world_status(machine).state, AVAL_LICENSED);
    }
}

static void a_revoked_license_is_refused_once_the_list_is_known(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine, AVAL_OK);
    world->host->revocations = calloc(1, sizeof *world->host->revocations);
    assert_non_null(world->host->revocations);
    *world->host->revocations = (struct revocations){
        .vendor = "acme.example", .sequence = 1, .issued = NOW, .license_count = 1, .licenses = {"lic-1"}};
    activate(machine, AVAL_LICENSE_REVOKED);
    const struct aval_status status = world_status(machine);
    assert_int_equal(status.state, AVAL_UNLICENSED);
    assert_int_equal(status.code, AVAL_LICENSE_REVOKED);
}

static void a_denial_is_reported_with_its_numbers(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    world->host->license.threshold = 25;
    world->host->others = 11;
    const struct aval_report report = activate(machine, AVAL_BELOW_THRESHOLD);
    assert_true(report.attempts[0].has_count);
    assert_int_equal(report.attempts[0].count, 12);
    assert_int_equal(report.attempts[0].threshold, 25);
    assert_int_equal(report.attempts[0].retry_after, 2 * HOUR);
    const struct aval_status status = world_status(machine);
    assert_int_equal(status.last_code, AVAL_BELOW_THRESHOLD);
    assert_in_range(status.retry_at, NOW + 2 * HOUR, NOW + 2 * HOUR + HOUR / 4);
}

static void seats_are_reported_with_their_holders(void **state)
{
    struct world *world = *state;
    aval_machine *one = world_machine(world, "one");
    aval_machine *two = world_machine(world, "two");
    world->host->license.seats = 1;
    activate(one, AVAL_OK);
    const struct aval_report report = activate(two, AVAL_NO_SEATS);
    assert_true(report.attempts[0].has_seats);
    assert_int_equal(report.attempts[0].seats, 1);
    assert_int_equal(report.attempts[0].held, 1);
}

static void a_clock_five_hours_off_is_said_by_the_host(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    world->host->clock_error = 5 * HOUR;
    activate(machine, AVAL_CLOCK_APART);
    assert_int_equal(aval_code_exit_status(AVAL_CLOCK_APART), 13);
}

static void hosts_are_tried_in_turn_until_one_is_believed(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct fake_host *second = network_add(&world->network, SECOND, "kms2.uni.example");
    tell(world, LIE_LICENSE_OF_NOBODY);
    world_hosts(machine, NOBODY, HOST, SECOND);
    const struct aval_report report = activate(machine, AVAL_OK);
    assert_int_equal(report.attempt_count, 3);
    assert_int_equal(report.attempts[0].code, AVAL_HOST_UNREACHABLE);
    assert_int_equal(report.attempts[1].code, AVAL_LICENSE_SIGNER);
    assert_int_equal(report.attempts[2].code, AVAL_OK);
    assert_string_equal(world_status(machine).license, second->license.id);
}

static void all_failures_are_reported_and_the_last_answer_is_the_code(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    world->host->refuse = ERR_MACHINE_BLOCKED;
    world_hosts(machine, NOBODY, HOST, SECOND);
    const struct aval_report report = activate(machine, AVAL_MACHINE_BLOCKED);
    assert_int_equal(report.attempt_count, 3);
    assert_int_equal(report.attempts[0].code, AVAL_HOST_UNREACHABLE);
    assert_int_equal(report.attempts[1].code, AVAL_MACHINE_BLOCKED);
    assert_int_equal(report.attempts[2].code, AVAL_HOST_UNREACHABLE);
    assert_non_null(strstr(aval_last_message(machine), HOST));
}

static void the_host_of_the_environment_is_asked_after_those_configured(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    world_hosts(machine, NOBODY, NULL, NULL);
    setenv("AVAL_HOST", "???, " HOST, 1);
    const struct aval_report report = activate(machine, AVAL_OK);
    unsetenv("AVAL_HOST");
    assert_int_equal(report.attempt_count, 2);
    assert_string_equal(report.attempts[1].host, HOST);
}

static void without_a_host_nobody_is_asked(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    world_hosts(machine, NULL, NULL, NULL);
    const struct aval_report report = activate(machine, AVAL_NO_HOST_KNOWN);
    assert_int_equal(report.attempt_count, 0);
}

static void a_renewal_shows_that_the_ledger_extends_what_was_seen(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    aval_machine *other = world_machine(world, "other");
    activate(machine, AVAL_OK);
    activate(other, AVAL_OK);
    world->network.now += HOUR;
    activate(other, AVAL_OK);
    activate(machine, AVAL_OK);
    assert_int_equal(world->host->last_request.seen.size, 1);
    assert_int_equal(world_status(machine).ledger_size, 4);
}

static void a_ledger_that_was_rewritten_is_refused(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine, AVAL_OK);
    world->network.now += HOUR;
    world->host->lie = LIE_HISTORY;
    activate(machine, AVAL_CONSISTENCY_WRONG);
    assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    assert_int_equal(world_status(machine).ledger_size, 1);
}

static void a_missing_consistency_proof_is_a_broken_one(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine, AVAL_OK);
    world->network.now += HOUR;
    world->host->lie = LIE_NO_CONSISTENCY;
    activate(machine, AVAL_CONSISTENCY_WRONG);
}

static void a_ledger_that_shrank_is_refused(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine, AVAL_OK);
    world->network.now += HOUR;
    activate(machine, AVAL_OK);
    fake_host_forget(world->host, 0);
    activate(machine, AVAL_CONSISTENCY_WRONG);
}

/* Of a host that is new here, what it has introduced itself with counts. */
static void a_host_is_held_to_what_it_has_introduced_itself_with(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    aval_machine *other = world_machine(world, "other");
    activate(other, AVAL_OK);
    world->host->refuse = ERR_HOST_BUSY;
    activate(machine, AVAL_HOST_BUSY);
    assert_int_equal(world->host->last_request.seen.size, 1);
    world->host->refuse = OK;
    world->host->lie = LIE_HISTORY;
    activate(machine, AVAL_CONSISTENCY_WRONG);
    assert_int_equal(world->host->last_request.seen.size, 1);
}

/* Of two hosts the machine remembers both ledgers. */
static void each_ledger_is_held_to_what_it_showed_before(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct fake_host *second = network_add(&world->network, SECOND, "kms2.uni.example");
    activate(machine, AVAL_OK);
    world_hosts(machine, SECOND, NULL, NULL);
    world->network.now += 180 * DAY;
    activate(machine, AVAL_OK);
    world->network.now += 180 * DAY;
    world_hosts(machine, HOST, NULL, NULL);
    activate(machine, AVAL_OK);
    assert_int_equal(world->host->last_request.seen.size, 1);
    world->network.now += HOUR;
    world->host->lie = LIE_HISTORY;
    activate(machine, AVAL_CONSISTENCY_WRONG);
    world->network.now += 3 * DAY;
    world_hosts(machine, SECOND, NULL, NULL);
    second->lie = LIE_HISTORY;
    activate(machine, AVAL_LEASE_OTHER_HOST); /* nobody asks it */
    assert_int_equal(second->requests, 1);
}

/* A ledger that was begun again says how far the machine had seen the one before. */
static void a_higher_epoch_is_taken_where_the_lease_in_it_carries_what_was_seen(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    size_t pieces = 9;
    activate(machine, AVAL_OK);
    world->network.now += HOUR;
    activate(machine, AVAL_OK);
    fake_host_begin_epoch(world->host, (uint64_t)world->network.now);
    activate(machine, AVAL_OK);
    assert_int_equal(world->host->last_request.seen.size, 2);
    assert_string_equal(world->host->last_request.seen.origin, "kms.uni.example/acme.example");
    assert_int_equal(world_status(machine).ledger_epoch, world->network.now);
    assert_int_equal(world_status(machine).ledger_index, 1);
    world->network.now += HOUR;
    activate(machine, AVAL_OK);
    assert_int_equal(world->host->last_request.seen.size, 2);
    assert_non_null(strstr(world->host->last_request.seen.origin, "/epoch-"));
    assert_int_equal(aval_evidence_count(machine, &pieces), AVAL_OK);
    assert_int_equal(pieces, 0);
}

/* A lease of the new epoch that is given again carries what an earlier request had seen, and the machine has seen more
 * since. */
static void a_higher_epoch_that_does_not_carry_what_was_seen_is_not_taken(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    aval_machine *other = world_machine(world, "other");
    CLEANUP_BUFFER struct buffer latest = buffer_make(NOTE_MAX);
    size_t pieces = 9;
    activate(machine, AVAL_OK);
    activate(other, AVAL_OK);
    world->network.now += HOUR;
    activate(other, AVAL_OK);
    world_read(world, "other/" CHECKPOINT_IN, &latest);
    fake_host_begin_epoch(world->host, (uint64_t)world->network.now);
    world->host->lie = LIE_TOO_LARGE;
    activate(machine, AVAL_HOST_ANSWER); /* its answer is lost, and what it was is given again */
    world->host->lie = LIE_UNTOLD;
    world_write(world, "one/" CHECKPOINT_IN, buffer_slice(&latest));
    const struct aval_report report = activate(machine, AVAL_EPOCH_UNSEEN);
    assert_non_null(strstr(report.attempts[0].message, "3 entries of kms.uni.example/acme.example seen before"));
    assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    assert_int_equal(world_status(machine).ledger_epoch, 1);
    assert_int_equal(aval_evidence_count(machine, &pieces), AVAL_OK);
    assert_int_equal(pieces, 0);
    world->host->lie = LIE_NONE; /* an honest host writes a new one */
    activate(machine, AVAL_OK);
    assert_int_equal(world_status(machine).ledger_epoch, world->host->epoch);
}

/* How long a host may put a machine off */

/* It asks by itself again after that, and at most an eighth later. */
static void assert_waits(aval_machine *machine, seconds wait)
{
    const struct aval_status status = world_status(machine);
    assert_in_range(status.retry_at - status.last_asked, wait, wait + wait / 8);
}

static void a_host_that_asks_to_be_left_alone_for_years_is_asked_again_after_a_day(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    world->host->refuse = ERR_HOST_BUSY;
    world->host->refuse_for = 3660 * DAY;
    const struct aval_report report = activate(machine, AVAL_HOST_BUSY);
    assert_int_equal(report.attempts[0].retry_after, DAY);
    assert_waits(machine, DAY);
    world->host->refuse_for = DAY - 1;
    activate(machine, AVAL_HOST_BUSY);
    assert_waits(machine, DAY - 1);
}

static void wait_for_years(struct lease *lease)
{
    lease->retry_after = 170 * DAY;
}

static void while_a_lease_is_in_force_it_is_the_license_that_says_how_long_to_wait(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    world->host->bend = wait_for_years;
    activate(machine, AVAL_OK);
    world->host->refuse = ERR_HOST_BUSY;
    world->host->refuse_for = 3660 * DAY;
    assert_int_equal(activate(machine, AVAL_HOST_BUSY).attempts[0].retry_after, 2 * HOUR);
    assert_waits(machine, 2 * HOUR);
    world->host->lie = LIE_SILENT; /* who says nothing of waiting, in a lease or otherwise, is asked again as soon */
    activate(machine, AVAL_HOST_TIMEOUT);
    assert_waits(machine, 2 * HOUR);
    world->host->lie = LIE_NONE;
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_HOST_BUSY);
    assert_waits(machine, 2 * HOUR);
    world->network.now += 181 * DAY;
    activate(machine, AVAL_HOST_BUSY);
    assert_waits(machine, DAY);
}

/* What other hosts may and may not do to a lease in force */

static void shorten(struct lease *lease)
{
    lease->expires = lease->issued + 10 * MINUTE;
    lease->renew_after = lease->retry_after = MINUTE;
}

static void a_lease_in_force_makes_no_room_for_one_that_ends_earlier(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine, AVAL_OK);
    const struct aval_status before = world_status(machine);
    world->network.now += MINUTE;
    world->host->bend = shorten;
    const struct aval_report report = activate(machine, AVAL_LEASE_ENDS_EARLIER);
    assert_non_null(strstr(report.attempts[0].message, "until 2026-11-22T09:11:00Z under license lic-1; in force until "
                                                       "2027-05-21T09:00:00Z under lic-1"));
    const struct aval_status after = world_status(machine);
    assert_int_equal(after.state, AVAL_LICENSED);
    assert_int_equal(after.expires, before.expires);
    assert_int_equal(after.ledger_index, before.ledger_index);
    assert_int_equal(after.ledger_size, 2); /* and the host is held to what it has shown */
    world->host->bend = NULL;
    world->network.now += 1;
    activate(machine, AVAL_OK);
    activate(machine, AVAL_OK); /* to the second the same end */
}

static void a_lease_in_force_makes_room_for_its_own_host_alone(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct fake_host *second = network_add(&world->network, SECOND, "kms2.uni.example");
    activate(machine, AVAL_OK);
    world->network.now += DAY; /* so that the other's would end later */
    world_hosts(machine, SECOND, HOST, NULL);
    const struct aval_report report = activate(machine, AVAL_OK);
    assert_int_equal(report.attempt_count, 2);
    assert_int_equal(report.attempts[0].code, AVAL_LEASE_OTHER_HOST);
    assert_string_equal(world_status(machine).license, "lic-1");
    assert_int_equal(world_status(machine).expires, NOW + 181 * DAY);
    /* the same host under another license, and another host under the same license */
    snprintf(world->host->license.id, NAME_SIZE, "lic-3");
    world->network.now += DAY;
    world_hosts(machine, HOST, NULL, NULL);
    activate(machine, AVAL_OK);
    assert_string_equal(world_status(machine).license, "lic-3");
    snprintf(second->license.id, NAME_SIZE, "lic-3");
    world_hosts(machine, SECOND, NULL, NULL);
    activate(machine, AVAL_OK); /* which the vendor has signed for both */
    assert_int_equal(second->requests, 1);
}

static void a_lease_that_has_ended_makes_room_for_any_other(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct fake_host *second = network_add(&world->network, SECOND, "kms2.uni.example");
    activate(machine, AVAL_OK);
    world_hosts(machine, SECOND, NULL, NULL);
    world->network.now += 180 * DAY - 1;
    activate(machine, AVAL_LEASE_OTHER_HOST);
    assert_int_equal(second->requests, 0);
    world->network.now += 1;
    second->bend = shorten;
    activate(machine, AVAL_OK);
    assert_string_equal(world_status(machine).license, second->license.id);
}

static void a_license_that_was_shown_or_is_kept_is_not_fetched(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine, AVAL_OK);
    activate(machine, AVAL_OK);
    assert_int_equal(network_asked(&world->network, "/v1/license/"), 0);
    assert_int_equal(network_asked(&world->network, "/v1/introduction/acme.example/studio/pro"), 1);
}

static void a_renewal_waits_until_it_is_due_unless_forced(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct aval_report report = {.size = sizeof report};
    activate(machine, AVAL_OK);
    world->network.now = world_status(machine).renew_at - 1;
    const seconds asked = world->network.now;
    assert_int_equal(aval_renew(machine, NULL, 0, &report), AVAL_OK);
    assert_int_equal(report.attempt_count, 0);
    assert_int_equal(aval_renew(machine, NULL, 1, &report), AVAL_OK);
    assert_int_equal(report.attempt_count, 1);
    world->network.now += 7 * DAY;
    assert_int_equal(aval_renew(machine, NULL, 0, &report), AVAL_OK);
    assert_int_equal(report.attempt_count, 1);
    assert_int_equal(world_status(machine).issued, asked + 7 * DAY);
}

/* What a timer does, at that time; how many hosts it asked. */
static size_t renew_at(struct world *world, aval_machine *machine, seconds time, int code)
{
    struct aval_report report = {.size = sizeof report};
    world->network.now = time;
    assert_int_equal(aval_renew(machine, NULL, 0, &report), code);
    return report.attempt_count;
}

static void after_a_denial_a_timer_asks_nobody_until_the_next_try(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    world->host->refuse = ERR_NO_SEATS;
    world->host->refuse_for = 3 * HOUR;
    assert_int_equal(renew_at(world, machine, NOW, AVAL_NO_SEATS), 1);
    const seconds next = world_status(machine).retry_at;
    assert_int_equal(renew_at(world, machine, next - 1, AVAL_NO_SEATS), 0);
    assert_non_null(strstr(aval_last_message(machine), HOST));
    world->host->refuse = OK;
    activate(machine, AVAL_OK); /* a person need not wait */
    world->host->refuse = ERR_NO_SEATS;
    const seconds due = world_status(machine).renew_at;
    assert_int_equal(renew_at(world, machine, due, AVAL_NO_SEATS), 1);
    assert_int_equal(world_status(machine).renew_at, due); /* it is no later for that */
    assert_int_equal(renew_at(world, machine, world_status(machine).retry_at - 1, AVAL_OK),
                     0); /* a lease is in force */
    assert_int_equal(renew_at(world, machine, world_status(machine).retry_at, AVAL_NO_SEATS), 1);
    world->network.now -= DAY; /* the clock had been ahead: nothing is counted from then */
    assert_int_equal(world_status(machine).retry_at, 0);
}

static void who_does_not_answer_is_asked_less_often_each_time_and_in_time(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine, AVAL_OK);
    world->host->lie = LIE_SILENT;
    seconds time = world_status(machine).renew_at;
    for (seconds wait = 2 * HOUR; wait < 20 * HOUR; wait *= 2) {
        assert_int_equal(renew_at(world, machine, time, AVAL_HOST_TIMEOUT), 1);
        assert_waits(machine, wait);
        time = world_status(machine).retry_at;
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(renew_at(world, machine, time, AVAL_HOST_TIMEOUT), 1);
        assert_waits(machine, DAY);
        time = world_status(machine).retry_at;
    }
    const seconds end = world_status(machine).expires;
    assert_int_equal(renew_at(world, machine, end - 4 * HOUR, AVAL_HOST_TIMEOUT), 1);
    assert_int_equal(world_status(machine).retry_at, end - 3 * HOUR);
    world->host->lie = LIE_NONE;
    assert_int_equal(renew_at(world, machine, end - 3 * HOUR, AVAL_OK), 1);
    world->host->lie = LIE_SILENT;
    assert_int_equal(renew_at(world, machine, world_status(machine).renew_at, AVAL_HOST_TIMEOUT), 1);
    assert_waits(machine, 2 * HOUR); /* counted anew */
}

/* Who is asked, or for what, has changed: what was said before is no reason to wait. */
static void nobody_waits_for_hosts_and_keys_that_were_changed(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    const char *const hosts[] = {HOST};
    world->host->lie = LIE_SILENT;
    assert_int_equal(renew_at(world, machine, NOW, AVAL_HOST_TIMEOUT), 1);
    assert_int_equal(renew_at(world, machine, NOW + 1, AVAL_HOST_TIMEOUT), 0);
    assert_int_equal(aval_hosts_set(machine, hosts, 1), AVAL_OK);
    assert_int_equal(renew_at(world, machine, NOW + 2, AVAL_HOST_TIMEOUT), 1);
    assert_int_equal(aval_site_key_remove(machine), AVAL_OK);
    assert_int_equal(renew_at(world, machine, NOW + 3, AVAL_HOST_TIMEOUT), 1);
    assert_int_equal(renew_at(world, machine, NOW + 4, AVAL_HOST_TIMEOUT), 0);
}

static void install_key(aval_machine *machine, enum product_key_mode mode)
{
    const struct product_key key = product_key_make(mode, "acme.example", "studio", "pro");
    char text[PRODUCT_KEY_TEXT_SIZE];
    product_key_write(&key, text);
    assert_int_equal(aval_key_install(machine, text), AVAL_OK);
}

static void make_counted(struct fake_host *host)
{
    host->license.mode = LICENSE_COUNTED;
    host->license.threshold = 0;
    host->license.lease = 0;
}

static void a_product_key_gets_a_license_of_its_mode_or_nothing(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    make_counted(world->host);
    activate(machine, AVAL_LICENSE_OTHER_MODE);
    assert_int_equal(network_asked(&world->network, "/v1/activate"), 0);
    install_key(machine, PRODUCT_KEY_COUNTED);
    activate(machine, AVAL_OK);
    assert_int_equal(network_asked(&world->network, "/v1/introduction/acme.example/studio/pro/counted"), 1);
    assert_true(world->host->last_request.counted);
    const struct aval_status status = world_status(machine);
    assert_true(status.counted && status.key_counted);
    assert_int_equal(status.expires, status.license_ends);
    install_key(machine, PRODUCT_KEY_VOLUME);
    assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    assert_false(world_status(machine).key_counted);
    activate(machine, AVAL_COUNTED_ONLY);
    assert_int_equal(world_status(machine).state, AVAL_LICENSED);
}

/* From the last answer, and at most an eighth sooner. */
static void assert_renews_after(aval_machine *machine, seconds after)
{
    const struct aval_status status = world_status(machine);
    assert_in_range(status.renew_at - status.last_asked, after - after / 8, after);
}

/* The lease that there is may be given again; nothing is younger for that. */
static void after_a_lease_was_given_again_the_next_renewal_is_counted_from_then(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    make_counted(world->host);
    install_key(machine, PRODUCT_KEY_COUNTED);
    activate(machine, AVAL_OK);
    assert_renews_after(machine, 7 * DAY);
    world->network.now += 8 * DAY;
    activate(machine, AVAL_OK);
    assert_renews_after(machine, 7 * DAY);
    world->network.now = NOW + 359 * DAY; /* more often as the end comes near, for a lease that may follow */
    activate(machine, AVAL_OK);
    assert_renews_after(machine, 3 * DAY);
    world->network.now = NOW + 365 * DAY - HOUR;
    activate(machine, AVAL_OK);
    assert_renews_after(machine, 2 * HOUR);
}

static void without_product_or_key_nobody_is_asked(void **state)
{
    struct world *world = *state;
    aval_machine *bare = world_open(world, "bare", "bare");
    activate(bare, AVAL_NO_PRODUCT);
    assert_false(world_has(world, "bare"));
    aval_machine *machine = world_machine(world, "one");
    const struct aval_status status = world_status(machine);
    assert_int_equal(aval_key_remove(machine, status.key_suffix), AVAL_OK);
    activate(machine, AVAL_NO_PRODUCT_KEY);
    assert_int_equal(world->network.path_count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)
    const struct CMUnitTest tests[] = {
        TEST(an_honest_host_gives_a_lease_that_is_in_force),
        TEST(the_request_says_what_the_host_needs_and_no_more),
        TEST(a_lying_host_is_refused_by_the_name_of_the_link),
        TEST(a_lying_host_does_not_take_away_the_lease_in_force),
        TEST(a_lease_logged_with_wrong_contents_is_refused),
        TEST(a_revoked_license_is_refused_once_the_list_is_known),
        TEST(a_denial_is_reported_with_its_numbers),
        TEST(seats_are_reported_with_their_holders),
        TEST(a_clock_five_hours_off_is_said_by_the_host),
        TEST(hosts_are_tried_in_turn_until_one_is_believed),
        TEST(all_failures_are_reported_and_the_last_answer_is_the_code),
        TEST(the_host_of_the_environment_is_asked_after_those_configured),
        TEST(without_a_host_nobody_is_asked),
        TEST(a_renewal_shows_that_the_ledger_extends_what_was_seen),
        TEST(a_ledger_that_was_rewritten_is_refused),
        TEST(a_missing_consistency_proof_is_a_broken_one),
        TEST(a_ledger_that_shrank_is_refused),
        TEST(a_host_is_held_to_what_it_has_introduced_itself_with),
        TEST(each_ledger_is_held_to_what_it_showed_before),
        TEST(a_higher_epoch_is_taken_where_the_lease_in_it_carries_what_was_seen),
        TEST(a_higher_epoch_that_does_not_carry_what_was_seen_is_not_taken),
        TEST(a_host_that_asks_to_be_left_alone_for_years_is_asked_again_after_a_day),
        TEST(while_a_lease_is_in_force_it_is_the_license_that_says_how_long_to_wait),
        TEST(a_lease_in_force_makes_no_room_for_one_that_ends_earlier),
        TEST(a_lease_in_force_makes_room_for_its_own_host_alone),
        TEST(a_lease_that_has_ended_makes_room_for_any_other),
        TEST(a_license_that_was_shown_or_is_kept_is_not_fetched),
        TEST(a_renewal_waits_until_it_is_due_unless_forced),
        TEST(after_a_denial_a_timer_asks_nobody_until_the_next_try),
        TEST(who_does_not_answer_is_asked_less_often_each_time_and_in_time),
        TEST(nobody_waits_for_hosts_and_keys_that_were_changed),
        TEST(a_product_key_gets_a_license_of_its_mode_or_nothing),
        TEST(after_a_lease_was_given_again_the_next_renewal_is_counted_from_then),
        TEST(without_product_or_key_nobody_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
