/* What a client of the crash rig takes for an answer, and what it finds wrong with others. */
#include "base/secret.h"
#include "evidence.h"
#include "played_ledger.h"
#include "proto/introduction.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW ((seconds)1795338000)

struct fixture {
    struct played_ledger ledger;
    struct machines machines;
    struct evidence evidence;
    struct faults faults;
    struct machine *machine; /* has seen the empty ledger */
    struct buffer note;      /* that it signed last */
};

static struct machine *add_machine(struct fixture *fixture, uint64_t seed)
{
    struct chance chance = {seed};
    struct machine *const machine = machines_add(&fixture->machines, &chance);
    CLEANUP_BUFFER struct buffer checkpoint = buffer_make(NOTE_MAX);
    CLEANUP_BUFFER struct buffer body = buffer_make(INTRODUCTION_MAX);
    assert_non_null(machine);
    played_ledger_checkpoint(&fixture->ledger, &checkpoint);
    const struct slice license = buffer_slice(&fixture->ledger.license_note);
    const struct introduction introduction = {.license = license, .checkpoint = buffer_slice(&checkpoint)};
    introduction_write(&introduction, &body);
    assert_true(is_ok(evidence_introduce(&fixture->evidence, buffer_slice(&body), license, machine)));
    return machine;
}

static int setup(void **state)
{
    struct fixture *const fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    played_ledger_make(&fixture->ledger, NOW - DAY);
    fixture->evidence = evidence_make(&fixture->ledger.license.host_keys[0]);
    fixture->faults.silent = true;
    fixture->note = buffer_make(MACHINE_NOTE_MAX);
    assert_true(is_ok(machines_make(10, &fixture->machines)));
    fixture->machine = add_machine(fixture, 1);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *const fixture = *state;
    buffer_free(&fixture->note);
    evidence_free(&fixture->evidence);
    machines_free(&fixture->machines);
    played_ledger_free(&fixture->ledger);
    free(fixture);
    return 0;
}

/* Signs the machine's question; the note is borrowed until the next one. */
static struct slice sign(struct fixture *fixture, struct machine *machine)
{
    const struct seen *const seen = &fixture->evidence.checkpoints[machine->question.seen - 1];
    buffer_clear(&fixture->note);
    assert_true(is_ok(machine_note_write(machine, &fixture->ledger.license, seen, &fixture->note)));
    machine->question.note = hash_of(buffer_slice(&fixture->note));
    assert_true(is_ok(evidence_asked(&fixture->evidence, machine)));
    return buffer_slice(&fixture->note);
}

/* The machine asks, and the ledger has it. */
static size_t ask(struct fixture *fixture, enum asking asking)
{
    machine_ask(fixture->machine, asking, NOW);
    const struct slice note = sign(fixture, fixture->machine);
    return asking == ASKS_RELEASE ? played_ledger_release(&fixture->ledger, note, NOW)
                                  : played_ledger_grant(&fixture->ledger, note, NOW);
}

/* The machine receives that leaf as the answer to its question. */
static void receive(struct fixture *fixture, size_t index)
{
    CLEANUP_BUFFER struct buffer body = buffer_make(ANSWER_MAX);
    const uint32_t seen = fixture->machine->question.seen;
    played_ledger_answer(&fixture->ledger, fixture->evidence.checkpoints[seen - 1].size, index, &body);
    const uint32_t number = (uint32_t)machine_number(&fixture->machines, fixture->machine);
    assert_true(is_ok(evidence_keep(&fixture->evidence, number, fixture->machine, buffer_slice(&body))));
    fixture->machine->last = fixture->machine->question;
    assert_true(is_ok(evidence_open(&fixture->evidence, &fixture->machines, &fixture->faults)));
}

/* The machine is told that its number was used, and shown that leaf. */
static void be_shown(struct fixture *fixture, size_t index)
{
    CLEANUP_BUFFER struct buffer body = buffer_make(ANSWER_MAX);
    buffer_append_text(&body, "whatever the denial says\n\n");
    buffer_append_slice(&body, buffer_slice(&fixture->ledger.leaves[index]));
    const uint32_t number = (uint32_t)machine_number(&fixture->machines, fixture->machine);
    assert_true(is_ok(evidence_keep(&fixture->evidence, number, fixture->machine, buffer_slice(&body))));
    assert_true(is_ok(evidence_open(&fixture->evidence, &fixture->machines, &fixture->faults)));
}

/* ---- answers ---- */

