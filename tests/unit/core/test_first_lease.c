/* A machine's first lease, where the license has a length of its own for it. */
#include "core/rules/decide.h"
#include "samples.h"

#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NOW "2026-11-22T09:00:00Z"

enum { LEDGER = 3 };

/* A machine that held a seat of a license which is replaced has renewed. */
static void a_seat_of_a_license_before_makes_no_first_lease(void **state)
{
    (void)state;
    struct license license = sample_license();
    struct request request = sample_request();
    const struct machine_record record = {0};
    const struct figures figures = {30, 20};
    const seconds now = sample_time(NOW);
    license.has_first_lease = true;
    license.first_lease = 30 * DAY;
    request.time = now;
    for (int i = 0; i < 3; i++) {
        const struct question question = {.license = &license,
                                          .record = &record,
                                          .figures = &figures,
                                          .inherits = true,
                                          .held_before = i == 0 ? 0 : now - 1 + i,
                                          .request = &request,
                                          .ledger = LEDGER,
                                          .now = now};
        struct decision decision;
        decide(&question, &decision);
        assert_int_equal(decision.kind, DECISION_GRANT);
        assert_int_equal(decision.record.renewed, i == 2);
        assert_int_equal(decision.lease.expires, now + (i == 2 ? 180 : 30) * DAY);
        assert_int_equal(decision.figures.held, i == 2 ? 20 : 21);
    }
}

/* It would refuse a lease that ends before the one it still has. */
static void a_machine_whose_seat_was_taken_back_gets_no_lease_that_ends_before_its_own(void **state)
{
    (void)state;
    const struct {
        seconds has; /* from now on */
        size_t digests;
        seconds gets;
    } cases[] = {{100 * DAY, 3, 100 * DAY}, {29 * DAY, 3, 30 * DAY}, {-DAY, 3, 30 * DAY}, {100 * DAY, 1, DAY}};
    const seconds now = sample_time(NOW);
    const struct figures figures = {30, 20};
    struct license license = sample_license();
    license.has_first_lease = true;
    license.first_lease = 30 * DAY;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct request request = sample_request();
        const struct machine_record record = {.ends = now + cases[i].has,
                                              .expires = now - DAY,
                                              .ledger = LEDGER,
                                              .reclaimed = {.ledger = LEDGER, .leaf = 5}};
        const struct question question = {.license = &license,
                                          .record = &record,
                                          .figures = &figures,
                                          .request = &request,
                                          .ledger = LEDGER,
                                          .now = now};
        struct decision decision;
        request.time = now;
        request.hardware.count = cases[i].digests;
        decide(&question, &decision);
        assert_int_equal(decision.kind, DECISION_GRANT);
        assert_int_equal(decision.lease.expires, now + cases[i].gets);
        assert_false(decision.record.renewed);
    }
}

static int start(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seat_of_a_license_before_makes_no_first_lease),
        cmocka_unit_test(a_machine_whose_seat_was_taken_back_gets_no_lease_that_ends_before_its_own),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
