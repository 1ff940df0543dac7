/* The rules of the host, as a table: who asks what and when, and what the answer must be. */
#include "core/rules/decide.h"
#include "core/rules/terms.h"
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

/* What the sample request has, and its note. */
enum { NUMBER = 7, LEDGER = 3, OTHER_LEDGER = 2 };

enum machine {
    NEW,               /* never asked */
    WAITING,           /* asked a day ago, was denied */
    FORGOTTEN,         /* asked longer ago than the window */
    HOLDING,           /* got a lease a day ago */
    REPEATING,         /* the same, and sends that request again */
    ELSEWHERE,         /* the same, and the ledger is another since */
    TO_THE_END,        /* its lease ends with the license */
    OTHER_NOTE,        /* signed two requests with one number, and got a lease for the other */
    BEHIND,            /* got a lease for a higher number */
    EXPIRED,           /* its lease has ended a day ago */
    EXPIRED_SAME,      /* the same, and sends that request again */
    RELEASED,          /* gave its lease back an hour ago */
    RELEASED_SAME,     /* the same, and sends the request of that lease again */
    DENIED_SAME,       /* asked a day ago, was denied, and that request comes again */
    SET_BACK,          /* asked a day ago with a higher number, and was denied: its numbers were set back since */
    CLOCK_BACK,        /* the same by a later clock, and the clock was set back since: its number is higher */
    LATER_HEARD,       /* holds a lease, and was given it again for a later request with a higher number */
    TO_THE_END_LATER,  /* the same where the lease ends with the license */
    TELLING,           /* its lease ends with the license, and says nothing of an epoch that the machine has seen */
    TELLING_AGAIN,     /* the same, and sends the request of that lease again */
    TELLING_LATER,     /* the same, and asked later */
    TELLING_ELSEWHERE, /* the same as the first, and the lease stands in a ledger before */
    CHANGED            /* got a lease a day ago, for other hardware */
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
    {"the answer was lost and the ledger begun again", ELSEWHERE, false, false, NOW, 0, 25, 20, ERR_NUMBER_USED, 25,
     20},
    {"released", RELEASED, false, false, NOW, 0, 25, 20, OK, 25, 21},
    {"released, no seat left", RELEASED, false, false, NOW, 0, 28, 28, ERR_NO_SEATS, 28, 28},
    {"released, and an old request again", RELEASED_SAME, false, false, NOW, 0, 25, 20, ERR_NUMBER_USED, 25, 20},
    {"the lease is over, and its request again", EXPIRED_SAME, false, false, NOW, 0, 25, 20, ERR_NUMBER_USED, 25, 20},
    {"two requests with one number", OTHER_NOTE, false, false, NOW, 0, 25, 20, ERR_NUMBER_USED, 25, 20},
    {"a number below", BEHIND, false, false, NOW, 0, 25, 20, ERR_NUMBER_USED, 25, 20},
    {"a number below, before the threshold", BEHIND, false, false, NOW, 0, 3, 3, ERR_NUMBER_USED, 3, 3},
    {"what was denied comes again", DENIED_SAME, false, false, NOW, 0, 30, 20, ERR_NUMBER_USED, 30, 20},
    {"what was denied comes again, below the threshold", DENIED_SAME, false, false, NOW, 0, 3, 3, ERR_NUMBER_USED, 3,
     3},
    {"numbers set back", SET_BACK, false, false, NOW, 0, 25, 20, OK, 25, 21},
    {"clock set back", CLOCK_BACK, false, false, NOW, 0, 25, 20, OK, 25, 21},
    {"held back until it asked again", LATER_HEARD, false, false, NOW, 0, 25, 20, OK, 25, 20},
    {"held back, with nothing to gain", TO_THE_END_LATER, false, false, NOW, 0, 25, 20, OK, 25, 20},
    {"blocked, before what was heard", DENIED_SAME, true, false, NOW, 0, 25, 20, ERR_MACHINE_BLOCKED, 25, 20},
    {"blocked, before its number", BEHIND, true, false, NOW, 0, 25, 20, ERR_MACHINE_BLOCKED, 25, 20},
    {"clock before number", BEHIND, false, false, NOW, 5 * HOUR, 25, 20, ERR_CLOCK_APART, 25, 20},
    {"nothing to gain", TO_THE_END, false, false, "2027-10-30T00:00:00Z", 0, 25, 20, OK, 25, 20},
    {"nothing to gain below the threshold", TO_THE_END, false, false, "2027-10-30T00:00:00Z", 0, 24, 20,
     ERR_BELOW_THRESHOLD, 24, 20},
    {"nothing to gain, no seat left", TO_THE_END, false, false, "2027-10-30T00:00:00Z", 0, 40, 40, OK, 40, 40},
    {"nothing to gain, but something to tell", TELLING, false, false, "2027-10-30T00:00:00Z", 0, 25, 20, OK, 25, 20},
    {"something to tell, no seat left", TELLING, false, false, NOW, 0, 40, 40, OK, 40, 40},
    {"something to tell, below the threshold", TELLING, false, false, NOW, 0, 24, 20, ERR_BELOW_THRESHOLD, 24, 20},
    {"what was told comes again", TELLING_AGAIN, false, false, NOW, 0, 25, 20, OK, 25, 20},
    {"held back, with something to tell", TELLING_LATER, false, false, NOW, 0, 25, 20, OK, 25, 20},
    {"something to tell, and the ledger begun again", TELLING_ELSEWHERE, false, false, NOW, 0, 25, 20, OK, 25, 20},
    {"other hardware than its lease describes", CHANGED, false, false, NOW, 0, 25, 20, ERR_OTHER_HARDWARE, 25, 20},
    {"other hardware, below the threshold", CHANGED, false, false, NOW, 0, 24, 20, ERR_OTHER_HARDWARE, 24, 20},
    {"other hardware, no seat left", CHANGED, false, false, NOW, 0, 40, 40, ERR_OTHER_HARDWARE, 40, 40},
    {"other hardware, and another clock", CHANGED, false, false, NOW, 5 * HOUR, 25, 20, ERR_CLOCK_APART, 25, 20},
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
    {"ended, before the clock", NEW, false, false, NOT_AFTER, 5 * HOUR, 25, 0, ERR_LICENSE_ENDED, 25, 0},
    {"clock four hours ahead", NEW, false, false, NOW, 4 * HOUR, 25, 0, OK, 26, 1},
    {"clock more than that ahead", NEW, false, false, NOW, 4 * HOUR + 1, 25, 0, ERR_CLOCK_APART, 25, 0},
    {"clock four hours behind", NEW, false, false, NOW, -4 * HOUR, 25, 0, OK, 26, 1},
    {"clock more than that behind", NEW, false, false, NOW, -4 * HOUR - 1, 25, 0, ERR_CLOCK_APART, 25, 0},
    {"clock before repetition", REPEATING, false, false, NOW, 5 * HOUR, 25, 5, ERR_CLOCK_APART, 25, 5},
    {"clock before threshold", NEW, false, false, NOW, 5 * HOUR, 0, 0, ERR_CLOCK_APART, 0, 0},
};
enum { RULES = sizeof rules / sizeof rules[0] };

