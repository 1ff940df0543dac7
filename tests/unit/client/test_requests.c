/* What a machine asks, and of whom: hosts that introduce themselves, numbers, and the request that a lease carries. */
#include "state/records.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND "kms2.uni.example:8216"

static struct aval_report activate(aval_machine *machine, int expected)
{
    struct aval_report report = {.size = sizeof report};
    const int code = aval_activate(machine, NULL, &report);
    if (code != expected)
        fail_msg("%s instead of %s: %s", aval_code_name(code), aval_code_name(expected), aval_last_message(machine));
    return report;
}

/* The host of the lease in force is known, as long as what was seen of it is. */
static void a_host_introduces_itself_where_its_key_or_its_ledger_is_not_known(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    char path[PATH_SIZE];
    assert_string_equal(activate(machine, AVAL_OK).attempts[0].message,
                        "lease 0 of the ledger of kms.uni.example/acme.example");
    assert_int_equal(world->host->introductions, 1);
    assert_int_equal(network_asked(&world->network, "/v1/revocations"), 0); /* of which it has none */
    activate(machine, AVAL_OK);
    assert_int_equal(world->host->introductions, 1);
    assert_true(is_ok(path_join(path, world->root, "one/" CHECKPOINT_IN)));
    assert_true(is_ok(file_remove(path, NULL)));
    activate(machine, AVAL_OK);
    assert_int_equal(world->host->introductions, 2);
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_OK);
    activate(machine, AVAL_OK);
    assert_int_equal(world->host->introductions, 3);
    assert_int_equal(world->host->last_request.seen.size, 2); /* what the release showed is kept */
}

/* What a host says of itself is looked at before it is asked, so that it counts and gives nothing to whom it is of no
 * use. */
static void other_edition(struct license *license)
{
    snprintf(license->edition, sizeof license->edition, "edu");
}
static void other_vendor(struct license *license)
{
    struct slice host;
    struct slice vendor;
    assert_true(is_ok(host_key_name_read(license->host_keys[0].name, &host, &vendor)));
    snprintf(license->vendor, sizeof license->vendor, "other.example");
    assert_true(is_ok(verifier_key_make(slice_of("kms.uni.example/other.example"), license->host_keys[0].public_key,
                                        &license->host_keys[0])));
}
static void other_key(struct license *license)
{
    license->host_keys[0].public_key[0] ^= 1;
    assert_true(is_ok(verifier_key_make(slice_of(license->host_keys[0].name), license->host_keys[0].public_key,
                                        &license->host_keys[0])));
}

static void whoever_introduces_himself_by_what_is_not_believed_is_not_asked(void **state)
{
    static const struct {
        void (*bend)(struct license *license);
        int code;
    } rows[] = {
        {other_edition, AVAL_LICENSE_OTHER_PRODUCT},
        {other_vendor, AVAL_LICENSE_OTHER_VENDOR},
        {other_key, AVAL_CHECKPOINT_SIGNER},
    };
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world->host->bend_license = rows[i].bend;
        activate(machine, rows[i].code);
    }
    assert_int_equal(world->host->requests, 0);
    assert_false(world_has(world, "one/" LEASE_IN "checkpoints"));
    assert_false(world_has(world, "one/" LEASE_IN "number"));
}

/* The vendor has revoked the key that signed what it shows: its license may hold with other hosts. */
static void a_host_whose_key_is_revoked_is_not_asked(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct revocations *revocations = calloc(1, sizeof *revocations); /* the host's to free */
    assert_non_null(revocations);
    *revocations = (struct revocations){.vendor = "acme.example", .sequence = 1, .issued = NOW, .host_key_count = 1};
    revocations->host_keys[0] = *signing_key_verifier(world->host->key);
    world->host->revocations = revocations;
    activate(machine, AVAL_LICENSE_REVOKED);
    assert_int_equal(world->host->requests, 0);
}

static uint64_t last_number(const struct world *world)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    struct numbers numbers;
    world_read(world, "one/" LEASE_IN "number", &text);
    assert_true(is_ok(numbers_read(buffer_slice(&text), &numbers)));
    return numbers.last;
}

