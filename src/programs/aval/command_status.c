/* aval status: the state of a product for people, for scripts (exit status) and for programs (--json). */
#include "base/sentences.h"
#include "command.h"
#include "system/clock.h"
#include "terminal/say.h"

#include <inttypes.h>
#include <stdio.h>

enum { HOSTS_TEXT_MAX = AVAL_ATTEMPTS_MAX * AVAL_HOST_SIZE };

static int exit_status_of(enum aval_state state)
{
    switch (state) {
    case AVAL_LICENSED:
    case AVAL_GRACE:
        return EXIT_FINE;
    case AVAL_EXPIRED_GRACE:
        return EXIT_EXPIRED_GRACE;
    case AVAL_NOTIFICATION:
        return EXIT_NOTIFICATION;
    case AVAL_UNLICENSED:
    default:
        return EXIT_UNLICENSED;
    }
}

/* ID, or ID=VALUE. */
static void feature_text(const struct aval_status *status, size_t i, char text[static 2 * AVAL_ID_SIZE])
{
    const char *value = status->feature_values[i];
    (void)snprintf(text, (size_t)2 * AVAL_ID_SIZE, "%s%s%s", status->features[i], value[0] != 0 ? "=" : "", value);
}

static void describe_lease(struct report *report, const struct aval_status *status)
{
    if (status->license[0] == 0) {
        report_nothing(report, "lease");
        return;
    }
    report_object_begin(report, "lease");
    report_text(report, "license", NULL, status->license);
    report_text(report, "customer", NULL, status->customer);
    report_text(report, "mode", NULL, status->counted ? "counted" : "volume");
    report_time_or_nothing(report, "license_ends", status->license_ends);
    if (status->test)
        report_text(report, "test", NULL, "yes");
    report_text(report, "activation_host", NULL, status->activation_host);
    report_time_or_nothing(report, "issued", status->issued);
    report_time_or_nothing(report, "expires", status->expires);
    report_time_or_nothing(report, "renew_at", status->renew_at);
    report_number(report, "ledger_index", NULL, status->ledger_index);
    report_number(report, "ledger_size", NULL, status->ledger_size);
    report_number(report, "ledger_epoch", NULL, status->ledger_epoch);
    report_list_begin(report, "features");
    for (size_t i = 0; i < status->feature_count; i++) {
        char text[2 * AVAL_ID_SIZE];
        feature_text(status, i, text);
        report_list_item(report, text);
    }
    report_list_end(report, NULL);
    report_object_end(report);
}

static void describe_last(struct report *report, const struct aval_status *status)
{
    if (status->last_host[0] == 0) {
        report_nothing(report, "last");
        return;
    }
    report_object_begin(report, "last");
    report_text(report, "host", NULL, status->last_host);
    report_text(report, "code", NULL, aval_code_name(status->last_code));
    report_text(report, "message", NULL, status->last_message);
    report_time_or_nothing(report, "asked", status->last_asked);
    report_time_or_nothing(report, "retry_at", status->retry_at);
    report_object_end(report);
}

/* Whether this machine has a site key. */
static const char *site_key_of(aval_machine *machine)
{
    int set = 0;
    const int code = aval_site_key_is_set(machine, &set);
    if (code != AVAL_OK)
        return aval_code_name(code);
    return set ? "yes" : "no";
}

static const char *key_mode(const struct aval_status *status)
{
    if (status->key_suffix[0] == 0)
        return "";
    return status->key_counted ? "counted" : "volume";
}

static int say_as_json(aval_machine *machine, const struct aval_status *status)
{
    CLEANUP_REPORT struct report report;
    report_begin(&report, true);
    report_textf(&report, "product", NULL, "%s/%s", status->vendor, status->product);
    report_text(&report, "title", NULL, status->title);
    report_text_or_nothing(&report, "edition", status->edition);
    report_text_or_nothing(&report, "key_suffix", status->key_suffix);
    report_text_or_nothing(&report, "key_mode", key_mode(status));
    report_text_or_nothing(&report, "machine", status->machine_id);
    report_text(&report, "state", NULL, aval_state_name(status->state));
    report_text(&report, "code", NULL, aval_code_name(status->code));
    report_text(&report, "message", NULL, status->code == AVAL_OK ? "" : aval_code_sentence(status->code));
    report_time_or_nothing(&report, "state_until", status->state_until);
    report_text(&report, "why", NULL, status->why);
    report_text(&report, "site_key", NULL, site_key_of(machine));
    describe_lease(&report, status);
    describe_last(&report, status);
    return report_answer(&report, PROGRAM, exit_status_of(status->state));
}

/* "2026-11-22T09:00:00Z, in 12 minutes", or "..., 12 minutes ago". */
static void say_moment(const char *key, int64_t time, int64_t now)
{
    char text[TIME_TEXT_SIZE];
    char span[SPAN_TEXT_SIZE];
    time_write(time, text);
    span_write(time > now ? time - now : now - time, span);
    if (time == now)
        say_field(key, _("%s, now"), text);
    else
        say_field(key, time > now ? _("%s, in %s") : _("%s, %s ago"), text, span);
}

static enum tone tone_of(enum aval_state state)
{
    if (state == AVAL_LICENSED)
        return TONE_GOOD;
    return state == AVAL_GRACE ? TONE_WARN : TONE_BAD;
}

static void say_state(const struct aval_status *status, int64_t now)
{
    char left[SPAN_TEXT_SIZE];
    const char *begin = tone_begin(tone_of(status->state), 1);
    const char *end = tone_end(tone_of(status->state), 1);
    span_write(status->state_until - now, left);
    if (status->state_until > 0)
        say_field(_("State"), _("%s%s%s, %s left"), begin, aval_state_name(status->state), end, left);
    else
        say_field(_("State"), "%s%s%s", begin, aval_state_name(status->state), end);
    if (status->code != AVAL_OK)
        say_field(_("Reason"), "%s (%s)", _(aval_code_sentence(status->code)), aval_code_name(status->code));
}