/* A file that the operator answers; `ahead` is how much later than now the machine made it, by its clock. */
static const struct rule files[] = {
    {"made now", NEW, false, false, NOW, 0, 25, 0, OK, 26, 1},
    {"made thirty days ago", NEW, false, false, NOW, -30 * DAY, 25, 0, OK, 26, 1},
    {"made before that", NEW, false, false, NOW, -30 * DAY - 1, 25, 0, ERR_FILE_TOO_OLD, 25, 0},
    {"too old, and the same again", REPEATING, false, false, NOW, -31 * DAY, 25, 5, ERR_FILE_TOO_OLD, 25, 5},
    {"answered twice", REPEATING, false, false, NOW, -20 * DAY, 25, 5, OK, 25, 5},
    {"made in four hours", NEW, false, false, NOW, 4 * HOUR, 25, 0, OK, 26, 1},
    {"made later than that", NEW, false, false, NOW, 4 * HOUR + 1, 25, 0, ERR_CLOCK_APART, 25, 0},
    {"it counts, though it is denied", NEW, false, false, NOW, -20 * DAY, 0, 0, ERR_BELOW_THRESHOLD, 1, 0},
    {"overtaken by a later one", BEHIND, false, false, NOW, -20 * DAY, 25, 20, ERR_NUMBER_USED, 25, 20},
    {"overtaken by one that was denied", DENIED_SAME, false, false, NOW, -20 * DAY, 30, 20, ERR_NUMBER_USED, 30, 20},
    {"no seat left", NEW, false, false, NOW, -20 * DAY, 28, 28, ERR_NO_SEATS, 29, 28},
    {"blocked", NEW, true, false, NOW, -20 * DAY, 25, 0, ERR_MACHINE_BLOCKED, 26, 0},
};