static void a_leaf_with_the_note_that_was_sent_is_an_answer(void **state)
{
    struct fixture *const fixture = *state;
    receive(fixture, ask(fixture, ASKS_LEASE));
    receive(fixture, ask(fixture, ASKS_RELEASE));
    assert_int_equal(faults_total(&fixture->faults), 0);
    assert_int_equal(fixture->evidence.answer_count, 2);
    assert_int_equal(fixture->evidence.releases, 1);
    assert_int_equal(fixture->evidence.extensions, 1); /* of the tree with the lease, by the answer to the release */
    assert_int_equal(fixture->machine->leaf_number, 2);
}

static void a_running_lease_may_be_given_again(void **state)
{
    struct fixture *const fixture = *state;
    const size_t first = ask(fixture, ASKS_LEASE);
    receive(fixture, first);
    ask(fixture, ASKS_LEASE);
    receive(fixture, first);
    assert_int_equal(faults_total(&fixture->faults), 0);
    assert_int_equal(fixture->evidence.given_again, 1);
}

static void a_lease_from_before_the_release_may_not(void **state)
{
    struct fixture *const fixture = *state;
    const size_t first = ask(fixture, ASKS_LEASE);
    receive(fixture, first);
    receive(fixture, ask(fixture, ASKS_RELEASE));
    ask(fixture, ASKS_LEASE);
    receive(fixture, first);
    assert_int_equal(fixture->faults.counts[FAULT_CHECKPOINT], 1);
}

static void a_leaf_with_a_note_that_the_machine_did_not_send_is_a_fault(void **state)
{
    struct fixture *const fixture = *state;
    const size_t index = ask(fixture, ASKS_LEASE);
    fixture->evidence.askeds[0].note.bytes[0] ^= 1;
    fixture->machine->question.note.bytes[0] ^= 1;
    receive(fixture, index);
    assert_int_equal(fixture->faults.counts[FAULT_CHECKPOINT], 1);
}

static void a_later_note_is_no_earlier_one(void **state)
{
    struct fixture *const fixture = *state;
    ask(fixture, ASKS_LEASE);
    const struct errand errand = fixture->machine->question;
    const size_t later = ask(fixture, ASKS_LEASE);
    fixture->machine->question = errand;
    receive(fixture, later);
    assert_int_equal(fixture->faults.counts[FAULT_CHECKPOINT], 1);
}

static void a_leaf_of_another_machine_is_a_fault(void **state)
{
    struct fixture *const fixture = *state;
    struct machine *const other = add_machine(fixture, 2);
    machine_ask(other, ASKS_LEASE, NOW);
    const size_t index = played_ledger_grant(&fixture->ledger, sign(fixture, other), NOW);
    ask(fixture, ASKS_LEASE);
    receive(fixture, index);
    assert_int_equal(fixture->faults.counts[FAULT_CHECKPOINT], 1);
}

static void a_lease_is_no_answer_to_a_release(void **state)
{
    struct fixture *const fixture = *state;
    const size_t first = ask(fixture, ASKS_LEASE);
    receive(fixture, first);
    ask(fixture, ASKS_RELEASE);
    receive(fixture, first);
    assert_int_equal(fixture->faults.counts[FAULT_CHECKPOINT], 1);
}

/* ---- the same note again ---- */

static void a_note_sent_again_leads_to_the_same_leaf(void **state)
{
    struct fixture *const fixture = *state;
    const size_t first = ask(fixture, ASKS_LEASE);
    receive(fixture, first);
    machine_ask_again(fixture->machine);
    receive(fixture, first);
    assert_int_equal(faults_total(&fixture->faults), 0);
    assert_int_equal(fixture->evidence.repeated, 1);
}

static void a_note_that_leads_to_two_leaves_is_a_fault(void **state)
{
    struct fixture *const fixture = *state;
    receive(fixture, ask(fixture, ASKS_LEASE));
    machine_ask_again(fixture->machine);
    receive(fixture, played_ledger_grant(&fixture->ledger, buffer_slice(&fixture->note), NOW + 1));
    assert_int_equal(fixture->faults.counts[FAULT_DUPLICATED], 1);
}

static void a_note_is_the_same_each_time_it_is_written(void **state)
{
    struct fixture *const fixture = *state;
    CLEANUP_BUFFER struct buffer again = buffer_make(MACHINE_NOTE_MAX);
    ask(fixture, ASKS_LEASE);
    assert_true(is_ok(machine_note_write(fixture->machine, &fixture->ledger.license, &fixture->ledger.empty, &again)));
    assert_true(slice_equal(buffer_slice(&again), buffer_slice(&fixture->note)));
}

/* ---- numbers that were used ---- */

