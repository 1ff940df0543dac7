/* Of the answers that bench-load counts, those that are looked into are what a machine would believe, and new leaves.
 */
#include "base/secret.h"
#include "bench/load/judge.h"
#include "played_ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW ((seconds)1795338000)

struct fixture {
    struct played_ledger ledger;
    struct judge judge;
    struct bench_machine machine;
    struct buffer note; /* that the machine awaits, with number 7 */
};

static void ask(const struct fixture *fixture, const struct bench_machine *machine, uint64_t number, struct buffer *out)
{
    const struct license *const license = &fixture->ledger.license;
    struct request request = {
        .host_key = license->host_keys[0], .number = number, .time = NOW, .state = STATE_LICENSED};
    memcpy(request.vendor, license->vendor, sizeof request.vendor);
    memcpy(request.product, license->product, sizeof request.product);
    memcpy(request.edition, license->edition, sizeof request.edition);
    request.seen = fixture->ledger.empty;
    assert_true(is_ok(bench_machine_ask(machine, &request, out)));
}

static int setup(void **state)
{
    struct fixture *const fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    played_ledger_make(&fixture->ledger, NOW - DAY);
    fixture->judge = (struct judge){.vendor_key = *signing_key_verifier(fixture->ledger.vendor_key),
                                    .license_note = fixture->ledger.license_note,
                                    .license = fixture->ledger.license};
    fixture->note = buffer_make(MACHINE_NOTE_MAX);
    assert_true(is_ok(bench_machine_make(BENCH_SEED, 1, &fixture->machine)));
    ask(fixture, &fixture->machine, 7, &fixture->note);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *const fixture = *state;
    buffer_free(&fixture->note);
    played_ledger_free(&fixture->ledger);
    free(fixture);
    return 0;
}

/* What the judge says of leaf `index` as the answer to the awaited note. */
static enum error_code judged(struct fixture *fixture, size_t index)
{
    CLEANUP_BUFFER struct buffer body = buffer_make(ANSWER_MAX);
    played_ledger_answer(&fixture->ledger, 0, index, &body);
    return result_code(
        judge_answer(&fixture->judge, buffer_slice(&body), &fixture->machine, buffer_slice(&fixture->note), NOW));
}

static void a_new_leaf_with_the_awaited_note_is_an_answer(void **state)
{
    struct fixture *const fixture = *state;
    assert_int_equal(judged(fixture, played_ledger_grant(&fixture->ledger, buffer_slice(&fixture->note), NOW)), OK);
}

static void a_lease_given_again_is_none(void **state)
{
    struct fixture *const fixture = *state;
    CLEANUP_BUFFER struct buffer earlier = buffer_make(MACHINE_NOTE_MAX);
    ask(fixture, &fixture->machine, 6, &earlier);
    assert_int_equal(judged(fixture, played_ledger_grant(&fixture->ledger, buffer_slice(&earlier), NOW)),
                     ERR_LEASE_OTHER_REQUEST);
}

static void a_lease_of_another_machine_is_none(void **state)
{
    struct fixture *const fixture = *state;
    struct bench_machine other;
    CLEANUP_BUFFER struct buffer note = buffer_make(MACHINE_NOTE_MAX);
    assert_true(is_ok(bench_machine_make(BENCH_SEED, 2, &other)));
    ask(fixture, &other, 7, &note);
    assert_int_equal(judged(fixture, played_ledger_grant(&fixture->ledger, buffer_slice(&note), NOW)),
                     ERR_LEASE_OTHER_MACHINE);
}

static int start(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_leaf_with_the_awaited_note_is_an_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lease_given_again_is_none, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lease_of_another_machine_is_none, setup, teardown),
    };
    return cmocka_run_group_tests_name("bench/judge", tests, start, NULL);
}