static const struct hash note_hash = {.bytes = {1, 2, 3}};

static bool is_telling(enum machine machine)
{
    return machine == TELLING || machine == TELLING_AGAIN || machine == TELLING_LATER || machine == TELLING_ELSEWHERE;
}

static bool is_holding(enum machine machine)
{
    return is_telling(machine) || machine == HOLDING || machine == REPEATING || machine == ELSEWHERE ||
           machine == TO_THE_END || machine == OTHER_NOTE || machine == BEHIND || machine == LATER_HEARD ||
           machine == TO_THE_END_LATER || machine == CHANGED;
}

static bool asked_in_vain(enum machine machine)
{
    return machine == WAITING || machine == FORGOTTEN || machine == DENIED_SAME || machine == SET_BACK ||
           machine == CLOCK_BACK;
}

/* By the request's clock, which the records' own is with these machines. */
static struct heard heard_of(enum machine machine, seconds asked)
{
    switch ((int)machine) {
    case NEW:
        return (struct heard){0};
    case DENIED_SAME:
        return (struct heard){NUMBER, asked};
    case SET_BACK:
        return (struct heard){NUMBER + 1, asked - 1};
    case CLOCK_BACK:
        return (struct heard){NUMBER - 1, asked + HOUR};
    case LATER_HEARD:
    case TO_THE_END_LATER:
    case TELLING_LATER:
        return (struct heard){NUMBER + 1, asked + 1};
    default:
        return (struct heard){1, asked - DAY};
    }
}

static bool sends_again(enum machine machine)
{
    return machine == REPEATING || machine == ELSEWHERE || machine == EXPIRED_SAME || machine == RELEASED_SAME ||
           machine == TELLING_AGAIN;
}

static struct machine_record record_of(enum machine machine, seconds now)
{
    struct machine_record record = {0};
    if (machine == NEW)
        return record;
    record.first_request = now - 60 * DAY;
    record.requests = 3;
    record.last_request = machine == FORGOTTEN ? now - COUNT_WINDOW : now - DAY;
    if (asked_in_vain(machine)) {
        record.last_denial = ERR_BELOW_THRESHOLD;
        return record;
    }
    record.leaf = 17;
    record.ledger = machine == ELSEWHERE || machine == TELLING_ELSEWHERE ? OTHER_LEDGER : LEDGER;
    record.issued = now - DAY;
    record.released = machine == RELEASED || machine == RELEASED_SAME;
    record.expires = is_holding(machine) ? now + 179 * DAY : record.released ? now - HOUR : now;
    if (machine == TO_THE_END || machine == TO_THE_END_LATER || is_telling(machine))
        record.expires = sample_license().not_after;
    record.ends = record.expires;
    record.number = sends_again(machine) || machine == OTHER_NOTE ? NUMBER : machine == BEHIND ? 9 : 6;
    if (record.released) /* the release had the number after the request's */
        record.number = machine == RELEASED_SAME ? NUMBER + 1 : 6;
    record.note = note_hash;
    if (!sends_again(machine))
        record.note.bytes[0] ^= 1;
    return record;
}

struct outcome {
    struct license license;
    struct request request;
    struct machine_record record;
    struct figures figures;
    seconds now;
    struct decision decision;
};

static void decide_sent(const struct rule *rule, bool offline, struct outcome *outcome)
{
    outcome->license = sample_license();
    outcome->request = sample_request();
    assert_int_equal(outcome->request.number, NUMBER);
    outcome->now = sample_time(rule->now);
    outcome->request.time = outcome->now + rule->ahead;
    outcome->record = record_of(rule->machine, outcome->now);
    outcome->record.heard = heard_of(rule->machine, outcome->request.time);
    outcome->figures = (struct figures){rule->count, rule->held};
    const struct question question = {
        .license = &outcome->license,
        .revoked = rule->revoked,
        .blocked = rule->blocked,
        .record = &outcome->record,
        .figures = &outcome->figures,
        .request = &outcome->request,
        .note = note_hash,
        .last_number = outcome->record.number,
        .heard = outcome->record.heard,
        .other_until = rule->machine == CHANGED ? outcome->now + 179 * DAY : 0,
        .untold = is_telling(rule->machine),
        .offline = offline,
        .ledger = LEDGER,
        .now = outcome->now,
    };
    decide(&question, &outcome->decision);
}

