/* One question over a transport of the test's own: what goes out, what is kept of what comes back, and which attempt
 * speaks for a report. */
#include "activation/exchange.h"

#include "core/documents/documents.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LIMIT = 1024, REASON_MAX = 512 };

/* What the transport says, and what it was asked. */
struct line {
    int code;
    int status;
    size_t size; /* that it claims to have written; as many of `text` are */
    char text[LIMIT];
    const char *reason; /* written without an end of its own where it is too long */
    char host[AVAL_HOST_SIZE];
    char path[64];
    char body[64];
    char authorization[128]; /* "": none */
    bool has_body;
    size_t body_size;
    unsigned timeout_ms;
    size_t capacity;
    unsigned calls;
    bool says_no_size;
    bool says_no_status;
};

static int transport(void *context, const char *host, const char *path, const char *body, size_t body_size,
                     const char *authorization, unsigned timeout_ms, char *answer, size_t capacity, size_t *ret_size,
                     int *ret_http_status, char *reason, size_t reason_size)
{
    struct line *line = context;
    line->calls++;
    snprintf(line->host, sizeof line->host, "%s", host);
    snprintf(line->path, sizeof line->path, "%s", path);
    line->has_body = body != NULL;
    line->body_size = body_size;
    if (body != NULL)
        snprintf(line->body, sizeof line->body, "%.*s", (int)body_size, body);
    snprintf(line->authorization, sizeof line->authorization, "%s", authorization == NULL ? "" : authorization);
    line->timeout_ms = timeout_ms;
    line->capacity = capacity;
    if (line->reason != NULL)
        strncpy(reason, line->reason, reason_size); /* NOLINT: as a careless transport does */
    memcpy(answer, line->text, line->size < capacity ? line->size : capacity);
    if (!line->says_no_size)
        *ret_size = line->size;
    if (!line->says_no_status)
        *ret_http_status = line->status;
    return line->code;
}

/* A question in all of its parts; the reply holds "before" until something takes its place. */
struct talk {
    struct line line;
    aval_machine machine;
    struct aval_attempt attempt;
    struct reply reply;
};

static int set_up(void **state)
{
    struct talk *talk = calloc(1, sizeof *talk);
    assert_non_null(talk);
    talk->line.status = 200;
    talk->machine.transport = transport;
    talk->machine.transport_context = &talk->line;
    talk->machine.timeout_ms = 123456;
    machine_begin_asking(&talk->machine);
    snprintf(talk->attempt.host, sizeof talk->attempt.host, "kms.uni.example:8216");
    talk->reply = (struct reply){.data = (uint8_t *)strdup("before"), .size = strlen("before")};
    *state = talk;
    return 0;
}

static int tear_down(void **state)
{
    struct talk *talk = *state;
    reply_free(&talk->reply);
    free(talk);
    return 0;
}

static enum error_code ask(struct talk *talk, const char *body, size_t limit)
{
    return result_code(exchange(&talk->machine, "/v1/path", slice_of(body), limit, &talk->attempt, &talk->reply));
}

static void say(struct line *line, int status, const void *text, size_t size)
{
    line->status = status;
    line->size = size;
    memcpy(line->text, text, size < sizeof line->text ? size : sizeof line->text);
}

static void assert_reply(const struct talk *talk, const char *text)
{
    assert_int_equal(talk->reply.size, strlen(text));
    assert_memory_equal(talk->reply.data, text, talk->reply.size);
}

/* The attempt failed with these words before the sentence of the table. */
static void assert_failed(const struct talk *talk, enum error_code code, const char *words)
{
    char expected[2 * AVAL_MESSAGE_SIZE];
    snprintf(expected, sizeof expected, "%s%s", words, error_info(code)->sentence);
    assert_int_equal(talk->attempt.code, code);
    assert_string_equal(talk->attempt.message, expected);
}

