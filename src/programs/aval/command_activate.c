/* aval activate, renew, release: asking hosts, and saying what each of them answered. */
#include "base/sentences.h"
#include "command.h"
#include "terminal/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void describe_attempt(struct report *out, const struct aval_attempt *attempt)
{
    report_object_begin(out, NULL);
    report_text(out, "host", NULL, attempt->host);
    report_text(out, "code", NULL, aval_code_name(attempt->code));
    report_text(out, "message", NULL, attempt->message);
    if (attempt->has_count) {
        report_number(out, "count", NULL, attempt->count);
        report_number(out, "threshold", NULL, attempt->threshold);
    }
    if (attempt->has_seats) {
        report_number(out, "seats", NULL, attempt->seats);
        report_number(out, "held", NULL, attempt->held);
    }
    if (attempt->retry_after > 0)
        report_number(out, "retry_after", NULL, (uint64_t)attempt->retry_after);
    report_object_end(out);
}

static void describe_outcome(struct report *out, const aval_machine *machine, int code,
                             const struct aval_report *report)
{
    report_text(out, "code", NULL, aval_code_name(code));
    report_text(out, "message", NULL, aval_last_message(machine));
    report_number(out, "exit_status", NULL, (uint64_t)aval_code_exit_status(code));
    report_objects_begin(out, "attempts");
    for (size_t i = 0; i < report->attempt_count; i++)
        describe_attempt(out, &report->attempts[i]);
    report_objects_end(out);
}

static int say_as_json(const aval_machine *machine, int code, const struct aval_report *report)
{
    CLEANUP_REPORT struct report out;
    report_begin(&out, true);
    describe_outcome(&out, machine, code, report);
    return report_answer(&out, PROGRAM, aval_code_exit_status(code));
}

/* The numbers behind a denial, and when to try again. */
static void say_numbers(const struct aval_attempt *attempt)
{
    char span[SPAN_TEXT_SIZE];
    if (attempt->has_count)
        say_hint(_("  %" PRIu64 " of %" PRIu64 " machines so far"), attempt->count, attempt->threshold);
    if (attempt->has_seats)
        say_hint(_("  %" PRIu64 " of %" PRIu64 " seats taken"), attempt->held, attempt->seats);
    if (attempt->retry_after > 0) {
        span_write(attempt->retry_after, span);
        say_hint(_("  to be tried again in %s"), span);
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
        return say_as_json(machine, code, report);
    say_attempts(report);
    if (code == AVAL_OK)
        return EXIT_FINE;
    if (report->attempt_count == 0)
        return say_code(arguments, machine, code);
    return aval_code_exit_status(code);
}

/* What is in force now. */
static void say_lease(aval_machine *machine, const struct arguments *arguments, const char *product, const char *word)
{
    struct aval_status status = {.size = sizeof status};
    char until[TIME_TEXT_SIZE];
    char left[SPAN_TEXT_SIZE];
    if (wants_json(arguments) || aval_status(machine, product, &status) != AVAL_OK || status.state != AVAL_LICENSED)
        return;
    time_write(status.expires, until);
    span_write(status.expires - status.issued, left);
    say_text(_("%s%s%s: %s, edition %s, until %s (a lease of %s from %s)\n"), tone_begin(TONE_GOOD, 1), word,
             tone_end(TONE_GOOD, 1), status.title, status.edition, until, left, status.activation_host);
}

/* A counted lease needs no renewal, which whoever reads that one failed should know. */
static void say_nothing_lost(aval_machine *machine, const struct arguments *arguments, const char *product)
{
    struct aval_status status = {.size = sizeof status};
    if (!wants_json(arguments) && aval_status(machine, product, &status) == AVAL_OK && status.state == AVAL_LICENSED &&
        status.counted)
        say_hint("%s", status.why);
}

/* What became of one product, in words; returns the exit status. */
static int say_renewal(const struct arguments *arguments, aval_machine *machine, const char *product, int code,
                       const struct aval_report *report)
{
    const int status = say_outcome(arguments, machine, code, report);
    if (code == AVAL_OK)
        say_lease(machine, arguments, product,
                  report->attempt_count > 0 ? _("activated") : _("not due for renewal yet"));
    else if (report->attempt_count > 0)
        say_nothing_lost(machine, arguments, product);
    return status;
}

int say_activation(const struct arguments *arguments, aval_machine *machine, int code, const struct aval_report *report)
{
    return say_renewal(arguments, machine, product_of(arguments), code, report);
}

static int activate_or_renew(const struct arguments *arguments, bool renewal)
{
    CLEANUP_MACHINE aval_machine *machine = NULL;
    struct aval_report report = {.size = sizeof report};
    int status = EXIT_FINE;
    if (!machine_open(arguments, &machine, &status))
        return status;
    const char *product = product_of(arguments);
    const int code = renewal ? aval_renew(machine, product, argument_given(arguments, "force"), &report)
                             : aval_activate(machine, product, &report);
    return say_renewal(arguments, machine, product, code, &report);
}

/* ---- all products ---- */

struct renewals {
    const struct arguments *arguments;
    aval_machine *machine;
    struct report out;
    size_t count;
    int status; /* of the first product that could not be renewed */
};

/* A product without a key has no lease that could end. */
static int renew_one(void *context, const char *product)
{
    struct renewals *const all = context;
    struct aval_report report = {.size = sizeof report};
    const int code = aval_renew(all->machine, product, argument_given(all->arguments, "force"), &report);
    all->count++;
    if (code != AVAL_OK && code != AVAL_NO_PRODUCT_KEY && all->status == EXIT_FINE)
        all->status = aval_code_exit_status(code);
    if (wants_json(all->arguments)) {
        report_object_begin(&all->out, NULL);
        report_text(&all->out, "product", NULL, product);
        describe_outcome(&all->out, all->machine, code, &report);
        report_object_end(&all->out);
        return 0;
    }
    if (code == AVAL_NO_PRODUCT_KEY) {
        say_hint(_("%s: no product key is installed"), product);
        return 0;
    }
    if (code != AVAL_OK)
        say_hint("%s:", product);
    (void)say_renewal(all->arguments, all->machine, product, code, &report);
    return 0;
}

static int renew_all(const struct arguments *arguments)
{
    CLEANUP_MACHINE aval_machine *machine = NULL;
    int status = EXIT_FINE;
    if (product_of(arguments) != NULL)
        return say_problem(arguments, _("--all is every product, and --product is one."), AVAL_USAGE);
    if (!machine_open(arguments, &machine, &status))
        return status;
    struct renewals all = {.arguments = arguments, .machine = machine, .status = EXIT_FINE};
    report_begin(&all.out, wants_json(arguments));
    report_objects_begin(&all.out, "products");
    const int code = aval_products(machine, renew_one, &all);
    report_objects_end(&all.out);
    if (code != AVAL_OK) {
        report_free(&all.out);
        return say_code(arguments, machine, code);
    }
    if (all.count == 0)
        report_say(&all.out, _("no product is installed"));
    report_number(&all.out, "exit_status", NULL, (uint64_t)all.status);
    status = report_answer(&all.out, PROGRAM, all.status);
    report_free(&all.out);
    return status;
}

int run_activate(const struct arguments *arguments, void *context)
{
    (void)context;
    return activate_or_renew(arguments, false);
}

int run_renew(const struct arguments *arguments, void *context)
{
    (void)context;
    return argument_given(arguments, "all") ? renew_all(arguments) : activate_or_renew(arguments, true);
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
        say_text(_("released: the seat is free again at %s\n"), report.attempts[0].host);
    return status;
}