static void decide_rule(const struct rule *rule, struct outcome *outcome)
{
    decide_sent(rule, false, outcome);
}

static bool gives_again(enum machine machine)
{
    return machine == REPEATING || machine == TO_THE_END || machine == TO_THE_END_LATER || machine == LATER_HEARD ||
           machine == TELLING_AGAIN || machine == TELLING_LATER;
}

static bool was_heard(enum machine machine)
{
    return machine == DENIED_SAME || machine == LATER_HEARD || machine == TO_THE_END_LATER || machine == TELLING_LATER;
}

/* Whether the request has a clock that agrees and a number that is unused, and is heard for the first time. */
static bool is_counted(const struct rule *rule)
{
    return clock_agrees(rule->ahead, 0) && !sends_again(rule->machine) && rule->machine != OTHER_NOTE &&
           rule->machine != BEHIND && !was_heard(rule->machine);
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
        const bool repeat = gives_again(rules[i].machine) && answer == OK;
        if (answer == OK && decision->kind != (repeat ? DECISION_REPEAT : DECISION_GRANT))
            fail_msg("%s: a lease of the wrong kind", rules[i].what);
    }
}

static void a_file_may_be_thirty_days_old_and_its_lease_says_so(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct outcome outcome;
        decide_sent(&files[i], true, &outcome);
        const struct decision *decision = &outcome.decision;
        const enum error_code answer = decision->kind == DECISION_DENY ? decision->denial.code : OK;
        if (answer != files[i].answer)
            fail_msg("%s: the answer is %s", files[i].what, answer == OK ? "a lease" : error_info(answer)->name);
        if (decision->figures.count != files[i].count_after || decision->figures.held != files[i].held_after)
            fail_msg("%s: count %u, held %u", files[i].what, (unsigned)decision->figures.count,
                     (unsigned)decision->figures.held);
        assert_true(decision->kind != DECISION_GRANT || decision->lease.offline);
        if (decision->record.requests != outcome.record.requests)
            assert_int_equal(decision->record.last_request, outcome.now); /* counts from when it is answered */
    }
}

static void every_request_in_time_with_an_unused_number_is_remembered(void **state)
{
    (void)state;
    for (size_t i = 0; i < RULES; i++) {
        struct outcome outcome;
        decide_rule(&rules[i], &outcome);
        const struct machine_record *after = &outcome.decision.record;
        if (!is_counted(&rules[i])) {
            assert_int_equal(after->requests, outcome.record.requests);
            assert_int_equal(after->last_request, outcome.record.last_request);
            assert_int_equal(after->first_request, outcome.record.first_request);
            assert_int_equal(record_counts(after, outcome.now), record_counts(&outcome.record, outcome.now));
            assert_memory_equal(&after->heard, &outcome.record.heard, sizeof after->heard);
            continue;
        }
        assert_int_equal(after->requests, outcome.record.requests + 1);
        assert_int_equal(after->last_request, outcome.now);
        assert_int_equal(after->first_request, rules[i].machine == NEW ? outcome.now : outcome.record.first_request);
        assert_int_equal(after->last_denial, rules[i].answer);
        assert_true(record_counts(after, outcome.now));
        assert_true(after->heard.number >= NUMBER && after->heard.number >= outcome.record.heard.number);
        assert_true(after->heard.time >= outcome.request.time && after->heard.time >= outcome.record.heard.time);
    }
}

/* Somebody who sends again what was heard changes nothing but why the machine was denied last. */
static void what_was_heard_before_changes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < RULES; i++) {
        struct outcome outcome;
        decide_rule(&rules[i], &outcome);
        if (!was_heard(rules[i].machine))
            continue;
        struct machine_record *const after = &outcome.decision.record;
        assert_int_equal(after->last_denial, rules[i].answer);
        after->last_denial = outcome.record.last_denial;
        assert_memory_equal(after, &outcome.record, sizeof outcome.record);
    }
}