static void a_question_goes_out_as_it_was_asked(void **state)
{
    struct talk *talk = *state;
    say(&talk->line, 200, "fine", 4);
    assert_int_equal(ask(talk, "a request", LIMIT), OK);
    assert_string_equal(talk->line.host, "kms.uni.example:8216");
    assert_string_equal(talk->line.path, "/v1/path");
    assert_string_equal(talk->line.body, "a request");
    assert_int_equal(talk->line.body_size, strlen("a request"));
    assert_in_range(talk->line.timeout_ms, 1, 123456);
    assert_int_equal(talk->line.capacity, LIMIT);
    assert_reply(talk, "fine");
    assert_int_equal(ask(talk, "b", LIMIT), OK);
    assert_string_equal(talk->line.body, "b");
    assert_int_equal(ask(talk, "", LIMIT), OK);
    assert_false(talk->line.has_body);
    assert_int_equal(talk->line.body_size, 0);
}

/* Whoever is asked gets the time of its share; where none is left nothing goes out. */
static void a_question_has_the_time_that_is_left(void **state)
{
    struct talk *talk = *state;
    assert_true(machine_share_time(&talk->machine, 100));
    assert_int_equal(ask(talk, "", LIMIT), OK);
    assert_in_range(talk->line.timeout_ms, 1, 1234);
    talk->machine.budget.share_ends = talk->machine.budget.ends = 0;
    assert_false(machine_share_time(&talk->machine, 1));
    assert_int_equal(ask(talk, "", LIMIT), ERR_HOST_TIMEOUT);
    assert_failed(talk, ERR_HOST_TIMEOUT, "no time was left to ask it: ");
    assert_int_equal(talk->line.calls, 1);
    assert_reply(talk, "");
}

static void without_a_transport_nothing_goes_out(void **state)
{
    struct talk *talk = *state;
    talk->machine.transport = NULL;
    assert_int_equal(ask(talk, "", LIMIT), ERR_USAGE);
    assert_failed(talk, ERR_USAGE, "this build of libaval has no transport of its own: ");
    assert_reply(talk, "before");
}

/* Whatever a transport returns, a host that did not answer is one of four failures. */
static void the_failures_of_a_transport_are_four(void **state)
{
    static const struct {
        int code;
        enum error_code told;
    } rows[] = {
        {AVAL_HOST_TIMEOUT, ERR_HOST_TIMEOUT},
        {AVAL_HOST_ANSWER, ERR_HOST_ANSWER},
        {AVAL_NO_MEMORY, ERR_NO_MEMORY},
        {AVAL_HOST_UNREACHABLE, ERR_HOST_UNREACHABLE},
        {AVAL_NO_SEATS, ERR_HOST_UNREACHABLE},
        {AVAL_INTERNAL, ERR_HOST_UNREACHABLE},
        {-1, ERR_HOST_UNREACHABLE},
        {987654, ERR_HOST_UNREACHABLE},
    };
    struct talk *talk = *state;
    talk->line.reason = "the wire is cut";
    say(&talk->line, 200, "fine", 4);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        talk->line.code = rows[i].code;
        assert_int_equal(ask(talk, "", LIMIT), rows[i].told);
        assert_failed(talk, rows[i].told, "the wire is cut: ");
        assert_reply(talk, "before");
    }
}

/* It may be anything, of any length, and ends where its room does. */
static void the_words_of_a_transport_become_a_line_of_text(void **state)
{
    struct talk *talk = *state;
    char long_reason[REASON_MAX];
    char expected[AVAL_MESSAGE_SIZE];
    talk->line.code = AVAL_HOST_TIMEOUT;
    talk->line.reason = "\x01\x1f \x7e\x7f\x80\xff\nz";
    assert_int_equal(ask(talk, "", LIMIT), ERR_HOST_TIMEOUT);
    assert_failed(talk, ERR_HOST_TIMEOUT, "?? ~????z: ");
    talk->line.reason = "";
    assert_int_equal(ask(talk, "", LIMIT), ERR_HOST_TIMEOUT);
    assert_failed(talk, ERR_HOST_TIMEOUT, "");
    memset(long_reason, 'x', sizeof long_reason - 1);
    long_reason[sizeof long_reason - 1] = 0;
    talk->line.reason = long_reason;
    assert_int_equal(ask(talk, "", LIMIT), ERR_HOST_TIMEOUT);
    snprintf(expected, sizeof expected, "%.255s: ", long_reason);
    assert_failed(talk, ERR_HOST_TIMEOUT, expected);
}