/* A license that follows it comes by itself, once the host has it. */
static void say_ending(const struct aval_status *status, int64_t now)
{
    enum { LONG_BEFORE = 60 };
    char text[TIME_TEXT_SIZE];
    char span[SPAN_TEXT_SIZE];
    if (status->license_ends <= now || status->license_ends - now > (int64_t)LONG_BEFORE * DAY)
        return;
    time_write(status->license_ends, text);
    span_write(status->license_ends - now, span);
    say_field(_("License ends"), _("%s, in %s; whoever runs the host needs another one by then"), text, span);
}

static void say_lease(const struct aval_status *status, int64_t now)
{
    if (status->license[0] == 0)
        return;
    say_field(_("License"), status->test ? _("%s for %s: A TEST, not for work") : _("%s for %s"), status->license,
              status->customer);
    if (status->counted)
        say_field(_("Mode"), _("counted: the seat is this machine's until `aval release`; a renewal that fails costs "
                               "nothing"));
    say_ending(status, now);
    say_moment(_("Lease ends"), status->expires, now);
    say_moment(_("Next renewal"), status->renew_at, now);
}

static void say_last(const struct aval_status *status, int64_t now)
{
    if (status->last_host[0] == 0) {
        say_field(_("Last host"), _("none asked yet"));
        return;
    }
    if (status->last_code == AVAL_OK)
        say_field(_("Last host"), "%s: %s", status->last_host, status->last_message);
    else
        say_field(_("Last host"), "%s: %s (%s)", status->last_host, status->last_message,
                  aval_code_name(status->last_code));
    say_moment(_("Last asked"), status->last_asked, now);
    if (status->retry_at > 0)
        say_moment(_("Next try"), status->retry_at, now);
}

static void say_hosts(aval_machine *machine)
{
    CLEANUP_BUFFER struct buffer hosts = buffer_make(HOSTS_TEXT_MAX);
    const char *host = NULL;
    for (size_t i = 0; (host = aval_host(machine, i)) != NULL; i++)
        buffer_printf(&hosts, "%s%s", i > 0 ? ", " : "", host);
    say_field(_("Hosts to ask"), "%s", hosts.size > 0 ? buffer_text(&hosts) : _("none set"));
}

static void say_site_key(aval_machine *machine)
{
    int set = 0;
    if (aval_site_key_is_set(machine, &set) != AVAL_OK)
        say_field(_("Site key"), _("cannot be used: %s"), aval_last_message(machine));
    else
        say_field(_("Site key"), "%s", set ? _("yes") : _("no"));
}

static void say_features(const struct aval_status *status)
{
    CLEANUP_BUFFER struct buffer features = buffer_make(sizeof status->features + sizeof status->feature_values);
    for (size_t i = 0; i < status->feature_count; i++) {
        char text[2 * AVAL_ID_SIZE];
        feature_text(status, i, text);
        buffer_printf(&features, "%s%s", i > 0 ? ", " : "", text);
    }
    say_field(_("Features"), "%s", features.size > 0 ? buffer_text(&features) : _("none"));
}

static void say_details(aval_machine *machine, const struct aval_status *status)
{
    char issued[TIME_TEXT_SIZE];
    size_t evidence = 0;
    say_field(_("Machine"), "%s",
              status->machine_id[0] != 0 ? status->machine_id : _("none before the first activation"));
    say_hosts(machine);
    say_site_key(machine);
    if (status->license[0] != 0) {
        time_write(status->issued, issued);
        say_field(_("Lease issued"), "%s", issued);
        say_field(_("Activation host"), "%s", status->activation_host);
        say_field(_("Ledger"), _("entry %" PRIu64 ", of %" PRIu64 " when last seen"), status->ledger_index,
                  status->ledger_size);
        if (status->ledger_epoch > 1)
            say_field(_("Ledger's epoch"), _("%" PRIu64 ": the host began its ledger again"), status->ledger_epoch);
        say_features(status);
    }
    if (aval_evidence_count(machine, &evidence) != AVAL_OK)
        say_field(_("Evidence"), _("cannot be read: %s"), aval_last_message(machine));
    else if (evidence > 0)
        say_field(_("Evidence"), _("%zu against hosts; `aval evidence` lists it"), evidence);
    say_field(_("libaval"), "%s", aval_version());
}

int run_status(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_MACHINE aval_machine *machine = NULL;
    struct aval_status status = {.size = sizeof status};
    int exit_status = EXIT_FINE;
    if (!machine_open(arguments, &machine, &exit_status))
        return exit_status;
    const int code = aval_status(machine, product_of(arguments), &status);
    if (code != AVAL_OK)
        return say_code(arguments, machine, code);
    if (wants_json(arguments))
        return say_as_json(machine, &status);

    const int64_t now = clock_now();
    say_field(_("Product"), "%s (%s/%s)", status.title, status.vendor, status.product);
    if (status.edition[0] != 0)
        say_field(_("Edition"),
                  status.key_counted ? _("%s, by the counted product key that ends in %s")
                                     : _("%s, by the product key that ends in %s"),
                  status.edition, status.key_suffix);
    else
        say_field(_("Edition"), _("none"));
    say_state(&status, now);
    say_lease(&status, now);
    say_last(&status, now);
    say_field(_("Why"), "%s", status.why);
    if (argument_given(arguments, "verbose"))
        say_details(machine, &status);
    return exit_status_of(status.state);
}
