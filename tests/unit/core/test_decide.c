/* The rules of the host, as a table: who asks what and when, and what the answer must be. */
#include "core/rules/decide.h"
#include "samples.h"

#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The sample license: threshold 25, seats 26 and 2 more, leases of 180 days, 2026-11-03 until 2027-11-03. */
#define NOW        "2026-11-22T09:00:00Z"
#define NOT_BEFORE "2026-11-03T00:00:00Z"
#define NOT_AFTER  "2027-11-03T00:00:00Z"

enum machine {
    NEW,     /* never asked */
    WAITING, /* asked a day ago, was denied */
    FORGOTTEN /* asked longer ago than the window */,
    HOLDING,   /* got a lease a day ago */
    REPEATING, /* the same, and asks with the same nonce again */
    EXPIRED,   /* its lease has ended a day ago */
    RELEASED   /* gave its lease back an hour ago, and asks with that nonce again */
};

struct rule {
    const char *what;
    enum machine machine;
    bool blocked;
    bool revoked;
    const char *now;
    seconds ahead; /* the machine's clock before the host's */
    uint64_t count;
    uint64_t held;
    enum error_code answer; /* OK: granted */
    uint64_t count_after;
    uint64_t held_after;
};

static const struct rule rules[] = {
    {"the first of all", NEW, false, false, NOW, 0, 0, 0, ERR_BELOW_THRESHOLD, 1, 0},
    {"the 24th", NEW, false, false, NOW, 0, 23, 0, ERR_BELOW_THRESHOLD, 24, 0},
    {"the 25th", NEW, false, false, NOW, 0, 24, 0, OK, 25, 1},
    {"one that was counted already", WAITING, false, false, NOW, 0, 24, 0, ERR_BELOW_THRESHOLD, 24, 0},
    {"one that was counted, at the threshold", WAITING, false, false, NOW, 0, 25, 0, OK, 25, 1},
    {"one that was counted long ago counts anew", FORGOTTEN, false, false, NOW, 0, 24, 0, OK, 25, 1},
    {"the last seat", NEW, false, false, NOW, 0, 27, 27, OK, 28, 28},
    {"no seat left", NEW, false, false, NOW, 0, 28, 28, ERR_NO_SEATS, 29, 28},
    {"renewal with no seat left", HOLDING, false, false, NOW, 0, 28, 28, OK, 28, 28},
    {"renewal with more held than there are", HOLDING, false, false, NOW, 0, 40, 40, OK, 40, 40},
    {"back after the lease's end, no seat left", EXPIRED, false, false, NOW, 0, 28, 28, ERR_NO_SEATS, 28, 28},
    {"back after the lease's end", EXPIRED, false, false, NOW, 0, 28, 27, OK, 28, 28},
    {"renewal below the threshold", HOLDING, false, false, NOW, 0, 24, 24, ERR_BELOW_THRESHOLD, 24, 24},
    {"the answer was lost, below the threshold", REPEATING, false, false, NOW, 0, 24, 24, OK, 24, 24},
    {"the answer was lost, no seat left", REPEATING, false, false, NOW, 0, 28, 28, OK, 28, 28},
    {"released, same nonce", RELEASED, false, false, NOW, 0, 25, 20, OK, 25, 21},
    {"released, same nonce, no seat left", RELEASED, false, false, NOW, 0, 28, 28, ERR_NO_SEATS, 28, 28},
    {"threshold before seats", NEW, false, false, NOW, 0, 3, 28, ERR_BELOW_THRESHOLD, 4, 28},
    {"blocked", NEW, true, false, NOW, 0, 25, 0, ERR_MACHINE_BLOCKED, 26, 0},
    {"blocked while it holds a lease", REPEATING, true, false, NOW, 0, 25, 5, ERR_MACHINE_BLOCKED, 25, 5},
    {"blocked before revoked", NEW, true, true, NOW, 0, 25, 0, ERR_MACHINE_BLOCKED, 26, 0},
    {"revoked", NEW, false, true, NOW, 0, 25, 0, ERR_LICENSE_REVOKED, 26, 0},
    {"revoked before its dates", NEW, false, true, NOT_AFTER, 0, 25, 0, ERR_LICENSE_REVOKED, 26, 0},
    {"a second early", NEW, false, false, "2026-11-02T23:59:59Z", 0, 25, 0, ERR_NOT_YET_VALID, 26, 0},
    {"in the first second", NEW, false, false, NOT_BEFORE, 0, 25, 0, OK, 26, 1},
    {"in the last second", NEW, false, false, "2027-11-02T23:59:59Z", 0, 25, 0, OK, 26, 1},
    {"ended", NEW, false, false, NOT_AFTER, 0, 25, 0, ERR_LICENSE_ENDED, 26, 0},
    {"ended, before the clock", NEW, false, false, NOT_AFTER, 5 * HOUR, 25, 0, ERR_LICENSE_ENDED, 26, 0},
    {"clock four hours ahead", NEW, false, false, NOW, 4 * HOUR, 25, 0, OK, 26, 1},
    {"clock more than that ahead", NEW, false, false, NOW, 4 * HOUR + 1, 25, 0, ERR_CLOCK_APART, 26, 0},
    {"clock four hours behind", NEW, false, false, NOW, -4 * HOUR, 25, 0, OK, 26, 1},
    {"clock more than that behind", NEW, false, false, NOW, -4 * HOUR - 1, 25, 0, ERR_CLOCK_APART, 26, 0},
    {"clock before repetition", REPEATING, false, false, NOW, 5 * HOUR, 25, 5, ERR_CLOCK_APART, 25, 5},
    {"clock before threshold", NEW, false, false, NOW, 5 * HOUR, 0, 0, ERR_CLOCK_APART, 1, 0},
};
enum { RULES = sizeof rules / sizeof rules[0] };

