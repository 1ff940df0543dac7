/* One question to one host; see exchange.h. */
#include "exchange.h"

#include "base/sentences.h"
#include "proto/site_authorization.h"
#include "site/site_key.h"
#include "state/records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPLY_REASON_SIZE = 256 };

_Static_assert((int)HOSTS_MAX <= (int)AVAL_ATTEMPTS_MAX, "a report has room for every host");
_Static_assert((int)ADDRESS_SIZE == (int)AVAL_HOST_SIZE && (int)MESSAGE_SIZE == (int)AVAL_MESSAGE_SIZE,
               "the API's sizes");

struct slice reply_slice(const struct reply *reply)
{
    return slice_make(reply->data, reply->size);
}

void reply_free(struct reply *reply)
{
    free(reply->data);
    *reply = (struct reply){0};
}

void attempt_begin(struct aval_attempt *attempt)
{
    struct aval_attempt anew = {0};
    memcpy(anew.host, attempt->host, sizeof anew.host);
    *attempt = anew;
}

RESULT attempt_fail(struct aval_attempt *attempt, struct result why, const char *detail)
{
    attempt->code = (int)result_code(why);
    failure_text(why, detail, attempt->message, sizeof attempt->message);
    return why;
}

RESULT attempt_fail_answer(struct aval_attempt *attempt, struct result why, const char *what)
{
    char detail[REPLY_REASON_SIZE];
    if (error_info(result_code(why))->category != CATEGORY_INPUT)
        return attempt_fail(attempt, why, "");
    if (result_place(why) != 0)
        snprintf(detail, sizeof detail, _("%s, line %u (%s)"), what, result_place(why),
                 error_info(result_code(why))->name);
    else
        snprintf(detail, sizeof detail, "%s (%s)", what, error_info(result_code(why))->name);
    return attempt_fail(attempt, FAIL(HOST_ANSWER), detail);
}

/* A transport's words, made fit for a line of text. */
static void clean(char *reason)
{
    for (; *reason != 0; reason++)
        if (*reason < 0x20 || *reason > 0x7e)
            *reason = '?';
}

static RESULT transport_failure(int code)
{
    switch (code) {
    case AVAL_HOST_TIMEOUT:
        return FAIL(HOST_TIMEOUT);
    case AVAL_HOST_ANSWER:
        return FAIL(HOST_ANSWER);
    case AVAL_NAME_SERVERS:
        return FAIL(NAME_SERVERS);
    case AVAL_HOST_CERTIFICATE:
        return FAIL(HOST_CERTIFICATE);
    case AVAL_NO_MEMORY:
        return FAIL(NO_MEMORY);
    case AVAL_USAGE:
        return FAIL(USAGE);
    case AVAL_LIBRARY_MISSING:
        return FAIL(LIBRARY_MISSING);
    default:
        return FAIL(HOST_UNREACHABLE);
    }
}

/* Everything but 200 must be a denial. What stands behind it is moved to the beginning. */
static RESULT denied(struct aval_attempt *attempt, int status, struct reply *received)
{
    struct denial denial;
    struct slice rest;
    const struct slice head = document_head(reply_slice(received), &rest);
    const struct result read = denial_read(head, &denial);
    if (!is_ok(read)) {
        char detail[64];
        snprintf(detail, sizeof detail, _("HTTP status %d without a denial"), status);
        return attempt_fail(attempt, FAIL(HOST_ANSWER), detail);
    }
    attempt->code = (int)denial.code;
    snprintf(attempt->message, sizeof attempt->message, "%s", denial.message);
    attempt->has_count = denial.has_count;
    attempt->count = denial.count;
    attempt->threshold = denial.threshold;
    attempt->has_seats = denial.has_seats;
    attempt->seats = denial.seats;
    attempt->held = denial.held;
    attempt->retry_after = denial.retry_after;
    if (rest.size > 0)
        memmove(received->data, rest.data, rest.size);
    received->size = rest.size;
    return FAIL_CODE(denial.code);
}

