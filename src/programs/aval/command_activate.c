/* aval activate, renew, release: asking hosts, and saying what each of them answered. */
#include "command.h"
#include "terminal/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static json_t *attempt_json(const struct aval_attempt *attempt)
{
    json_t *json = json_pack("{s:s, s:s, s:s}", "host", attempt->host, "code", aval_code_name(attempt->code), "message",
                             attempt->message);
    if (attempt->has_count) {
        json_object_set_new(json, "count", json_integer((json_int_t)attempt->count));
        json_object_set_new(json, "threshold", json_integer((json_int_t)attempt->threshold));
    }
    if (attempt->has_seats) {
        json_object_set_new(json, "seats", json_integer((json_int_t)attempt->seats));
        json_object_set_new(json, "held", json_integer((json_int_t)attempt->held));
    }
    if (attempt->retry_after > 0)
        json_object_set_new(json, "retry_after", json_integer(attempt->retry_after));
    return json;
}

static int report_json(const aval_machine *machine, int code, const struct aval_report *report)
{
    json_t *attempts = json_array();
    for (size_t i = 0; i < report->attempt_count; i++)
        json_array_append_new(attempts, attempt_json(&report->attempts[i]));
    const int status = aval_code_exit_status(code);
    const int said = say_json(json_pack("{s:s, s:s, s:i, s:o}", "code", aval_code_name(code), "message",
                                        aval_last_message(machine), "exit_status", status, "attempts", attempts));
    return said == EXIT_FINE ? status : said;
}

/* The numbers behind a denial, and when to try again. */
static void say_numbers(const struct aval_attempt *attempt)
{
    char span[SPAN_TEXT_SIZE];
    if (attempt->has_count)
        say_hint("  %" PRIu64 " of %" PRIu64 " machines so far", attempt->count, attempt->threshold);
    if (attempt->has_seats)
        say_hint("  %" PRIu64 " of %" PRIu64 " seats taken", attempt->held, attempt->seats);
    if (attempt->retry_after > 0) {
        span_write(attempt->retry_after, span);
        say_hint("  to be tried again in %s", span);
    }
}

/* Every host that did not do what was asked, with its reason. */
static void say_attempts(const struct aval_report *report)
{
    for (size_t i = 0; i < report->attempt_count; i++) {
        const struct aval_attempt *attempt = &report->attempts[i];
        if (attempt->code == AVAL_OK)
            continue;
        say_hint("%s%s%s: %s (%s)", tone_begin(TONE_WARN, 2), attempt->host, tone_end(TONE_WARN, 2), attempt->message,
                 aval_code_name(attempt->code));
        say_numbers(attempt);
    }
}

static int say_outcome(const struct arguments *arguments, const aval_machine *machine, int code,
                       const struct aval_report *report)
{
    if (wants_json(arguments))
        return report_json(machine, code, report);
    say_attempts(report);
    if (code == AVAL_OK)
        return EXIT_FINE;
    if (report->attempt_count == 0)
        return say_code(arguments, machine, code);
    return aval_code_exit_status(code);
}

/* What is in force now. */
static void say_lease(aval_machine *machine, const struct arguments *arguments, const char *word)
{
    struct aval_status status = {.size = sizeof status};
    char until[TIME_TEXT_SIZE];
    char left[SPAN_TEXT_SIZE];
    if (wants_json(arguments) || aval_status(machine, product_of(arguments), &status) != AVAL_OK ||
        status.state != AVAL_LICENSED)
        return;
    time_write(status.expires, until);
    span_write(status.expires - status.issued, left);
    printf("%s%s%s: %s, edition %s, until %s (a lease of %s from %s)\n", tone_begin(TONE_GOOD, 1), word,
           tone_end(TONE_GOOD, 1), status.title, status.edition, until, left, status.activation_host);
}

static int ask(const struct arguments *arguments, bool renewal)
{
    CLEANUP_MACHINE aval_machine *machine = NULL;
    struct aval_report report = {.size = sizeof report};
    int status = EXIT_FINE;
    if (!machine_open(arguments, &machine, &status))
        return status;
    const char *product = product_of(arguments);
    const int code = renewal ? aval_renew(machine, product, argument_given(arguments, "force"), &report)
                             : aval_activate(machine, product, &report);
    status = say_outcome(arguments, machine, code, &report);
    if (code == AVAL_OK)
        say_lease(machine, arguments, report.attempt_count > 0 ? "activated" : "not due for renewal yet");
    return status;
}

int run_activate(const struct arguments *arguments, void *context)
{
    (void)context;
    return ask(arguments, false);
}

int run_renew(const struct arguments *arguments, void *context)
{
    (void)context;
    return ask(arguments, true);
}

int run_release(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_MACHINE aval_machine *machine = NULL;
    struct aval_report report = {.size = sizeof report};
    int status = EXIT_FINE;
    if (!machine_open(arguments, &machine, &status))
        return status;
    const int code = aval_release(machine, product_of(arguments), &report);
    status = say_outcome(arguments, machine, code, &report);
    if (code == AVAL_OK && !wants_json(arguments))
        printf("released: the seat is free again at %s\n", report.attempts[0].host);
    return status;
}
