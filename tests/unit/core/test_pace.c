/* How often a host grants one machine a lease. */
#include "core/rules/decide.h"

#include "base/secret.h"
#include "samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOW "2026-11-22T09:00:00Z"
enum { LEDGER = 1, OTHER_LEDGER = 2 };

/* A machine that asks again and again. */
struct asking {
    struct license license; /* a lease in two hours; seven days to renew */
    struct request request;
    struct machine_record record;
    struct figures figures;
    struct question question;
    struct decision decision;
};

static void begin_asking(struct asking *asking, enum machine_state said)
{
    memset(asking, 0, sizeof *asking);
    asking->license = sample_license();
    asking->license.threshold = 1;
    asking->request = sample_request();
    asking->request.state = said;
    asking->request.number = 0;
    asking->question = (struct question){.license = &asking->license,
                                         .record = &asking->record,
                                         .figures = &asking->figures,
                                         .request = &asking->request,
                                         .ledger = LEDGER,
                                         .now = sample_time(NOW)};
}

/* Asks with the next number that long after the last time; what is remembered is kept. Returns what came of it. */
static enum decision_kind ask_after(struct asking *asking, seconds later)
{
    struct question *const question = &asking->question;
    question->last_number = asking->record.number;
    question->heard = asking->record.heard;
    question->now += later;
    asking->request.number++;
    asking->request.time = question->now;
    question->note.bytes[0]++;
    decide(question, &asking->decision);
    asking->record = asking->decision.record;
    asking->figures = asking->decision.figures;
    if (asking->decision.kind == DECISION_GRANT)
        asking->record.ledger = question->ledger;
    return asking->decision.kind;
}

/* As a release does. */
static void leave_seat(struct asking *asking)
{
    asking->record.released = true;
    asking->record.expires = asking->question.now;
    asking->figures.held = 0;
}

static void one_new_lease_is_granted_in_an_interval(void **state)
{
    (void)state;
    struct asking asking;
    begin_asking(&asking, STATE_LICENSED);
    assert_int_equal(ask_after(&asking, 0), DECISION_GRANT);
    for (seconds passed = 0; passed < 2 * HOUR - 1; passed += HOUR - 1)
        assert_int_equal(ask_after(&asking, passed > 0 ? HOUR - 1 : 1), DECISION_REPEAT);
    assert_int_equal(asking.question.now, sample_time(NOW) + 2 * HOUR - 1);
    assert_int_equal(ask_after(&asking, 0), DECISION_REPEAT);
    assert_int_equal(ask_after(&asking, 1), DECISION_GRANT);
    assert_int_equal(ask_after(&asking, 1), DECISION_REPEAT);
    assert_int_equal(ask_after(&asking, 90 * DAY), DECISION_GRANT); /* what was not asked for is not saved up */
    assert_int_equal(ask_after(&asking, 1), DECISION_REPEAT);
}

static void a_machine_that_has_no_lease_gets_a_few_at_once(void **state)
{
    (void)state;
    static const enum machine_state states[] = {STATE_UNLICENSED, STATE_GRACE, STATE_EXPIRED_GRACE, STATE_NOTIFICATION};
    struct asking asking;
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        begin_asking(&asking, states[i]);
        for (int lease = 0; lease < LEASES_AT_ONCE; lease++)
            assert_int_equal(ask_after(&asking, 1), DECISION_GRANT);
        assert_int_equal(ask_after(&asking, 1), DECISION_REPEAT);
        assert_int_equal(ask_after(&asking, 2 * HOUR), DECISION_GRANT);
        assert_int_equal(ask_after(&asking, 1), DECISION_REPEAT);
    }
}

static void without_a_lease_to_give_again_it_is_told_when(void **state)
{
    (void)state;
    struct asking asking;
    begin_asking(&asking, STATE_UNLICENSED);
    for (int lease = 0; lease < LEASES_AT_ONCE; lease++) {
        assert_int_equal(ask_after(&asking, 1), DECISION_GRANT);
        leave_seat(&asking);
    }
    const seconds first = sample_time(NOW) + 1;
    assert_int_equal(ask_after(&asking, 1), DECISION_DENY);
    const struct denial denial = asking.decision.denial;
    assert_int_equal(denial.code, ERR_ASKED_TOO_OFTEN);
    assert_true(denial.has_date);
    assert_int_equal(denial.date, first + 2 * HOUR);
    assert_int_equal(denial.retry_after, denial.date - asking.question.now);
    assert_non_null(strstr(denial.message, "granted from 2026-11-22T11:00:01Z on"));
    assert_int_equal(asking.figures.held, 0);
    assert_int_equal(asking.record.last_denial, ERR_ASKED_TOO_OFTEN);
    assert_int_equal(ask_after(&asking, denial.retry_after - 1), DECISION_DENY);
    assert_int_equal(ask_after(&asking, 1), DECISION_GRANT);
}

static void another_ledger_begins_anew(void **state)
{
    (void)state;
    struct asking asking;
    begin_asking(&asking, STATE_LICENSED);
    assert_int_equal(ask_after(&asking, 0), DECISION_GRANT);
    assert_int_equal(ask_after(&asking, 1), DECISION_REPEAT);
    asking.question.ledger = OTHER_LEDGER;
    assert_int_equal(ask_after(&asking, 1), DECISION_GRANT);
    assert_int_equal(ask_after(&asking, 1), DECISION_REPEAT);
    asking.question.untold = true; /* a few, so that it may take the epoch */
    for (int lease = 1; lease < LEASES_AT_ONCE; lease++)
        assert_int_equal(ask_after(&asking, 1), DECISION_GRANT);
    assert_int_equal(ask_after(&asking, 1), DECISION_REPEAT);
}

static int start(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_new_lease_is_granted_in_an_interval),
        cmocka_unit_test(a_machine_that_has_no_lease_gets_a_few_at_once),
        cmocka_unit_test(without_a_lease_to_give_again_it_is_told_when),
        cmocka_unit_test(another_ledger_begins_anew),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