static void each_request_has_a_number_above_the_one_before_whatever_became_of_that(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    struct fake_host *second = network_add(&world->network, SECOND, "kms2.uni.example");
    activate(machine, AVAL_OK);
    assert_int_equal(world->host->last_request.number, 1);
    world->host->refuse = ERR_HOST_BUSY;
    activate(machine, AVAL_HOST_BUSY);
    assert_int_equal(world->host->last_request.number, 2);
    world->host->lie = LIE_SILENT; /* it was written down before anybody was asked */
    activate(machine, AVAL_HOST_TIMEOUT);
    assert_int_equal(last_number(world), 3);
    world->network.now += 180 * DAY;
    world_hosts(machine, SECOND, NULL, NULL);
    activate(machine, AVAL_OK);
    assert_int_equal(second->last_request.number, 4);
}

/* The machine goes on above its own last leaf, at once, and the record is whole again. */
static void a_lost_record_of_numbers_is_made_up_for_by_the_host(void **state)
{
    static const char *const spoiled[] = {
        "", "spoiled\n", "aval number v1\nmachine 11111111111111111111111111111111\nlast 90\nreleased 0\n"};
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine, AVAL_OK);
    activate(machine, AVAL_OK);
    world->network.now += HOUR;
    activate(machine, AVAL_OK);
    assert_int_equal(world->host->last_request.number, 3);
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_OK);
    for (size_t i = 0; i < sizeof spoiled / sizeof *spoiled; i++) {
        const size_t requests = world->host->requests;
        world_write(world, "one/" LEASE_IN "number", slice_of(spoiled[i]));
        world->network.now += HOUR;
        const struct aval_report report = activate(machine, AVAL_OK);
        assert_int_equal(report.attempt_count, 1);
        assert_int_equal(world->host->requests, requests + 2);
        assert_int_equal(world->host->last_request.number, 5 + i);
        assert_int_equal(last_number(world), 5 + i);
        char path[PATH_SIZE]; /* the lease would say it as well */
        assert_true(is_ok(path_join(path, world->root, "one/" LEASE_IN "lease.tlog-proof")));
        assert_true(is_ok(file_remove(path, NULL)));
    }
}

static void the_lease_in_force_says_how_far_the_numbers_had_come(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    char path[PATH_SIZE];
    activate(machine, AVAL_OK);
    world->network.now += HOUR;
    activate(machine, AVAL_OK);
    assert_true(is_ok(path_join(path, world->root, "one/" LEASE_IN "number")));
    assert_true(is_ok(file_remove(path, NULL)));
    activate(machine, AVAL_OK);
    assert_int_equal(world->host->requests, 3);
    assert_int_equal(world->host->last_request.number, 3);
}

/* A leaf that this machine did not sign, or that says nothing of the number, moves none: the next one is tried, once.
 */
static void number_used_is_believed_only_where_the_machines_own_signature_says_it(void **state)
{
    struct world *world = *state;
    CLEANUP_BUFFER struct buffer foreign = buffer_make(LEAF_MAX);
    CLEANUP_BUFFER struct buffer own = buffer_make(LEAF_MAX);
    aval_machine *other = world_machine(world, "other");
    aval_machine *machine = world_machine(world, "one");
    activate(other, AVAL_OK);
    activate(machine, AVAL_OK);
    buffer_append(&foreign, world->host->texts[0], world->host->text_sizes[0]);
    buffer_append(&own, world->host->texts[1], world->host->text_sizes[1]);
    const struct {
        const struct buffer *leaf;
        bool spoil;
        uint64_t used; /* by the host's own account */
    } rows[] = {{&foreign, false, 100}, {&own, true, 100}, {&own, false, 100}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const size_t requests = world->host->requests;
        const uint64_t before = last_number(world);
        CLEANUP_BUFFER struct buffer leaf = buffer_make(LEAF_MAX);
        buffer_append_slice(&leaf, buffer_slice(rows[i].leaf));
        if (rows[i].spoil)
            leaf.data[leaf.size - 10] ^= 1;
        world->host->shown_leaf = &leaf;
        world->host->records[1].number = rows[i].used;
        activate(machine, AVAL_NUMBER_USED);
        assert_int_equal(world->host->requests, requests + 2);
        assert_int_equal(last_number(world), before + 2);
        assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    }
}