static struct machine_record record_of(enum machine machine, const struct request *request, seconds now)
{
    struct machine_record record = {0};
    if (machine == NEW)
        return record;
    record.first_request = now - 60 * DAY;
    record.requests = 3;
    record.last_request = machine == FORGOTTEN ? now - COUNT_WINDOW : now - DAY;
    if (machine == WAITING || machine == FORGOTTEN) {
        record.last_denial = ERR_BELOW_THRESHOLD;
        return record;
    }
    record.leaf = 17;
    record.issued = now - DAY;
    record.expires = machine == EXPIRED ? now : machine == RELEASED ? now - HOUR : now + 179 * DAY;
    record.released = machine == RELEASED;
    record.lock = request->lock;
    record.nonce = request->nonce;
    if (machine == HOLDING || machine == EXPIRED)
        record.nonce.bytes[0] ^= 1;
    return record;
}

struct outcome {
    struct license license;
    struct request request;
    struct machine_record record;
    seconds now;
    struct decision decision;
};

static void decide_rule(const struct rule *rule, struct outcome *outcome)
{
    outcome->license = sample_license();
    outcome->request = sample_request();
    outcome->now = sample_time(rule->now);
    outcome->request.time = outcome->now + rule->ahead;
    outcome->record = record_of(rule->machine, &outcome->request, outcome->now);
    const struct figures figures = {rule->count, rule->held};
    decide(&outcome->license, rule->revoked, rule->blocked, &outcome->record, &figures, &outcome->request, outcome->now,
           &outcome->decision);
}

static void each_rule_gives_its_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < RULES; i++) {
        struct outcome outcome;
        decide_rule(&rules[i], &outcome);
        const struct decision *decision = &outcome.decision;
        const enum error_code answer = decision->kind == DECISION_DENY ? decision->denial.code : OK;
        if (answer != rules[i].answer)
            fail_msg("%s: the answer is %s", rules[i].what, answer == OK ? "a lease" : error_info(answer)->name);
        if (decision->figures.count != rules[i].count_after || decision->figures.held != rules[i].held_after)
            fail_msg("%s: count %u, held %u", rules[i].what, (unsigned)decision->figures.count,
                     (unsigned)decision->figures.held);
        const bool repeat = rules[i].machine == REPEATING && answer == OK;
        if (answer == OK && decision->kind != (repeat ? DECISION_REPEAT : DECISION_GRANT))
            fail_msg("%s: a lease of the wrong kind", rules[i].what);
    }
}