static void an_answer_may_be_as_large_as_its_limit_and_no_larger(void **state)
{
    struct talk *talk = *state;
    say(&talk->line, 200, "0123456789", 11);
    assert_int_equal(ask(talk, "", 10), ERR_HOST_ANSWER);
    assert_failed(talk, ERR_HOST_ANSWER, "the answer is too large: ");
    assert_reply(talk, "before");
    talk->line.size = 10;
    assert_int_equal(ask(talk, "", 10), OK);
    assert_reply(talk, "0123456789");
    talk->line.size = 0;
    assert_int_equal(ask(talk, "", 10), OK);
    assert_int_equal(talk->reply.size, 0);
}

/* Its numbers go to the attempt; what stands behind it, of whatever length, is the reply. */
static void a_denial_says_why_and_may_carry_something(void **state)
{
    static const char *const behind[] = {"", "x", "a leaf\nof two lines\n"};
    struct talk *talk = *state;
    const struct denial denial = {
        .code = ERR_NO_SEATS,
        .message = "All seats are taken.",
        .has_seats = true,
        .seats = 10,
        .held = 9,
        .has_count = true,
        .count = 3,
        .threshold = 5,
        .retry_after = HOUR,
    };
    for (size_t i = 0; i < sizeof behind / sizeof *behind; i++) {
        CLEANUP_BUFFER struct buffer text = buffer_make(LIMIT);
        assert_true(is_ok(denial_write(&denial, &text)));
        if (i > 0)
            buffer_append_byte(&text, '\n');
        buffer_append_text(&text, behind[i]);
        say(&talk->line, 409, text.data, text.size);
        talk->attempt = (struct aval_attempt){.host = "a:1"};
        assert_int_equal(ask(talk, "", LIMIT), ERR_NO_SEATS);
        assert_int_equal(talk->attempt.code, AVAL_NO_SEATS);
        assert_string_equal(talk->attempt.message, "All seats are taken.");
        assert_true(talk->attempt.has_seats && talk->attempt.has_count);
        assert_int_equal(talk->attempt.seats, 10);
        assert_int_equal(talk->attempt.held, 9);
        assert_int_equal(talk->attempt.count, 3);
        assert_int_equal(talk->attempt.threshold, 5);
        assert_int_equal(talk->attempt.retry_after, HOUR);
        assert_reply(talk, behind[i]);
    }
    /* Where the status is 200 it is none. */
    talk->line.status = 200;
    talk->attempt = (struct aval_attempt){.host = "a:1"};
    assert_int_equal(ask(talk, "", LIMIT), OK);
    assert_int_equal(talk->attempt.code, AVAL_OK);
    assert_int_equal(talk->reply.size, talk->line.size);
}

static void what_is_neither_200_nor_a_denial_is_no_answer(void **state)
{
    static const int statuses[] = {0, 199, 201, 404, 500};
    struct talk *talk = *state;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        char words[64];
        say(&talk->line, statuses[i], "<html>", 6);
        snprintf(words, sizeof words, "HTTP status %d without a denial: ", statuses[i]);
        assert_int_equal(ask(talk, "", LIMIT), ERR_HOST_ANSWER);
        assert_failed(talk, ERR_HOST_ANSWER, words);
        assert_reply(talk, "before");
    }
}

static void a_transport_that_says_nothing_has_brought_no_answer(void **state)
{
    struct talk *talk = *state;
    talk->line.says_no_size = true;
    talk->line.says_no_status = true;
    assert_int_equal(ask(talk, "", LIMIT), ERR_HOST_ANSWER);
    assert_failed(talk, ERR_HOST_ANSWER, "HTTP status 0 without a denial: ");
    assert_reply(talk, "before");
    talk->line.says_no_status = false;
    assert_int_equal(ask(talk, "", LIMIT), OK);
    assert_reply(talk, "");
}