/* And once only, however often it is said. */
static void a_number_is_raised_once(void **state)
{
    struct world *world = *state;
    CLEANUP_BUFFER struct buffer leaf = buffer_make(LEAF_MAX);
    aval_machine *machine = world_machine(world, "one");
    activate(machine, AVAL_OK);
    for (int i = 0; i < 3; i++) {
        world->network.now += HOUR;
        activate(machine, AVAL_OK);
    }
    buffer_append(&leaf, world->host->texts[3], world->host->text_sizes[3]);
    world->host->shown_leaf = &leaf;
    world->host->records[0].number = 100;
    world_write(world, "one/" LEASE_IN "lease.tlog-proof", slice_of("lost\n"));
    world_write(world, "one/" LEASE_IN "number", slice_of("lost\n"));
    activate(machine, AVAL_NUMBER_USED);
    assert_int_equal(world->host->requests, 6);
    assert_int_equal(last_number(world), 5);
}

/* The operator gave the host a new key; this license or another names it. */
static void change_key(struct fake_host *host, const char *license)
{
    struct signing_key *former = host->key;
    host->key = host->rogue;
    host->rogue = former;
    fake_host_forget(host, 0);
    host->license.host_keys[0] = *signing_key_verifier(host->key);
    snprintf(host->license.id, NAME_SIZE, "%s", license);
}

static void a_host_with_another_key_introduces_itself_once_more(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine, AVAL_OK);
    change_key(world->host, "lic-1");
    world->network.now += DAY;
    const struct aval_report report = activate(machine, AVAL_OK);
    assert_int_equal(report.attempt_count, 1);
    assert_int_equal(world->host->introductions, 2);
    assert_int_equal(world->host->requests, 3);
    assert_true(verifier_key_equal(&world->host->last_request.host_key, signing_key_verifier(world->host->key)));
    world->host->refuse = ERR_REQUEST_OTHER_HOST; /* one that says so for ever is not asked for ever */
    activate(machine, AVAL_REQUEST_OTHER_HOST);
    assert_int_equal(world->host->introductions, 3);
    assert_int_equal(world->host->requests, 5);
}

static void a_host_with_another_key_under_another_license_is_another_host(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine, AVAL_OK);
    change_key(world->host, "lic-7");
    world->network.now += DAY;
    const struct aval_report report = activate(machine, AVAL_LEASE_OTHER_HOST);
    assert_non_null(
        strstr(report.attempts[0].message, "license lic-7; in force until 2027-05-21T09:00:00Z under lic-1"));
    assert_int_equal(world->host->requests, 2); /* and it has given no seat */
    assert_int_equal(world->host->machine_count, 0);
}

/* What a host writes in the place of the request that it was sent. */

static struct signing_key *key_of(uint8_t seed)
{
    uint8_t bytes[SEED_SIZE];
    struct signing_key *key = NULL;
    memset(bytes, seed, sizeof bytes);
    assert_true(is_ok(machine_key_make(bytes, &key)));
    return key;
}

/* Changes the request and signs it by a key of its own, under the name that stands there or under its own. */
static void forge(struct slice note, void (*change)(struct request *request), bool as_other, struct buffer *out)
{
    struct request request;
    CLEANUP_SIGNING_KEY struct signing_key *own = key_of(99);
    CLEANUP_BUFFER struct buffer text = buffer_make(MACHINE_NOTE_MAX);
    assert_true(is_ok(request_open(note, &request)));
    if (change != NULL)
        change(&request);
    if (as_other) {
        request.machine_key = *signing_key_verifier(own);
        request.machine = machine_id_of(request.machine_key.public_key);
        assert_true(is_ok(request_write(&request, &text)));
        assert_true(is_ok(machine_note_sign(buffer_slice(&text), own, out)));
        return;
    }
    assert_true(is_ok(request_write(&request, &text)));
    assert_true(is_ok(machine_note_sign(buffer_slice(&text), own, out)));
    /* the signature line of the machine, over another text */
    struct note parsed;
    assert_true(is_ok(note_read(note, &parsed)));
    buffer_clear(out);
    buffer_append_slice(out, buffer_slice(&text));
    buffer_append_slice(out, slice_make(note.data + parsed.text.size, note.size - parsed.text.size));
}

static void change_edition(struct request *request)
{
    snprintf(request->edition, sizeof request->edition, "edu");
}
static void change_hardware(struct request *request)
{
    request->hardware.digests[0].digest[0] ^= 1;
}
static void change_number(struct request *request)
{
    request->number--;
}
static void note_of_other_machine(struct fake_host *host, struct slice note, struct buffer *out)
{
    (void)host;
    forge(note, NULL, true, out);
}
static void note_with_other_edition(struct fake_host *host, struct slice note, struct buffer *out)
{
    (void)host;
    forge(note, change_edition, false, out);
}
static void note_with_other_hardware(struct fake_host *host, struct slice note, struct buffer *out)
{
    (void)host;
    forge(note, change_hardware, false, out);
}
static void note_with_lower_number(struct fake_host *host, struct slice note, struct buffer *out)
{
    (void)host;
    forge(note, change_number, false, out);
}

