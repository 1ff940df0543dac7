/*
 * While a host is asked, nothing is locked: others read and write the folder, and what comes back is stored only where
 * what was asked for still stands.
 */
#include "gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND "kms2.uni.example:8216"
#define NOBODY "nobody.example:8216"

static struct gate gate;

/* A world whose machines go through the gate. */
static int begin(void **state)
{
    if (world_begin(state) != 0)
        return -1;
    struct world *world = *state;
    gate = (struct gate){
        .network = &world->network, .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    world->transport = gate_ask;
    world->transport_context = &gate;
    return 0;
}

static int activate(aval_machine *machine, struct aval_report *ret_report)
{
    return aval_activate(machine, NULL, ret_report);
}
static int renew(aval_machine *machine, struct aval_report *ret_report)
{
    return aval_renew(machine, NULL, 0, ret_report);
}
static int release(aval_machine *machine, struct aval_report *ret_report)
{
    return aval_release(machine, NULL, ret_report);
}

static void must(aval_machine *machine, errand *work)
{
    struct aval_report report = {.size = sizeof report};
    if (work(machine, &report) != AVAL_OK)
        fail_msg("%s", aval_last_message(machine));
}

static void no_evidence(aval_machine *machine)
{
    size_t count = 1;
    assert_int_equal(aval_evidence_count(machine, &count), AVAL_OK);
    assert_int_equal(count, 0);
}

static void install_key(aval_machine *machine, const char *edition)
{
    char key[PRODUCT_KEY_TEXT_SIZE];
    const struct product_key generic = product_key_generic("acme.example", "studio", edition);
    product_key_write(&generic, key);
    assert_int_equal(aval_key_install(machine, key), AVAL_OK);
}

static void remove_key(aval_machine *machine)
{
    const struct aval_status status = world_status(machine);
    assert_int_equal(aval_key_remove(machine, status.key_suffix), AVAL_OK);
}

/* The machine that asks, and somebody else on the same folder. */
struct pair {
    aval_machine *one;
    aval_machine *other;
    struct worker worker;
};

static struct pair open_pair(struct world *world)
{
    struct pair pair = {.one = world_machine(world, "one")};
    pair.other = world_open(world, "one", "one");
    return pair;
}

static void others_read_and_write_while_a_host_is_asked(void **state)
{
    struct world *world = *state;
    struct pair pair = open_pair(world);
    gate_stop(&gate, GATE_BEFORE_HOST, "/v1/activate", &pair.worker, pair.one, activate);
    world_hosts(pair.other, SECOND, HOST, NULL);
    install_key(pair.other, "pro");
    assert_int_equal(world_status(pair.other).state, AVAL_GRACE);
    assert_int_equal(gate_release(&gate, &pair.worker), AVAL_OK);
    assert_int_equal(world_status(pair.other).state, AVAL_LICENSED);
    assert_string_equal(aval_host(pair.other, 0), SECOND);
}

static void other_id(struct license *license)
{
    snprintf(license->id, sizeof license->id, "lic-0");
}

static void others_write_while_a_host_introduces_itself(void **state)
{
    struct world *world = *state;
    struct pair pair = open_pair(world);
    gate_stop(&gate, GATE_BEFORE_HOST, "/v1/introduction/", &pair.worker, pair.one, activate);
    world_hosts(pair.other, SECOND, NULL, NULL);
    assert_int_equal(gate_release(&gate, &pair.worker), AVAL_OK);
}

static void others_write_while_a_license_is_fetched(void **state)
{
    struct world *world = *state;
    struct pair pair = open_pair(world);
    world->host->bend_license = other_id;
    gate_stop(&gate, GATE_BEFORE_HOST, "/v1/license/", &pair.worker, pair.one, activate);
    world_hosts(pair.other, SECOND, NULL, NULL);
    assert_int_equal(gate_release(&gate, &pair.worker), AVAL_OK);
}

static void others_write_while_a_lease_is_given_back(void **state)
{
    struct world *world = *state;
    struct pair pair = open_pair(world);
    must(pair.one, activate);
    gate_stop(&gate, GATE_BEFORE_HOST, "/v1/release", &pair.worker, pair.one, release);
    world_hosts(pair.other, SECOND, NULL, NULL);
    assert_int_equal(world_status(pair.other).state, AVAL_LICENSED);
    assert_int_equal(gate_release(&gate, &pair.worker), AVAL_OK);
    assert_int_equal(world_status(pair.other).code, AVAL_NO_LEASE);
}

static void dropped(struct world *world, struct pair *pair)
{
    assert_int_equal(gate_release(&gate, &pair->worker), AVAL_STATE_CHANGED);
    assert_int_equal(pair->worker.report.attempt_count, 1);
    assert_int_equal(pair->worker.report.attempts[0].code, AVAL_STATE_CHANGED);
    assert_non_null(strstr(aval_last_message(pair->one), HOST));
    assert_false(world_has(world, "one/" LEASE_IN "next.license"));
    no_evidence(pair->other);
}

static void a_lease_for_a_key_that_was_removed_is_dropped(void **state)
{
    struct world *world = *state;
    struct pair pair = open_pair(world);
    gate_stop(&gate, GATE_BEFORE_HOST, "/v1/activate", &pair.worker, pair.one, activate);
    remove_key(pair.other);
    dropped(world, &pair);
    assert_false(world_has(world, "one/" LEASE_IN "lease.tlog-proof"));
    assert_int_equal(world_status(pair.other).code, AVAL_NO_PRODUCT_KEY);
    assert_string_equal(world_status(pair.other).last_host, "");
}

static void a_lease_for_a_key_that_was_replaced_is_dropped(void **state)
{
    struct world *world = *state;
    struct pair pair = open_pair(world);
    gate_stop(&gate, GATE_AFTER_HOST, "/v1/activate", &pair.worker, pair.one, activate);
    install_key(pair.other, "edu");
    dropped(world, &pair);
    assert_false(world_has(world, "one/" LEASE_IN "lease.tlog-proof"));
    assert_string_equal(world_status(pair.other).edition, "edu");
}

/* As a home on a server does that two machines use. */
static void another_machine_on_the_same_folder_gets_its_own_lease_meanwhile(void **state)
{
    struct world *world = *state;
    struct pair pair = open_pair(world);
    aval_machine *moved = world_open(world, "one", "another board");
    gate_stop(&gate, GATE_AFTER_HOST, "/v1/activate", &pair.worker, pair.one, activate);
    must(moved, activate);
    assert_int_equal(gate_release(&gate, &pair.worker), AVAL_OK);
    assert_int_equal(world_status(pair.one).state, AVAL_LICENSED);
    assert_int_equal(world_status(moved).state, AVAL_LICENSED);
    assert_string_not_equal(world_status(pair.one).machine_id, world_status(moved).machine_id);
    must(moved, release);
    assert_int_equal(world_status(pair.one).state, AVAL_LICENSED);
    must(pair.one, renew);
}

/* Somebody has removed its secret half, so that the machine makes itself anew. */
static void lose_the_secret(const struct world *world)
{
    char path[PATH_SIZE];
    assert_true(is_ok(path_join(path, world->root, "one/secret/acme.example")));
    assert_true(is_ok(file_remove(path, NULL)));
}

static void a_lease_for_a_former_identity_is_dropped(void **state)
{
    struct world *world = *state;
    struct pair pair = open_pair(world);
    gate_stop(&gate, GATE_AFTER_HOST, "/v1/activate", &pair.worker, pair.one, activate);
    lose_the_secret(world);
    must(pair.other, activate);
    const struct aval_status before = world_status(pair.other);
    dropped(world, &pair);
    assert_int_equal(world_status(pair.other).state, AVAL_LICENSED);
    assert_int_equal(world_status(pair.other).ledger_index, before.ledger_index);
}

/* Before anything is signed with the former key. */
static void nobody_is_asked_in_the_name_of_a_former_identity(void **state)
{
    struct world *world = *state;
    struct pair pair = open_pair(world);
    gate_stop(&gate, GATE_BEFORE_HOST, "/v1/introduction/", &pair.worker, pair.one, activate);
    lose_the_secret(world);
    must(pair.other, activate);
    dropped(world, &pair);
    assert_int_equal(world->host->requests, 1);
}

static void a_new_identity_alone_is_enough_to_drop_a_lease(void **state)
{
    struct world *world = *state;
    struct pair pair = open_pair(world);
    gate_stop(&gate, GATE_AFTER_HOST, "/v1/activate", &pair.worker, pair.one, activate);
    lose_the_secret(world);
    world->host->refuse = ERR_MACHINE_BLOCKED;
    assert_int_equal(aval_activate(pair.other, NULL, NULL), AVAL_MACHINE_BLOCKED);
    dropped(world, &pair);
    assert_int_equal(world_status(pair.other).code, AVAL_NO_LEASE);
}

/* And no further host is asked for one more. */
static void other_host_gives_one_meanwhile(struct world *world, const char *name)
{
    struct pair pair = open_pair(world);
    const struct fake_host *second = network_add(&world->network, SECOND, name);
    world_hosts(pair.one, HOST, SECOND, NULL);
    gate_stop(&gate, GATE_BEFORE_HOST, "/v1/activate", &pair.worker, pair.one, activate);
    world_hosts(pair.other, SECOND, NULL, NULL);
    must(pair.other, activate);
    dropped(world, &pair);
    assert_string_equal(world_status(pair.other).license, second->license.id);
    assert_int_equal(world_status(pair.other).last_code, AVAL_OK);
    assert_int_equal(second->requests, 1);
    must(pair.other, release);
}

static void a_lease_is_dropped_where_another_host_gave_one_meanwhile(void **state)
{
    other_host_gives_one_meanwhile(*state, "kms2.uni.example");
}

static void a_host_of_the_same_name_with_another_key_is_another_host(void **state)
{
    other_host_gives_one_meanwhile(*state, "kms.uni.example");
}

/* The host takes the later of two requests for this machine's; so does the machine, whichever answer comes first. */
static void of_two_leases_at_once_the_later_is_kept_when_it_comes_first(void **state)
{
    struct world *world = *state;
    struct pair pair = open_pair(world);
    gate_stop(&gate, GATE_AFTER_HOST, "/v1/activate", &pair.worker, pair.one, activate);
    world->network.now += MINUTE;
    must(pair.other, activate);
    assert_int_equal(world_status(pair.other).ledger_index, 1);
    assert_int_equal(gate_release(&gate, &pair.worker), AVAL_OK);
    assert_non_null(strstr(pair.worker.report.attempts[0].message, "lease 1 "));
    assert_int_equal(world_status(pair.other).ledger_index, 1);
    assert_int_equal(world_status(pair.other).ledger_size, 2);
    no_evidence(pair.one);
    must(pair.one, release);
}

static void of_two_leases_at_once_the_later_is_kept_when_it_comes_last(void **state)
{
    struct world *world = *state;
    struct pair pair = open_pair(world);
    gate_stop(&gate, GATE_BEFORE_HOST, "/v1/activate", &pair.worker, pair.one, activate);
    must(pair.other, activate);
    assert_int_equal(world_status(pair.other).ledger_index, 0);
    world->network.now += MINUTE;
    assert_int_equal(gate_release(&gate, &pair.worker), AVAL_OK); /* its number was overtaken, and it takes another */
    assert_int_equal(world->host->last_request.number, 3);
    assert_int_equal(world_status(pair.other).ledger_index, 1);
    assert_int_equal(world->host->leaf_count, 2);
    no_evidence(pair.one);
    must(pair.one, release);
}

/* An answer that is late speaks of a smaller ledger than the one that is known by then: that is nobody's lie. */
static void two_renewals_at_once_leave_no_evidence(void **state)
{
    struct world *world = *state;
    struct pair pair = open_pair(world);
    must(pair.one, activate);
    world->network.now += 7 * DAY;
    gate_stop(&gate, GATE_AFTER_HOST, "/v1/activate", &pair.worker, pair.one, renew);
    world->network.now += MINUTE;
    must(pair.other, renew);
    world->network.now += MINUTE;
    must(pair.other, activate);
    assert_int_equal(gate_release(&gate, &pair.worker), AVAL_OK);
    assert_string_equal(pair.worker.report.attempts[0].message,
                        "lease 3 of the ledger of kms.uni.example/acme.example, stored by somebody else meanwhile");
    assert_int_equal(world_status(pair.one).ledger_index, 3);
    no_evidence(pair.one);
}

static void a_renewal_whose_lease_was_given_back_meanwhile_is_dropped(void **state)
{
    struct world *world = *state;
    struct pair pair = open_pair(world);
    must(pair.one, activate);
    world->network.now += 7 * DAY;
    gate_stop(&gate, GATE_BEFORE_HOST, "/v1/activate", &pair.worker, pair.one, renew);
    must(pair.other, release);
    dropped(world, &pair);
    assert_int_equal(world_status(pair.other).code, AVAL_NO_LEASE);
    must(pair.other, activate);
}

/* The release has the higher number, so it gives back the lease that is on its way as well. */
static void a_lease_that_is_being_renewed_is_given_back_with_the_renewal(void **state)
{
    struct world *world = *state;
    struct pair pair = open_pair(world);
    must(pair.one, activate);
    world->network.now += 7 * DAY;
    gate_stop(&gate, GATE_AFTER_HOST, "/v1/activate", &pair.worker, pair.one, renew);
    must(pair.other, release);
    dropped(world, &pair);
    assert_int_equal(world_status(pair.other).code, AVAL_NO_LEASE);
    must(pair.other, activate);
}

static void a_release_leaves_a_lease_that_was_stored_meanwhile(void **state)
{
    struct world *world = *state;
    struct pair pair = open_pair(world);
    must(pair.one, activate);
    gate_stop(&gate, GATE_AFTER_HOST, "/v1/release", &pair.worker, pair.one, release);
    must(pair.other, activate);
    assert_int_equal(gate_release(&gate, &pair.worker), AVAL_STATE_CHANGED);
    assert_int_equal(world_status(pair.other).state, AVAL_LICENSED);
    must(pair.other, release);
}

/* Nor is the first lease of a product, where it was given back before its answer came. */
static void a_lease_with_a_number_below_that_of_a_release_is_not_stored(void **state)
{
    struct world *world = *state;
    struct pair pair = open_pair(world);
    gate_stop(&gate, GATE_AFTER_HOST, "/v1/activate", &pair.worker, pair.one, activate);
    world->network.now += MINUTE;
    must(pair.other, activate);
    must(pair.other, release);
    dropped(world, &pair);
    assert_int_equal(world_status(pair.other).code, AVAL_NO_LEASE);
}

/* A renewal that was asked for before the release and comes while that is under way goes with it. */
static void a_release_takes_along_a_lease_that_was_asked_for_before(void **state)
{
    struct world *world = *state;
    struct pair pair = open_pair(world);
    must(pair.one, activate);
    world->network.now += MINUTE;
    must(pair.other, activate);
    gate_stop(&gate, GATE_AFTER_HOST, "/v1/release", &pair.worker, pair.one, release);
    CLEANUP_BUFFER struct buffer proof = buffer_make(NOTE_MAX);
    world_read(world, "one/" LEASE_IN "lease.tlog-proof", &proof);
    proof.data[proof.size - 10] ^= 1; /* another file, and the same number in it */
    world_write(world, "one/" LEASE_IN "lease.tlog-proof", buffer_slice(&proof));
    assert_int_equal(gate_release(&gate, &pair.worker), AVAL_OK);
    assert_int_equal(world_status(pair.other).code, AVAL_NO_LEASE);
    assert_false(world_has(world, "one/" LEASE_IN "lease.tlog-proof"));
}

/* Both send the very same note, which is answered with the same leaf. */
static void two_releases_at_once_are_one(void **state)
{
    struct world *world = *state;
    struct pair pair = open_pair(world);
    must(pair.one, activate);
    gate_stop(&gate, GATE_BEFORE_HOST, "/v1/release", &pair.worker, pair.one, release);
    must(pair.other, release);
    assert_int_equal(gate_release(&gate, &pair.worker), AVAL_OK);
    assert_int_equal(world->host->leaf_count, 2);
    assert_int_equal(world_status(pair.other).code, AVAL_NO_LEASE);
}

static void a_renewal_goes_to_no_other_host_where_somebody_has_renewed_meanwhile(void **state)
{
    struct world *world = *state;
    struct pair pair = open_pair(world);
    must(pair.one, activate);
    world->network.now += 7 * DAY;
    world_hosts(pair.one, NOBODY, HOST, NULL);
    gate_stop(&gate, GATE_BEFORE_HOST, "/v1/introduction/", &pair.worker, pair.one, renew);
    must(pair.other, renew);
    const size_t requests = world->host->requests;
    assert_int_equal(gate_release(&gate, &pair.worker), AVAL_OK);
    assert_int_equal(pair.worker.report.attempt_count, 1);
    assert_int_equal(pair.worker.report.attempts[0].code, AVAL_HOST_UNREACHABLE);
    assert_int_equal(world->host->requests, requests);
}

static void the_next_host_is_asked_with_what_the_folder_says_by_then(void **state)
{
    struct world *world = *state;
    struct pair pair = open_pair(world);
    world_hosts(pair.one, NOBODY, HOST, NULL);
    gate_stop(&gate, GATE_BEFORE_HOST, "/v1/introduction/", &pair.worker, pair.one, activate);
    remove_key(pair.other);
    assert_int_equal(gate_release(&gate, &pair.worker), AVAL_NO_PRODUCT_KEY);
    assert_int_equal(world->host->requests, 0);
}

/* Asked without a name, while one product was installed; a second one must not confuse the answer. */
static void a_second_product_installed_meanwhile_changes_nothing(void **state)
{
    struct world *world = *state;
    struct pair pair = open_pair(world);
    char vendor_key[VERIFIER_KEY_TEXT_SIZE];
    struct buffer document CLEANUP_BUFFER = buffer_make(NOTE_MAX);
    network_product_named(&world->network, "viewer", NOW - DAY, &document);
    verifier_key_write(signing_key_verifier(world->network.vendor), vendor_key);
    gate_stop(&gate, GATE_BEFORE_HOST, "/v1/activate", &pair.worker, pair.one, activate);
    assert_int_equal(aval_product_install(pair.other, (const char *)document.data, document.size, vendor_key), AVAL_OK);
    assert_int_equal(gate_release(&gate, &pair.worker), AVAL_OK);
    assert_int_equal(world_status(pair.other).state, AVAL_LICENSED);
}

static void set_revocations(struct fake_host *host, uint64_t sequence, const char *license)
{
    free(host->revocations);
    host->revocations = calloc(1, sizeof *host->revocations);
    assert_non_null(host->revocations);
    *host->revocations =
        (struct revocations){.vendor = "acme.example", .sequence = sequence, .issued = NOW, .license_count = 1};
    snprintf(host->revocations->licenses[0], NAME_SIZE, "%s", license);
}

static uint64_t sequence_kept(const struct world *world)
{
    struct buffer note CLEANUP_BUFFER = buffer_make(NOTE_MAX);
    struct revocations *revocations = malloc(sizeof *revocations);
    assert_non_null(revocations);
    world_read(world, "one/" LEASE_IN "revocations", &note);
    assert_true(
        is_ok(revocations_open(buffer_slice(&note), signing_key_verifier(world->network.vendor), 1, revocations)));
    const uint64_t sequence = revocations->sequence;
    free(revocations);
    return sequence;
}

static void newer_revocations_are_not_replaced_by_older_ones_that_come_late(void **state)
{
    struct world *world = *state;
    struct pair pair = open_pair(world);
    set_revocations(world->host, 1, "lic-8");
    gate_stop(&gate, GATE_AFTER_HOST, "/v1/revocations/", &pair.worker, pair.one, activate);
    set_revocations(world->host, 2, "lic-9");
    must(pair.other, activate);
    assert_int_equal(sequence_kept(world), 2);
    assert_int_equal(gate_release(&gate, &pair.worker), AVAL_OK);
    assert_int_equal(sequence_kept(world), 2);
}

/* Believed when it came, and no more when it was to be stored. */
static void a_license_revoked_while_it_was_asked_for_is_not_stored(void **state)
{
    struct world *world = *state;
    struct pair pair = open_pair(world);
    gate_stop(&gate, GATE_AFTER_HOST, "/v1/activate", &pair.worker, pair.one, activate);
    set_revocations(world->host, 1, "lic-1");
    assert_int_equal(aval_activate(pair.other, NULL, NULL), AVAL_LICENSE_REVOKED);
    assert_int_equal(gate_release(&gate, &pair.worker), AVAL_LICENSE_REVOKED);
    assert_false(world_has(world, "one/" LEASE_IN "lease.tlog-proof"));
}

/* Nobody waits for anybody; what is left in the end is one lease, and the host knows it as this machine's. */

enum { CROWD = 3, ROUNDS = 3 };

static int activate_often(aval_machine *machine, struct aval_report *ret_report)
{
    for (int i = 0; i < ROUNDS; i++) {
        const int code = aval_activate(machine, NULL, ret_report);
        struct aval_status status = {.size = sizeof status};
        if (code != AVAL_OK && code != AVAL_STATE_CHANGED)
            return code;
        if (aval_status(machine, NULL, &status) != AVAL_OK || status.state != AVAL_LICENSED)
            return AVAL_INTERNAL;
    }
    return AVAL_OK;
}

static void a_crowd_that_activates_at_once_ends_with_one_lease(void **state)
{
    struct world *world = *state;
    struct worker workers[CROWD];
    aval_machine *machine = world_machine(world, "one");
    must(machine, activate);
    for (size_t i = 0; i < CROWD; i++)
        worker_start(&workers[i], i == 0 ? machine : world_open(world, "one", "one"), activate_often);
    for (size_t i = 0; i < CROWD; i++)
        if (worker_end(&workers[i]) != AVAL_OK)
            fail_msg("%s", aval_last_message(workers[i].machine));
    no_evidence(machine);
    must(machine, release);
    assert_int_equal(world_status(machine).code, AVAL_NO_LEASE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, world_end)
    const struct CMUnitTest tests[] = {
        TEST(others_read_and_write_while_a_host_is_asked),
        TEST(others_write_while_a_host_introduces_itself),
        TEST(others_write_while_a_license_is_fetched),
        TEST(others_write_while_a_lease_is_given_back),
        TEST(a_lease_for_a_key_that_was_removed_is_dropped),
        TEST(a_lease_for_a_key_that_was_replaced_is_dropped),
        TEST(another_machine_on_the_same_folder_gets_its_own_lease_meanwhile),
        TEST(a_lease_for_a_former_identity_is_dropped),
        TEST(nobody_is_asked_in_the_name_of_a_former_identity),
        TEST(a_new_identity_alone_is_enough_to_drop_a_lease),
        TEST(a_lease_is_dropped_where_another_host_gave_one_meanwhile),
        TEST(a_host_of_the_same_name_with_another_key_is_another_host),
        TEST(of_two_leases_at_once_the_later_is_kept_when_it_comes_first),
        TEST(of_two_leases_at_once_the_later_is_kept_when_it_comes_last),
        TEST(two_renewals_at_once_leave_no_evidence),
        TEST(a_renewal_whose_lease_was_given_back_meanwhile_is_dropped),
        TEST(a_lease_that_is_being_renewed_is_given_back_with_the_renewal),
        TEST(a_release_leaves_a_lease_that_was_stored_meanwhile),
        TEST(a_lease_with_a_number_below_that_of_a_release_is_not_stored),
        TEST(a_release_takes_along_a_lease_that_was_asked_for_before),
        TEST(two_releases_at_once_are_one),
        TEST(a_renewal_goes_to_no_other_host_where_somebody_has_renewed_meanwhile),
        TEST(the_next_host_is_asked_with_what_the_folder_says_by_then),
        TEST(a_second_product_installed_meanwhile_changes_nothing),
        TEST(newer_revocations_are_not_replaced_by_older_ones_that_come_late),
        TEST(a_license_revoked_while_it_was_asked_for_is_not_stored),
        TEST(a_crowd_that_activates_at_once_ends_with_one_lease),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