/* A recorded request of somebody who never got a lease cannot make a row by itself, nor can a wrong clock. */
static void a_request_that_does_not_count_makes_no_record(void **state)
{
    (void)state;
    const struct rule late = {"", NEW, false, false, NOW, 5 * HOUR, 40, 0, OK, 0, 0};
    struct outcome outcome;
    decide_rule(&late, &outcome);
    static const struct machine_record none = {0};
    assert_memory_equal(&outcome.decision.record, &none, sizeof none);
}

static void the_last_number_is_that_of_any_license(void **state)
{
    (void)state;
    const struct license license = sample_license();
    const struct request request = sample_request();
    const struct machine_record record = {0};
    const struct figures figures = {30, 3};
    struct question question = {.license = &license,
                                .record = &record,
                                .figures = &figures,
                                .request = &request,
                                .ledger = LEDGER,
                                .now = request.time};
    struct decision decision;
    question.last_number = NUMBER;
    decide(&question, &decision);
    assert_int_equal(decision.kind, DECISION_DENY);
    assert_int_equal(decision.denial.code, ERR_NUMBER_USED);
    assert_int_equal(decision.figures.count, 30);
    question.last_number = NUMBER - 1;
    decide(&question, &decision);
    assert_int_equal(decision.kind, DECISION_GRANT);
    assert_int_equal(decision.record.number, NUMBER);
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
        assert_int_equal(after->ends, outcome.record.ends);
        assert_int_equal(after->expires, outcome.record.expires);
        assert_int_equal(after->leaf, outcome.record.leaf);
        assert_int_equal(after->ledger, outcome.record.ledger);
        assert_int_equal(after->released, outcome.record.released);
        assert_int_equal(after->number, outcome.record.number);
        assert_memory_equal(&after->note, &outcome.record.note, HASH_SIZE);
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
            assert_true(is_ok(lease_write(&outcome.decision.lease, slice_of(SAMPLE_REQUEST_NOTE), &text)));
        if (outcome.decision.kind == DECISION_DENY)
            assert_true(is_ok(denial_write(&outcome.decision.denial, &text)));
    }
}

static void decide_at(enum machine machine, const char *now, uint64_t count, uint64_t held, struct outcome *outcome)
{
    const struct rule rule = {"", machine, false, false, now, 0, count, held, OK, 0, 0};
    decide_rule(&rule, outcome);
}