static void every_request_is_remembered(void **state)
{
    (void)state;
    for (size_t i = 0; i < RULES; i++) {
        struct outcome outcome;
        decide_rule(&rules[i], &outcome);
        const struct machine_record *after = &outcome.decision.record;
        assert_int_equal(after->requests, outcome.record.requests + 1);
        assert_int_equal(after->last_request, outcome.now);
        assert_int_equal(after->first_request, rules[i].machine == NEW ? outcome.now : outcome.record.first_request);
        assert_int_equal(after->last_denial, rules[i].answer);
        assert_true(record_counts(after, outcome.now));
    }
}

static void a_denial_leaves_the_lease_in_force_as_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < RULES; i++) {
        struct outcome outcome;
        decide_rule(&rules[i], &outcome);
        if (outcome.decision.kind == DECISION_GRANT)
            continue;
        const struct machine_record *after = &outcome.decision.record;
        assert_int_equal(after->issued, outcome.record.issued);
        assert_int_equal(after->expires, outcome.record.expires);
        assert_int_equal(after->leaf, outcome.record.leaf);
        assert_memory_equal(&after->nonce, &outcome.record.nonce, NONCE_SIZE);
        assert_memory_equal(&after->lock, &outcome.record.lock, HASH_SIZE);
    }
}

static void every_answer_can_be_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < RULES; i++) {
        struct outcome outcome;
        decide_rule(&rules[i], &outcome);
        struct buffer text CLEANUP_BUFFER = buffer_make(LEAF_MAX);
        if (outcome.decision.kind == DECISION_GRANT)
            assert_true(is_ok(lease_write(&outcome.decision.lease, &text)));
        if (outcome.decision.kind == DECISION_DENY)
            assert_true(is_ok(denial_write(&outcome.decision.denial, &text)));
    }
}

static void decide_at(enum machine machine, const char *now, uint64_t count, uint64_t held, struct outcome *outcome)
{
    const struct rule rule = {"", machine, false, false, now, 0, count, held, OK, 0, 0};
    decide_rule(&rule, outcome);
}

static void a_lease_says_what_license_and_request_say(void **state)
{
    (void)state;
    struct outcome outcome;
    decide_at(NEW, NOW, 30, 3, &outcome);
    const struct lease *lease = &outcome.decision.lease;
    assert_string_equal(lease->license, "lic-2026-0001");
    assert_string_equal(lease->vendor, "acme.example");
    assert_string_equal(lease->product, "studio");
    assert_string_equal(lease->edition, "pro");
    assert_memory_equal(&lease->machine, &outcome.request.machine, sizeof lease->machine);
    assert_memory_equal(&lease->hardware, &outcome.request.hardware, sizeof lease->hardware);
    assert_memory_equal(&lease->nonce, &outcome.request.nonce, sizeof lease->nonce);
    assert_memory_equal(&lease->lock, &outcome.request.lock, sizeof lease->lock);
    assert_memory_equal(&lease->features, &outcome.license.features, sizeof lease->features);
    assert_int_equal(lease->issued, outcome.now);
    assert_int_equal(lease->expires, outcome.now + 180 * DAY);
    assert_int_equal(lease->renew_after, 7 * DAY);
    assert_int_equal(lease->retry_after, 2 * HOUR);
    const struct machine_record *after = &outcome.decision.record;
    assert_int_equal(after->issued, lease->issued);
    assert_int_equal(after->expires, lease->expires);
    assert_memory_equal(&after->nonce, &lease->nonce, sizeof lease->nonce);
    assert_memory_equal(&after->lock, &lease->lock, sizeof lease->lock);
    assert_false(after->released);
}

static void a_lease_never_goes_beyond_its_license(void **state)
{
    (void)state;
    struct outcome outcome;
    decide_at(NEW, "2027-10-30T00:00:00Z", 30, 3, &outcome);
    assert_int_equal(outcome.decision.lease.expires, outcome.license.not_after);
    assert_int_equal(outcome.decision.lease.renew_after, 4 * DAY);
}