/* What has lost its form is the host's fault; every other failure stays what it is. */
static void what_is_wrong_with_an_answer_is_said_by_line_and_name(void **state)
{
    const struct {
        struct result why;
        enum error_code code;
        const char *words;
    } rows[] = {
        {FAIL_AT(DOCUMENT_VALUE, 1), ERR_HOST_ANSWER, "the lease, line 1 (document-value): "},
        {FAIL_AT(DOCUMENT_VALUE, 12), ERR_HOST_ANSWER, "the lease, line 12 (document-value): "},
        {FAIL(NOTE_FORM), ERR_HOST_ANSWER, "the lease (note-form): "},
        {FAIL(LICENSE_SIGNER), ERR_LICENSE_SIGNER, ""},
        {FAIL(NO_MEMORY), ERR_NO_MEMORY, ""},
    };
    struct talk *talk = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(result_code(attempt_fail_answer(&talk->attempt, rows[i].why, "the lease")), rows[i].code);
        assert_failed(talk, rows[i].code, rows[i].words);
    }
    attempt_begin(&talk->attempt);
    assert_int_equal(talk->attempt.code, AVAL_OK);
    assert_string_equal(talk->attempt.message, "");
    assert_string_equal(talk->attempt.host, "kms.uni.example:8216");
}

/* The last of a host that answered, or else the last. */
static void one_attempt_speaks_for_the_report(void **state)
{
    static const struct {
        int codes[3];
        size_t count;
        size_t verdict;
    } rows[] = {
        {{AVAL_OK}, 1, 0},
        {{AVAL_HOST_UNREACHABLE}, 1, 0},
        {{AVAL_HOST_UNREACHABLE, AVAL_HOST_TIMEOUT}, 2, 1},
        {{AVAL_NO_SEATS, AVAL_HOST_TIMEOUT}, 2, 0},
        {{AVAL_HOST_TIMEOUT, AVAL_NO_SEATS}, 2, 1},
        {{AVAL_NO_SEATS, AVAL_MACHINE_BLOCKED, AVAL_HOST_UNREACHABLE}, 3, 1},
        {{AVAL_OK, AVAL_HOST_UNREACHABLE, AVAL_HOST_UNREACHABLE}, 3, 0},
        {{AVAL_HOST_UNREACHABLE, AVAL_LICENSE_SIGNER, AVAL_OK}, 3, 2},
    };
    (void)state;
    struct aval_report empty = {.size = sizeof empty};
    assert_null(report_verdict(&empty));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct aval_report report = {.size = sizeof report};
        for (size_t a = 0; a < rows[i].count; a++) {
            memset(&report.attempts[a], 0x5a, sizeof report.attempts[a]);
            struct aval_attempt *attempt = report_add(&report, "a:1");
            assert_string_equal(attempt->host, "a:1");
            assert_string_equal(attempt->message, "");
            assert_int_equal(attempt->retry_after, 0);
            attempt->code = rows[i].codes[a];
        }
        assert_int_equal(report.attempt_count, rows[i].count);
        assert_ptr_equal(report_verdict(&report), &report.attempts[rows[i].verdict]);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_question_goes_out_as_it_was_asked),
        TEST(a_question_has_the_time_that_is_left),
        TEST(without_a_transport_nothing_goes_out),
        TEST(the_failures_of_a_transport_are_four),
        TEST(the_words_of_a_transport_become_a_line_of_text),
        TEST(an_answer_may_be_as_large_as_its_limit_and_no_larger),
        TEST(a_denial_says_why_and_may_carry_something),
        TEST(what_is_neither_200_nor_a_denial_is_no_answer),
        TEST(a_transport_that_says_nothing_has_brought_no_answer),
        TEST(what_is_wrong_with_an_answer_is_said_by_line_and_name),
        TEST(one_attempt_speaks_for_the_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