static void a_lease_that_carries_another_request_is_refused(void **state)
{
    static const struct {
        void (*bend)(struct fake_host *host, struct slice note, struct buffer *out);
        int code;
    } rows[] = {
        {note_of_other_machine, AVAL_LEASE_OTHER_MACHINE},
        {note_with_other_edition, AVAL_LEASE_OTHER_REQUEST},
        {note_with_other_hardware, AVAL_LEASE_OTHER_REQUEST},
        {note_with_lower_number, AVAL_LEASE_OTHER_REQUEST},
    };
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    world->host->refuse = ERR_HOST_BUSY;
    activate(machine, AVAL_HOST_BUSY); /* so that there is a lower number */
    world->host->refuse = OK;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world->host->bend_note = rows[i].bend;
        world->network.now += HOUR;
        activate(machine, rows[i].code);
        assert_int_not_equal(world_status(machine).state, AVAL_LICENSED);
    }
}

static void a_running_lease_that_is_given_again_is_taken(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    char path[PATH_SIZE];
    activate(machine, AVAL_OK);
    activate(machine, AVAL_OK); /* in the same second: it would not end later */
    assert_int_equal(world->host->leaf_count, 1);
    assert_int_equal(world->host->last_request.number, 2);
    assert_int_equal(world_status(machine).ledger_index, 0);
    assert_int_equal(world_status(machine).state, AVAL_LICENSED);
    assert_true(is_ok(path_join(path, world->root, "one/" LEASE_IN "lease.tlog-proof")));
    assert_true(is_ok(file_remove(path, NULL)));
    activate(machine, AVAL_OK);
    assert_int_equal(world->host->leaf_count, 1);
    assert_int_equal(world_status(machine).state, AVAL_LICENSED);
}

/* What the machine has given back is not given again, whoever kept a copy of the answer. */
static void a_lease_that_was_given_back_is_not_taken_again(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    activate(machine, AVAL_OK);
    const struct machine_record before = world->host->records[0];
    assert_int_equal(aval_release(machine, NULL, NULL), AVAL_OK);
    world->host->records[0] = before;
    activate(machine, AVAL_LEASE_OTHER_REQUEST);
    assert_int_equal(world_status(machine).code, AVAL_NO_LEASE);
}

static void other_id(struct license *license)
{
    snprintf(license->id, sizeof license->id, "lic-0");
}

/* A host may have several licenses; which one a lease is under, the lease says. */
static void a_lease_under_another_license_than_the_one_introduced_brings_its_own(void **state)
{
    struct world *world = *state;
    aval_machine *machine = world_machine(world, "one");
    world->host->bend_license = other_id;
    world->host->lie = LIE_NO_LICENSE_PAGE;
    activate(machine, AVAL_NO_SUCH_PAGE);
    world->host->lie = LIE_NONE;
    activate(machine, AVAL_OK);
    assert_string_equal(world_status(machine).license, "lic-1");
    assert_int_equal(network_asked(&world->network, "/v1/license/lic-1"), 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)
    const struct CMUnitTest tests[] = {
        TEST(a_host_introduces_itself_where_its_key_or_its_ledger_is_not_known),
        TEST(whoever_introduces_himself_by_what_is_not_believed_is_not_asked),
        TEST(a_host_whose_key_is_revoked_is_not_asked),
        TEST(each_request_has_a_number_above_the_one_before_whatever_became_of_that),
        TEST(a_lost_record_of_numbers_is_made_up_for_by_the_host),
        TEST(the_lease_in_force_says_how_far_the_numbers_had_come),
        TEST(number_used_is_believed_only_where_the_machines_own_signature_says_it),
        TEST(a_number_is_raised_once),
        TEST(a_host_with_another_key_introduces_itself_once_more),
        TEST(a_host_with_another_key_under_another_license_is_another_host),
        TEST(a_lease_that_carries_another_request_is_refused),
        TEST(a_running_lease_that_is_given_again_is_taken),
        TEST(a_lease_that_was_given_back_is_not_taken_again),
        TEST(a_lease_under_another_license_than_the_one_introduced_brings_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