/* The question goes to the host, with the header where it is not NULL; the reply is as exchange.h says. */
static RESULT ask(const aval_machine *machine, const char *path, struct slice body, const char *authorization,
                  size_t limit, struct aval_attempt *attempt, struct reply *reply)
{
    char reason[REPLY_REASON_SIZE] = "";
    size_t size = 0;
    int status = 0;
    if (machine->transport == NULL)
        return attempt_fail(attempt, FAIL(USAGE), _("this build of libaval has no transport of its own"));
    const unsigned time_left = machine_time_left(machine);
    if (time_left == 0)
        return attempt_fail(attempt, FAIL(HOST_TIMEOUT), _("no time was left to ask it"));
    CLEANUP_REPLY struct reply received = {.data = malloc(limit)};
    if (received.data == NULL)
        return attempt_fail(attempt, FAIL(NO_MEMORY), "");
    const int code = machine->transport(machine->transport_context, attempt->host, path,
                                        body.size > 0 ? (const char *)body.data : NULL, body.size, authorization,
                                        time_left, (char *)received.data, limit, &size, &status, reason, sizeof reason);
    reason[sizeof reason - 1] = 0;
    clean(reason);
    if (code != AVAL_OK)
        return attempt_fail(attempt, transport_failure(code), reason);
    if (size > limit)
        return attempt_fail(attempt, FAIL(HOST_ANSWER), _("the answer is too large"));
    received.size = size;
    const struct result outcome = status == 200 ? RESULT_OK : denied(attempt, status, &received);
    if (result_code(outcome) == ERR_HOST_ANSWER)
        return outcome;
    reply_free(reply);
    *reply = received;
    received = (struct reply){0};
    return outcome;
}

/* What is sent for the site key; *ret_shown is false where nothing is. */
static RESULT write_authorization(const aval_machine *machine, struct slice body,
                                  char ret_value[static SITE_AUTHORIZATION_SIZE], bool *ret_shown,
                                  struct reason *reason)
{
    struct site_key key;
    *ret_shown = false;
    TRY(site_key_find(machine, &key, ret_shown, reason));
    if (*ret_shown)
        site_authorization_write(&key, body, ret_value);
    secret_wipe(&key, sizeof key);
    return RESULT_OK;
}

/* A site key that cannot be read is no reason not to ask; where the host then wants one, it is the reason. */
static RESULT ask_as_own(const aval_machine *machine, const char *path, struct slice body, size_t limit,
                         struct aval_attempt *attempt, struct reply *reply)
{
    char value[SITE_AUTHORIZATION_SIZE];
    struct reason words = {.text = ""};
    bool shown = false;
    const struct result written = write_authorization(machine, body, value, &shown, &words);
    if (result_code(written) == ERR_NO_MEMORY)
        return attempt_fail(attempt, written, "");
    const struct result outcome = ask(machine, path, body, shown ? value : NULL, limit, attempt, reply);
    if (is_ok(written) || result_code(outcome) != ERR_SITE_KEY_REQUIRED)
        return outcome;
    reason_add(&words, " (%s)", error_info(result_code(written))->name);
    return attempt_fail(attempt, outcome, words.text);
}

RESULT exchange(const aval_machine *machine, const char *path, struct slice body, size_t limit,
                struct aval_attempt *attempt, struct reply *reply)
{
    return body.size == 0 ? ask(machine, path, body, NULL, limit, attempt, reply)
                          : ask_as_own(machine, path, body, limit, attempt, reply);
}

RESULT exchange_signed(const aval_machine *machine, const char *path, struct slice body, struct aval_attempt *attempt,
                       struct reply *reply, struct answer *ret_answer)
{
    TRY(exchange(machine, path, body, ANSWER_MAX, attempt, reply));
    const struct result read = answer_read(reply_slice(reply), ret_answer);
    return is_ok(read) ? RESULT_OK : attempt_fail_answer(attempt, read, _("the answer"));
}

const struct aval_attempt *report_verdict(const struct aval_report *report)
{
    if (report->attempt_count == 0)
        return NULL;
    for (size_t i = report->attempt_count; i > 0; i--) {
        const struct aval_attempt *attempt = &report->attempts[i - 1];
        if (attempt->code == AVAL_OK || error_info((enum error_code)attempt->code)->category != CATEGORY_NETWORK)
            return attempt;
    }
    return &report->attempts[report->attempt_count - 1];
}

struct aval_attempt *report_add(struct aval_report *report, const char *host)
{
    struct aval_attempt *attempt = &report->attempts[report->attempt_count++];
    memset(attempt, 0, sizeof *attempt);
    snprintf(attempt->host, sizeof attempt->host, "%s", host);
    return attempt;
}