static void a_new_lease_after_a_release_is_not_released(void **state)
{
    (void)state;
    struct outcome outcome;
    decide_at(RELEASED, NOW, 30, 3, &outcome);
    assert_int_equal(outcome.decision.kind, DECISION_GRANT);
    assert_false(outcome.decision.record.released);
}

static void a_denial_for_the_threshold_shows_count_and_threshold(void **state)
{
    (void)state;
    struct outcome outcome;
    decide_at(NEW, NOW, 11, 0, &outcome);
    const struct denial *denial = &outcome.decision.denial;
    assert_true(denial->has_count && !denial->has_seats && !denial->has_clocks && !denial->has_date);
    assert_int_equal(denial->count, 12);
    assert_int_equal(denial->threshold, 25);
    assert_int_equal(denial->retry_after, 2 * HOUR);
    assert_non_null(strstr(denial->message, "12"));
    assert_non_null(strstr(denial->message, "25"));
}

static void a_denial_for_seats_shows_them_with_the_overage_and_how_many_are_held(void **state)
{
    (void)state;
    struct outcome outcome;
    decide_at(NEW, NOW, 40, 29, &outcome);
    const struct denial *denial = &outcome.decision.denial;
    assert_true(denial->has_seats && !denial->has_count);
    assert_int_equal(denial->seats, 28);
    assert_int_equal(denial->held, 29);
    assert_non_null(strstr(denial->message, "28"));
    assert_non_null(strstr(denial->message, "29"));
}

static void a_denial_for_the_clock_shows_both(void **state)
{
    (void)state;
    const struct rule rule = {"", NEW, false, false, NOW, 5 * HOUR, 40, 0, OK, 0, 0};
    struct outcome outcome;
    decide_rule(&rule, &outcome);
    const struct denial *denial = &outcome.decision.denial;
    assert_true(denial->has_clocks);
    assert_int_equal(denial->host_time, outcome.now);
    assert_int_equal(denial->machine_time, outcome.now + 5 * HOUR);
    assert_non_null(strstr(denial->message, NOW));
    assert_non_null(strstr(denial->message, "2026-11-22T14:00:00Z"));
}

static void a_denial_for_the_term_shows_its_date(void **state)
{
    (void)state;
    struct outcome outcome;
    decide_at(NEW, "2026-11-01T00:00:00Z", 40, 0, &outcome);
    assert_true(outcome.decision.denial.has_date);
    assert_int_equal(outcome.decision.denial.date, sample_time(NOT_BEFORE));
    assert_non_null(strstr(outcome.decision.denial.message, NOT_BEFORE));
    decide_at(NEW, NOT_AFTER, 40, 0, &outcome);
    assert_true(outcome.decision.denial.has_date);
    assert_int_equal(outcome.decision.denial.date, sample_time(NOT_AFTER));
    assert_non_null(strstr(outcome.decision.denial.message, NOT_AFTER));
}

static void a_machine_counts_for_thirty_days(void **state)
{
    (void)state;
    const seconds now = sample_time(NOW);
    struct machine_record record = {0};
    assert_false(record_counts(&record, now));
    assert_false(record_counts(&record, 10)); /* however early the clock */
    record = (struct machine_record){.requests = 1, .last_request = now - COUNT_WINDOW + 1};
    assert_true(record_counts(&record, now));
    record.last_request--;
    assert_false(record_counts(&record, now));
}

static void a_machine_holds_a_seat_until_its_lease_ends(void **state)
{
    (void)state;
    const seconds now = sample_time(NOW);
    struct machine_record record = {.expires = now + 1};
    assert_true(record_holds(&record, now));
    record.expires = now;
    assert_false(record_holds(&record, now));
}

static struct release sample_release(void)
{
    struct release release;
    assert_true(is_ok(release_read(slice_of(SAMPLE_RELEASE), &release)));
    return release;
}

