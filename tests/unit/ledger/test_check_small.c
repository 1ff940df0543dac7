/* What a check finds in ledgers of no leaf or one: rows that name none, and checkpoints. */
#include "base/secret.h"
#include "failing_store.h"
#include "host_fixture.h"
#include "ledger/check.h"
#include "store/ledger.h"
#include "store/machines.h"
#include "store/memory.h"
#include "store/operators.h"

#include <string.h>

#define ORIGIN HOST "/" VENDOR

enum { MANY = 150 /* more than are listed at once */ };

static struct store *store;
static uint32_t ledger;
static uint32_t license;
static enum error_code leaves_fail_with; /* once the rows are looked at */
static struct ledger_finding first;
static struct ledger_finding last;

static int set_up(void **state)
{
    (void)state;
    assert_ok(secret_start());
    assert_ok(store_open_memory(&store));
    failing_store_wrap(store);
    leaves_fail_with = OK;
    assert_ok(store_begin(store, NULL));
    assert_ok(store_ledger_make(store, ORIGIN, &ledger, NULL));
    assert_ok(store_license_make(store, ledger, "main", PRODUCT, &license, NULL));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    store_close(store);
    return 0;
}

static void take_finding(void *context, const struct ledger_finding *finding)
{
    size_t *const count = context;
    if (*count == 0)
        first = *finding;
    last = *finding;
    ++*count;
}

/* How many findings there are in what was put so far. */
static size_t check(void)
{
    size_t findings = 0;
    CLEANUP_SIGNING_KEY struct signing_key *key = fixture_host_key();
    const struct ledger_check check = {.store = store,
                                       .origin = ORIGIN,
                                       .key = signing_key_verifier(key),
                                       .report = take_finding,
                                       .context = &findings};
    struct ledger_check_position position = {0};
    assert_ok(store_commit(store, NULL));
    while (position.stage != LEDGER_CHECK_DONE) {
        failing_store.failure = FAIL_CODE(leaves_fail_with);
        failing_store.fails = position.stage == LEDGER_CHECK_MACHINES ? CALL_LEAVES : CALL_NONE;
        assert_ok(ledger_check_step(&check, &position, 1, NULL));
    }
    failing_store_reset();
    assert_int_equal(position.findings, findings);
    assert_ok(store_begin(store, NULL));
    return findings;
}

/* As of a machine that asked and was denied. */
static struct machine_row row_without_leaf(void)
{
    return (struct machine_row){
        .record = {.first_request = TODAY, .last_request = TODAY, .requests = 1, .heard = {1, TODAY}}};
}

static void put(size_t number, const struct machine_row *row)
{
    const struct machine_id machine = fixture_machine(number);
    assert_ok(store_machine_put(store, license, &machine, row, NULL));
}

static void a_machine_that_was_only_denied_is_no_finding(void **state)
{
    (void)state;
    const struct machine_row row = row_without_leaf();
    for (size_t i = 1; i <= MANY; i++)
        put(i, &row);
    assert_int_equal(check(), 0);
}

static void a_blocked_machine_that_never_asked_is_no_finding(void **state)
{
    (void)state;
    const struct machine_id machine = fixture_machine(1);
    assert_ok(store_block(store, &machine, TODAY, "", NULL));
    assert_int_equal(check(), 0);
}

/* Whatever a row says of a leaf, where it names none. */
static void a_row_that_tells_of_a_leaf_and_names_none_is_found(void **state)
{
    (void)state;
    struct machine_row rows[] = {row_without_leaf(), row_without_leaf(), row_without_leaf(), row_without_leaf(),
                                 row_without_leaf(), row_without_leaf(), row_without_leaf()};
    rows[0].record.issued = 1;
    rows[1].record.ends = 1;
    rows[2].record.expires = 1;
    rows[3].record.released = true;
    rows[4].record.leaf = 1;
    rows[5].record.ledger = 1;
    rows[6].record.note.bytes[31] = 1;
    const struct machine_row right = row_without_leaf();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put(1, &rows[i]);
        put(2, &right);
        assert_int_equal(check(), 1);
        assert_int_equal(last.fault, LEDGER_FAULT_MACHINE);
        assert_int_equal(last.first, rows[i].record.leaf);
        const struct machine_id machine = fixture_machine(1);
        assert_memory_equal(&last.machine, &machine, sizeof machine);
        assert_string_equal(last.license, "main");
    }
}

/* A leaf that the damaged database shows as longer than any, when the rows are looked at. */
static void a_row_that_names_a_leaf_too_long_to_be_one_is_found(void **state)
{
    struct machine_row row = row_without_leaf();
    (void)state;
    row.record.number = 1;
    row.record.ledger = ledger;
    put(1, &row);
    leaves_fail_with = ERR_TEXT_TOO_LONG;
    assert_int_equal(check(), 1);
    assert_int_equal(last.fault, LEDGER_FAULT_MACHINE);
}

/* Of one leaf as of many. */
static void leaves_without_a_checkpoint_are_found(void **state)
{
    const struct slice leaf = slice_of("one");
    const struct hash hash = merkle_leaf(leaf);
    (void)state;
    assert_int_equal(check(), 0);
    assert_ok(store_leaves_append(store, ledger, 0, &leaf, 1, NULL));
    assert_ok(store_hashes_append(store, ledger, 0, 0, &hash, 1, NULL));
    assert_int_equal(check(), 2);
    assert_int_equal(first.fault, LEDGER_FAULT_CHECKPOINT);
    assert_int_equal(first.first, 0);
    assert_int_equal(first.last, 0);
    assert_int_equal(last.fault, LEDGER_FAULT_LEAF_FORM);
}

static void put_checkpoint(const char *origin)
{
    CLEANUP_SIGNING_KEY struct signing_key *key = fixture_host_key();
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    struct checkpoint checkpoint = {.root = hash_of(slice_of(""))};
    strcpy(checkpoint.origin, origin);
    assert_ok(checkpoint_sign(&checkpoint, key, &note));
    assert_ok(store_checkpoint_put(store, ledger, buffer_slice(&note), NULL));
}

/* Also where the same key has signed it. */
static void a_checkpoint_of_another_epoch_is_found(void **state)
{
    (void)state;
    put_checkpoint(ORIGIN);
    assert_int_equal(check(), 0);
    put_checkpoint(ORIGIN "/epoch-5");
    assert_int_equal(check(), 1);
    assert_int_equal(last.fault, LEDGER_FAULT_CHECKPOINT);
}

/* Rows are those of its own licenses alone. */
static void a_row_under_a_license_of_another_ledger_is_passed_over(void **state)
{
    (void)state;
    uint32_t other;
    uint32_t other_license;
    struct machine_row row = row_without_leaf();
    const struct machine_id machine = fixture_machine(1);
    row.record.issued = 1;
    assert_ok(store_ledger_make(store, HOST "/zeta.example", &other, NULL));
    assert_ok(store_license_make(store, other, "main", PRODUCT, &other_license, NULL));
    assert_ok(store_machine_put(store, other_license, &machine, &row, NULL));
    assert_int_equal(check(), 0);
    put(1, &row);
    assert_int_equal(check(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_machine_that_was_only_denied_is_no_finding, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_blocked_machine_that_never_asked_is_no_finding, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_that_tells_of_a_leaf_and_names_none_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_that_names_a_leaf_too_long_to_be_one_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaves_without_a_checkpoint_are_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_checkpoint_of_another_epoch_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_under_a_license_of_another_ledger_is_passed_over, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