static void a_lease_says_what_its_license_says(void **state)
{
    (void)state;
    struct outcome outcome;
    decide_at(NEW, NOW, 30, 3, &outcome);
    const struct lease *lease = &outcome.decision.lease;
    assert_string_equal(lease->license, "lic-2026-0001");
    assert_false(lease->offline);
    assert_memory_equal(&lease->features, &outcome.license.features, sizeof lease->features);
    assert_int_equal(lease->issued, outcome.now);
    assert_int_equal(lease->expires, outcome.now + 180 * DAY);
    assert_int_equal(lease->renew_after, 7 * DAY);
    assert_int_equal(lease->retry_after, 2 * HOUR);
    const struct machine_record *after = &outcome.decision.record;
    assert_int_equal(after->issued, lease->issued);
    assert_int_equal(after->expires, lease->expires);
    assert_int_equal(after->number, NUMBER);
    assert_memory_equal(&after->note, &note_hash, HASH_SIZE);
    assert_int_equal(after->leaf, 0); /* for the caller to fill in */
    assert_int_equal(after->ledger, 0);
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

/* A lease was granted while the clock was 100 days ahead; then the ledger was begun again. The lease cannot be taken
 * back, so that the seat is held until it ends; but the machine's own one is the new one, and is renewed. */
static void a_lease_that_ends_earlier_takes_no_seat_back(void **state)
{
    (void)state;
    struct outcome outcome;
    struct question question = {.license = &outcome.license,
                                .record = &outcome.record,
                                .figures = &outcome.figures,
                                .request = &outcome.request,
                                .note = note_hash,
                                .last_number = 6,
                                .ledger = LEDGER};
    decide_at(ELSEWHERE, NOW, 30, 3, &outcome);
    const struct lease_case later = {&outcome.request.hardware, false};
    const seconds held_until = outcome.now + 100 * DAY + outcome.license.lease;
    outcome.record.number = 6;
    outcome.record.issued = outcome.now + 100 * DAY;
    outcome.record.ends = outcome.record.expires = held_until;
    question.now = outcome.now;
    decide(&question, &outcome.decision);
    assert_int_equal(outcome.decision.kind, DECISION_GRANT);
    assert_int_equal(outcome.decision.lease.expires, terms_end(&outcome.license, &later, outcome.now));
    assert_int_equal(outcome.decision.record.ends, outcome.decision.lease.expires);
    assert_int_equal(outcome.decision.record.expires, held_until);
    assert_int_equal(outcome.decision.figures.held, 3);
    /* A week later it is renewed, though the seat is held for longer than the new lease runs. */
    outcome.record = outcome.decision.record;
    outcome.record.ledger = LEDGER;
    outcome.request.number++;
    question.last_number = outcome.record.number;
    question.now = outcome.request.time = outcome.now + 7 * DAY;
    decide(&question, &outcome.decision);
    assert_int_equal(outcome.decision.kind, DECISION_GRANT);
    assert_int_equal(outcome.decision.record.ends, terms_end(&outcome.license, &later, question.now));
    assert_int_equal(outcome.decision.record.expires, held_until);
}

/* The sample release, as of NOW; its number is 8. */
struct giving {
    struct license license;
    struct release release;
    struct machine_record record;
    struct figures figures;
    struct question question;
    struct decision decision;
};

static void begin_release(enum machine machine, struct giving *giving)
{
    const seconds now = sample_time(NOW);
    giving->license = sample_license();
    giving->release = sample_release();
    giving->release.time = now;
    giving->record = record_of(machine, now);
    giving->figures = (struct figures){30, 12};
    giving->question = (struct question){.license = &giving->license,
                                         .record = &giving->record,
                                         .figures = &giving->figures,
                                         .release = &giving->release,
                                         .note = {.bytes = {9}},
                                         .last_number = giving->record.number,
                                         .ledger = LEDGER,
                                         .now = now};
}

static enum error_code give_back(struct giving *giving)
{
    decide_release(&giving->question, &giving->decision);
    return giving->decision.kind == DECISION_DENY ? giving->decision.denial.code : OK;
}

static void a_release_frees_the_seat_at_once(void **state)
{
    (void)state;
    static const enum machine with[] = {HOLDING, REPEATING, ELSEWHERE, TO_THE_END};
    for (size_t i = 0; i < sizeof with / sizeof *with; i++) {
        struct giving giving;
        begin_release(with[i], &giving);
        assert_int_equal(give_back(&giving), OK);
        assert_int_equal(giving.decision.kind, DECISION_GRANT);
        assert_int_equal(giving.decision.released.released, giving.question.now);
        const struct machine_record *after = &giving.decision.record;
        assert_true(after->released);
        assert_int_equal(after->expires, giving.question.now);
        assert_false(record_holds(after, giving.question.now));
        assert_int_equal(after->number, 8);
        assert_memory_equal(&after->note, &giving.question.note, HASH_SIZE);
        assert_int_equal(after->leaf, 0); /* for the caller to fill in */
        assert_int_equal(after->ledger, 0);
        assert_int_equal(after->last_denial, OK);
        assert_int_equal(after->last_request, giving.record.last_request); /* it is no request */
        assert_int_equal(giving.decision.figures.count, 30);
        assert_int_equal(giving.decision.figures.held, 11);
        struct buffer text CLEANUP_BUFFER = buffer_make(LEAF_MAX);
        assert_true(is_ok(released_write(&giving.decision.released, slice_of(SAMPLE_RELEASE_NOTE), &text)));
    }
}

/* Its answer was lost: the machine asks again, byte for byte. */
static void the_same_release_again_is_answered_with_the_same_leaf(void **state)
{
    (void)state;
    struct giving giving;
    begin_release(RELEASED, &giving);
    giving.record.number = 8;
    giving.record.note = giving.question.note;
    giving.question.last_number = 8;
    assert_int_equal(give_back(&giving), OK);
    assert_int_equal(giving.decision.kind, DECISION_REPEAT);
    assert_int_equal(giving.decision.record.leaf, 17);
    assert_int_equal(giving.decision.figures.held, 12);
    giving.record.ledger = OTHER_LEDGER; /* which is closed: there is no proof of today any more */
    assert_int_equal(give_back(&giving), ERR_NUMBER_USED);
    giving.record.ledger = LEDGER;
    giving.question.note.bytes[0] ^= 1;
    assert_int_equal(give_back(&giving), ERR_NUMBER_USED);
}

static void a_release_with_a_number_that_was_used_frees_nothing(void **state)
{
    (void)state;
    struct giving giving;
    begin_release(HOLDING, &giving);
    giving.question.last_number = 8;
    assert_int_equal(give_back(&giving), ERR_NUMBER_USED);
    giving.question.last_number = 9;
    assert_int_equal(give_back(&giving), ERR_NUMBER_USED);
    assert_int_equal(giving.decision.figures.held, 12);
    assert_int_equal(giving.decision.record.expires, giving.record.expires);
    giving.question.last_number = 7;
    assert_int_equal(give_back(&giving), OK);
}

/* Somebody on the path holds it back until the machine, which has thought better of it, is told of its lease again. */
static void a_release_that_was_held_back_frees_nothing(void **state)
{
    (void)state;
    struct giving giving;
    begin_release(HOLDING, &giving);
    giving.question.heard = (struct heard){giving.release.number + 1, giving.release.time};
    assert_int_equal(give_back(&giving), ERR_NUMBER_USED);
    assert_int_equal(giving.decision.record.last_denial, ERR_NUMBER_USED);
    giving.decision.record.last_denial = giving.record.last_denial;
    assert_memory_equal(&giving.decision.record, &giving.record, sizeof giving.record);
    giving.question.heard = (struct heard){giving.release.number + 1, giving.release.time - 1};
    assert_int_equal(give_back(&giving), OK); /* its numbers were set back */
    assert_int_equal(giving.decision.record.heard.number, giving.release.number);
    assert_int_equal(giving.decision.record.heard.time, giving.release.time);
}

static void a_release_needs_a_clock_that_agrees(void **state)
{
    (void)state;
    static const seconds apart[] = {CLOCK_TOLERANCE + 1, -CLOCK_TOLERANCE - 1};
    for (size_t i = 0; i < 2; i++) {
        struct giving giving;
        begin_release(HOLDING, &giving);
        giving.release.time = giving.question.now + apart[i];
        giving.question.last_number = 9; /* the clock is asked first */
        assert_int_equal(give_back(&giving), ERR_CLOCK_APART);
        assert_true(giving.decision.denial.has_clocks);
        assert_int_equal(giving.decision.denial.host_time, giving.question.now);
        assert_int_equal(giving.decision.denial.machine_time, giving.release.time);
        assert_int_equal(giving.decision.figures.held, 12);
    }
}

static void where_no_lease_is_held_there_is_nothing_to_release(void **state)
{
    (void)state;
    static const enum machine without[] = {NEW, WAITING, FORGOTTEN, EXPIRED, RELEASED};
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++) {
        struct giving giving;
        begin_release(without[i], &giving);
        assert_int_equal(give_back(&giving), ERR_RELEASE_NOTHING);
        assert_int_equal(giving.decision.figures.held, 12);
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

/* Of a license that has taken the seats of others, 28 of its own. */
static void what_a_license_inherits_is_its_own(void **state)
{
    (void)state;
    static const struct inheriting {
        enum machine machine;
        bool held_before;
        bool counted_before;
        uint64_t count;
        uint64_t held;
        enum error_code code; /* OK: a lease */
        uint64_t count_after;
        uint64_t held_after;
    } CASES[] = {
        {NEW, false, false, 30, 27, OK, 31, 28},
        {NEW, true, true, 30, 28, OK, 30, 28},  /* it brings its seat along */
        {NEW, true, false, 24, 28, OK, 25, 28}, /* and counts anew */
        {NEW, false, true, 24, 20, ERR_BELOW_THRESHOLD, 24, 20},
        {NEW, true, true, 30, 29, ERR_NO_SEATS, 30, 29}, /* until they fit */
        {HOLDING, false, false, 30, 29, ERR_NO_SEATS, 30, 29},
        {HOLDING, false, false, 30, 28, OK, 30, 28},
        {NEW, false, false, 30, 28, ERR_NO_SEATS, 31, 28},
        {REPEATING, false, false, 30, 40, OK, 30, 40},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const struct inheriting *const one = &CASES[i];
        const struct license license = sample_license();
        struct request request = sample_request();
        const seconds now = sample_time(NOW);
        request.time = now;
        struct machine_record record = record_of(one->machine, now);
        record.heard = heard_of(one->machine, now);
        const struct figures figures = {one->count, one->held};
        const struct question question = {.license = &license,
                                          .record = &record,
                                          .figures = &figures,
                                          .inherits = true,
                                          .held_before = one->held_before ? now + 200 * DAY : 0,
                                          .counted_before = one->counted_before,
                                          .request = &request,
                                          .note = note_hash,
                                          .last_number = record.number,
                                          .heard = record.heard,
                                          .ledger = LEDGER,
                                          .now = now};
        struct decision decision;
        decide(&question, &decision);
        assert_int_equal(decision.kind == DECISION_DENY ? decision.denial.code : OK, one->code);
        assert_int_equal(decision.figures.count, one->count_after);
        assert_int_equal(decision.figures.held, one->held_after);
        if (decision.kind != DECISION_GRANT)
            continue;
        assert_int_equal(decision.record.renewed, one->held_before || one->machine == HOLDING);
        assert_int_equal(decision.record.expires, now + (one->held_before ? 200 : 180) * DAY);
    }
}

/* It is given again as long as it runs, and nothing more. */
static void a_license_that_was_replaced_gives_the_lease_that_runs(void **state)
{
    (void)state;
    const struct license license = sample_license();
    struct request request = sample_request();
    const seconds now = sample_time(NOW);
    struct machine_record record = record_of(HOLDING, now);
    const struct figures figures = {30, 20};
    struct question question = {.license = &license,
                                .replaced = true,
                                .record = &record,
                                .figures = &figures,
                                .request = &request,
                                .note = note_hash,
                                .last_number = record.number,
                                .ledger = LEDGER,
                                .now = now};
    struct decision decision;
    request.time = now;
    decide(&question, &decision);
    assert_int_equal(decision.kind, DECISION_REPEAT);
    question.replaced = false;
    decide(&question, &decision);
    assert_int_equal(decision.kind, DECISION_GRANT);
    assert_true(record_runs(&record, LEDGER, now));
    record.expires = now; /* it has left its seat for another license's */
    assert_false(record_runs(&record, LEDGER, now));
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
        cmocka_unit_test(a_file_may_be_thirty_days_old_and_its_lease_says_so),
        cmocka_unit_test(every_request_in_time_with_an_unused_number_is_remembered),
        cmocka_unit_test(what_was_heard_before_changes_nothing),
        cmocka_unit_test(a_request_that_does_not_count_makes_no_record),
        cmocka_unit_test(the_last_number_is_that_of_any_license),
        cmocka_unit_test(a_denial_leaves_the_lease_in_force_as_it_is),
        cmocka_unit_test(every_answer_can_be_written),
        cmocka_unit_test(a_lease_says_what_its_license_says),
        cmocka_unit_test(a_lease_never_goes_beyond_its_license),
        cmocka_unit_test(a_new_lease_after_a_release_is_not_released),
        cmocka_unit_test(a_denial_for_the_threshold_shows_count_and_threshold),
        cmocka_unit_test(a_denial_for_seats_shows_them_with_the_overage_and_how_many_are_held),
        cmocka_unit_test(a_denial_for_the_clock_shows_both),
        cmocka_unit_test(a_denial_for_the_term_shows_its_date),
        cmocka_unit_test(a_machine_counts_for_thirty_days),
        cmocka_unit_test(a_lease_that_ends_earlier_takes_no_seat_back),
        cmocka_unit_test(a_machine_holds_a_seat_until_its_lease_ends),
        cmocka_unit_test(a_release_frees_the_seat_at_once),
        cmocka_unit_test(the_same_release_again_is_answered_with_the_same_leaf),
        cmocka_unit_test(a_release_with_a_number_that_was_used_frees_nothing),
        cmocka_unit_test(a_release_that_was_held_back_frees_nothing),
        cmocka_unit_test(a_release_needs_a_clock_that_agrees),
        cmocka_unit_test(where_no_lease_is_held_there_is_nothing_to_release),
        cmocka_unit_test(what_a_license_inherits_is_its_own),
        cmocka_unit_test(a_license_that_was_replaced_gives_the_lease_that_runs),
        cmocka_unit_test(the_sentence_of_every_denial_fits_into_its_message),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