static void a_release_with_the_secret_frees_the_seat_at_once(void **state)
{
    (void)state;
    const struct request request = sample_request();
    const struct release release = sample_release();
    const seconds now = sample_time(NOW);
    const struct machine_record record = record_of(HOLDING, &request, now);
    const struct figures figures = {30, 12};
    struct released released;
    struct machine_record after;
    struct figures fewer;
    assert_true(is_ok(decide_release(&record, &figures, &release, now, &released, &after, &fewer)));
    assert_string_equal(released.license, release.license);
    assert_memory_equal(&released.machine, &release.machine, sizeof released.machine);
    assert_memory_equal(released.secret, release.secret, sizeof released.secret);
    assert_int_equal(released.released, now);
    assert_true(after.released);
    assert_int_equal(after.expires, now);
    assert_false(record_holds(&after, now));
    assert_int_equal(fewer.count, 30);
    assert_int_equal(fewer.held, 11);
    struct buffer text CLEANUP_BUFFER = buffer_make(LEAF_MAX);
    assert_true(is_ok(released_write(&released, &text)));
}

static void a_release_with_another_secret_is_refused(void **state)
{
    (void)state;
    const struct request request = sample_request();
    struct release release = sample_release();
    release.secret[31] ^= 1;
    const seconds now = sample_time(NOW);
    const struct machine_record record = record_of(HOLDING, &request, now);
    const struct figures figures = {30, 12};
    struct released released;
    struct machine_record after = {.leaf = 99};
    struct figures fewer;
    assert_int_equal(result_code(decide_release(&record, &figures, &release, now, &released, &after, &fewer)),
                     ERR_RELEASE_SECRET);
    assert_int_equal(after.leaf, 99);
}

static void where_no_lease_is_held_there_is_nothing_to_release(void **state)
{
    (void)state;
    const struct request request = sample_request();
    const struct release release = sample_release();
    const seconds now = sample_time(NOW);
    const struct figures figures = {30, 12};
    static const enum machine without[] = {NEW, WAITING, FORGOTTEN, EXPIRED, RELEASED};
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++) {
        const struct machine_record record = record_of(without[i], &request, now);
        struct released released;
        struct machine_record after;
        struct figures fewer;
        assert_int_equal(result_code(decide_release(&record, &figures, &release, now, &released, &after, &fewer)),
                         ERR_RELEASE_NOTHING);
    }
}

static void the_sentence_of_every_denial_fits_into_its_message(void **state)
{
    (void)state;
    size_t count = 0;
    const struct error_info *table = error_table(&count);
    for (size_t i = 0; i < count; i++) {
        if (table[i].category != CATEGORY_DENIAL && table[i].code != ERR_LICENSE_REVOKED)
            continue;
        const struct denial denial = denial_make(table[i].code, 0);
        assert_string_equal(denial.message, table[i].sentence);
        struct buffer text CLEANUP_BUFFER = buffer_make(LEAF_MAX);
        assert_true(is_ok(denial_write(&denial, &text)));
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
        cmocka_unit_test(each_rule_gives_its_answer),
        cmocka_unit_test(every_request_is_remembered),
        cmocka_unit_test(a_denial_leaves_the_lease_in_force_as_it_is),
        cmocka_unit_test(every_answer_can_be_written),
        cmocka_unit_test(a_lease_says_what_license_and_request_say),
        cmocka_unit_test(a_lease_never_goes_beyond_its_license),
        cmocka_unit_test(a_new_lease_after_a_release_is_not_released),
        cmocka_unit_test(a_denial_for_the_threshold_shows_count_and_threshold),
        cmocka_unit_test(a_denial_for_seats_shows_them_with_the_overage_and_how_many_are_held),
        cmocka_unit_test(a_denial_for_the_clock_shows_both),
        cmocka_unit_test(a_denial_for_the_term_shows_its_date),
        cmocka_unit_test(a_machine_counts_for_thirty_days),
        cmocka_unit_test(a_machine_holds_a_seat_until_its_lease_ends),
        cmocka_unit_test(a_release_with_the_secret_frees_the_seat_at_once),
        cmocka_unit_test(a_release_with_another_secret_is_refused),
        cmocka_unit_test(where_no_lease_is_held_there_is_nothing_to_release),
        cmocka_unit_test(the_sentence_of_every_denial_fits_into_its_message),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