static void a_copy_is_shown_the_last_leaf(void **state)
{
    struct fixture *const fixture = *state;
    const size_t index = ask(fixture, ASKS_LEASE);
    receive(fixture, index);
    machine_ask_as_copy(fixture->machine, 1, NOW);
    sign(fixture, fixture->machine);
    assert_false(hash_equal(&fixture->machine->question.note, &fixture->machine->last.note));
    be_shown(fixture, index);
    assert_int_equal(faults_total(&fixture->faults), 0);
    assert_int_equal(fixture->evidence.used, 1);
}

static void another_leaf_than_the_last_is_lost(void **state)
{
    struct fixture *const fixture = *state;
    const size_t first = ask(fixture, ASKS_LEASE);
    receive(fixture, first);
    receive(fixture, ask(fixture, ASKS_LEASE));
    machine_ask_as_copy(fixture->machine, 1, NOW);
    sign(fixture, fixture->machine);
    be_shown(fixture, first);
    assert_int_equal(fixture->faults.counts[FAULT_LOST], 1);
}

static void a_leaf_that_the_machine_did_not_sign_tells_no_number(void **state)
{
    struct fixture *const fixture = *state;
    receive(fixture, ask(fixture, ASKS_LEASE));
    struct machine *const other = add_machine(fixture, 2);
    machine_ask(other, ASKS_LEASE, NOW);
    const size_t index = played_ledger_grant(&fixture->ledger, sign(fixture, other), NOW);
    machine_ask_as_copy(fixture->machine, 1, NOW);
    sign(fixture, fixture->machine);
    be_shown(fixture, index);
    assert_int_equal(fixture->faults.counts[FAULT_CHECKPOINT], 1);
}

/* ---- introductions ---- */

static void an_introduction_has_the_license_and_a_checkpoint_of_the_host(void **state)
{
    struct fixture *const fixture = *state;
    const struct slice license = buffer_slice(&fixture->ledger.license_note);
    CLEANUP_BUFFER struct buffer checkpoint = buffer_make(NOTE_MAX);
    CLEANUP_BUFFER struct buffer body = buffer_make(INTRODUCTION_MAX);
    played_ledger_checkpoint(&fixture->ledger, &checkpoint);
    const struct introduction introduction = {.license = license, .checkpoint = buffer_slice(&checkpoint)};
    introduction_write(&introduction, &body);
    const struct result other =
        evidence_introduce(&fixture->evidence, buffer_slice(&body), slice_of("another"), fixture->machine);
    assert_int_equal(result_code(other), ERR_LICENSE_SIGNER);

    buffer_clear(&body);
    const struct introduction swapped = {.license = license, .checkpoint = license};
    introduction_write(&swapped, &body);
    assert_false(is_ok(evidence_introduce(&fixture->evidence, buffer_slice(&body), license, fixture->machine)));
}

static void machines_are_found_by_their_ids(void **state)
{
    struct fixture *const fixture = *state;
    size_t number;
    for (uint64_t seed = 2; seed <= 10; seed++)
        add_machine(fixture, seed);
    for (size_t i = 0; i < fixture->machines.count; i++) {
        assert_true(machines_find(&fixture->machines, &fixture->machines.list[i].id, &number));
        assert_int_equal(number, i);
    }
    const struct machine_id nobody = {{1}};
    assert_false(machines_find(&fixture->machines, &nobody, &number));
    struct chance chance = {99};
    assert_null(machines_add(&fixture->machines, &chance));
}

static int start(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_leaf_with_the_note_that_was_sent_is_an_answer),
        CASE(a_running_lease_may_be_given_again),
        CASE(a_lease_from_before_the_release_may_not),
        CASE(a_leaf_with_a_note_that_the_machine_did_not_send_is_a_fault),
        CASE(a_later_note_is_no_earlier_one),
        CASE(a_leaf_of_another_machine_is_a_fault),
        CASE(a_lease_is_no_answer_to_a_release),
        CASE(a_note_sent_again_leads_to_the_same_leaf),
        CASE(a_note_that_leads_to_two_leaves_is_a_fault),
        CASE(a_note_is_the_same_each_time_it_is_written),
        CASE(a_copy_is_shown_the_last_leaf),
        CASE(another_leaf_than_the_last_is_lost),
        CASE(a_leaf_that_the_machine_did_not_sign_tells_no_number),
        CASE(an_introduction_has_the_license_and_a_checkpoint_of_the_host),
        CASE(machines_are_found_by_their_ids),
    };
    return cmocka_run_group_tests_name("crash/evidence", tests, start, NULL);
}
