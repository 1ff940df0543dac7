/* Signing a license; see issue.h. */
#include "license/issue.h"

#include "base/sentences.h"
#include "describe.h"
#include "system/clock.h"
#include "terminal/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TERM_DEFAULT ((seconds)365 * DAY)

/* A day alone is the last one. */
static RESULT take_end(struct command *command, struct license *license, seconds otherwise)
{
    const char *text = argument_value(command->arguments, "until", NULL);
    TRY(command_date(command, "until", otherwise, &license->not_after));
    if (text != NULL && strlen(text) == sizeof "2026-12-31" - 1)
        license->not_after += DAY;
    return RESULT_OK;
}

RESULT take_dates(struct command *command, seconds from, struct license *license)
{
    const struct arguments *arguments = command->arguments;
    if (argument_given(arguments, "until") && argument_given(arguments, "for"))
        return reason_say(&command->reason, FAIL(USAGE), _("--until and --for exclude each other"));
    seconds term = 0;
    TRY(command_date(command, "from", from, &license->not_before));
    TRY(command_duration(command, "for", TERM_DEFAULT, &term));
    TRY(take_end(command, license, license->not_before + term));
    if (license->not_after <= license->not_before)
        return reason_say(&command->reason, FAIL(USAGE), _("the license would end before it begins"));
    if (license->not_after > TIME_MAX)
        return reason_say(&command->reason, FAIL(USAGE), _("the license would end after the year 9999"));
    return RESULT_OK;
}

static RESULT check_not_revoked(struct command *command, const struct license *license)
{
    CLEANUP_REVOCATIONS struct revocations *revocations = NULL;
    TRY(desk_find_revocations(command->desk, &revocations, NULL, &command->reason));
    for (size_t i = 0; i < license->host_key_count; i++)
        if (revocations_hold(revocations, license, &license->host_keys[i]))
            return reason_say(&command->reason, FAIL(LICENSE_REVOKED), _("revocations %llu name the key of %s"),
                              (unsigned long long)revocations->sequence, license->host_keys[i].name);
    return RESULT_OK;
}

static void make_id(char id[static NAME_SIZE])
{
    uint8_t random[10];
    entropy_fill(random, sizeof random);
    hex_write(random, sizeof random, id);
}

static void tell_seats(const struct license *license, struct buffer *out)
{
    plural_write(license->seats, _("seat"), _("seats"), out);
    if (license->overage > 0)
        buffer_printf(out, _(" and %" PRIu64 " beyond them"), license->overage);
    if (license->mode == LICENSE_COUNTED)
        return;
    buffer_printf(out,
                  license->threshold == 1 ? _(", once %" PRIu64 " machine has asked")
                                          : _(", once %" PRIu64 " machines have asked"),
                  license->threshold);
}

static void tell_term(const struct license *license)
{
    char from[TIME_TEXT_SIZE];
    char until[TIME_TEXT_SIZE];
    char last[TIME_TEXT_SIZE];
    time_write(license->not_before, from);
    time_write(license->not_after, until);
    time_write(license->not_after - 1, last);
    if (license->not_after % DAY == 0)
        say_field(_("In force"), _("from %s until %s: %.10s is the last day, in UTC"), from, until, last);
    else
        say_field(_("In force"), _("from %s until %s"), from, until);
}

static void tell_replaced(const struct license *license)
{
    CLEANUP_BUFFER struct buffer ids = buffer_make((size_t)REPLACES_MAX * (NAME_SIZE + 2));
    for (size_t i = 0; i < license->replaces_count; i++)
        buffer_printf(&ids, "%s%s", i > 0 ? ", " : "", license->replaces[i]);
    say_field(_("Replaces"), "%s", buffer_text(&ids));
}

/* A volume key gives nothing under a counted license, so which one is needed is said. */
static void tell_key(const struct license *license)
{
    char text[PRODUCT_KEY_TEXT_SIZE];
    const struct product_key key =
        product_key_make(PRODUCT_KEY_COUNTED, license->vendor, license->product, license->edition);
    if (license->mode != LICENSE_COUNTED)
        return;
    product_key_write(&key, text);
    say_field(_("Product key"), _("%s, the counted one: a machine with the volume key gets nothing"), text);
}

/* What leases under a day weigh in the ledgers of its hosts. */
static void warn_of_weight(const struct license *license)
{
    enum { MACHINES = 1000, LEAF_BYTES = 850 };
    char renew[SPAN_TEXT_SIZE];
    if (license->mode == LICENSE_COUNTED || license->lease >= DAY)
        return;
    const seconds each = license->renew > 0 ? license->renew : 1;
    const double bytes = 365.0 * DAY / (double)each * MACHINES * LEAF_BYTES;
    span_write(license->renew, renew);
    say_hint(
        _("Note: each renewal is an entry of the host's ledger for ever. A thousand machines that renew every %s write "
          "%.0f GB a year."),
        renew, bytes / 1e9);
}

static void say_issued(const struct license *license, const char *path, bool changes_mode)
{
    enum { WORDS_MAX = 8192 };
    CLEANUP_BUFFER struct buffer seats = buffer_make(WORDS_MAX);
    CLEANUP_BUFFER struct buffer features = buffer_make(WORDS_MAX);
    char lease[SPAN_TEXT_SIZE];
    char renew[SPAN_TEXT_SIZE];
    char retry[SPAN_TEXT_SIZE];
    if (license->mode == LICENSE_COUNTED)
        (void)snprintf(lease, sizeof lease, "%s", _("to its end"));
    else
        span_write(license->lease, lease);
    span_write(license->renew, renew);
    span_write(license->retry, retry);
    tell_seats(license, &seats);
    for (size_t i = 0; i < license->features.count; i++) {
        char text[FEATURE_TEXT_SIZE];
        features_write(&license->features, i, text);
        buffer_printf(&features, "%s%s", i > 0 ? ", " : "", text);
    }
    say_text(_("Signed license %s for %s, in %s.\n\n"), license->id, license->customer, path);
    for (size_t i = 0; i < license->host_key_count; i++)
        say_field(_("Host key"), "%s+%08x", license->host_keys[i].name, license->host_keys[i].id);
    say_field(_("Grants"), "%s %s: %s", license->product, license->edition, buffer_text(&seats));
    say_field(_("Leases"), _("%s, renewed after %s, retried after %s"), lease, renew, retry);
    tell_key(license);
    say_field(_("Features"), "%s", license->features.count > 0 ? buffer_text(&features) : _("none"));
    tell_term(license);
    if (license->replaces_count > 0)
        tell_replaced(license);
    if (license->test)
        say_field(_("Test"), "%s", _("for trying out, not for work"));
    say_text(license->host_key_count == 1
                 ? _("\nSend the file to the operator, who takes it in with `avald import`.\n")
                 : _("\nSend the file to the operator, who takes it in at each host with `avald import`.\n"));
    if (license->mode != LICENSE_COUNTED && license->threshold > license->seats + license->overage)
        say_hint(_("Note: the threshold is higher than the seats, so some machines must ask that can never activate."));
    warn_of_weight(license);
    if (changes_mode)
        say_hint(
            _("Note: it takes the place of a license of the other mode. Machines keep what they have until that ends, "
              "and get something new only with the other product key: `aval key install`."));
}

/* Whether a license that it replaces is of the other mode, so that its machines have the wrong product key. */
static bool changes_mode(const struct command *command, const struct license *license)
{
    for (size_t i = 0; i < license->replaces_count; i++) {
        struct license before;
        if (is_ok(desk_find_license(command->desk, license->replaces[i], &before, NULL)) &&
            before.mode != license->mode)
            return true;
    }
    return false;
}

/* A license replaces only what was issued before it. */
static RESULT set_issued(struct command *command, struct license *license)
{
    license->issued = clock_now();
    for (size_t i = 0; i < license->replaces_count; i++) {
        struct license before;
        const struct result found = desk_find_license(command->desk, license->replaces[i], &before, &command->reason);
        if (is_ok(found) && license->issued <= before.issued)
            license->issued = before.issued + 1;
        ENSURE(is_ok(found) || result_code(found) == ERR_NOT_FOUND, STORE_CORRUPT);
    }
    return RESULT_OK;
}

static RESULT report_issued(const struct license *license, const char *path)
{
    CLEANUP_REPORT struct report report;
    report_begin(&report, true);
    report_text(&report, "file", NULL, path);
    describe_license(&report, license);
    return report_finish(&report);
}

RESULT license_prepare(struct command *command, struct license *license)
{
    make_id(license->id);
    TRY(set_issued(command, license));
    return check_not_revoked(command, license);
}

RESULT license_sign(struct command *command, const struct license *license, const char *path, struct buffer *note)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    TRY(license_write(license, &text));
    TRY(command_unlock(command));
    TRY(command_sign(command, &text, note));
    TRY(desk_add_license(command->desk, license, buffer_slice(note), &command->reason));
    return command_deliver(command, path, note);
}

RESULT license_issue(struct command *command, struct license *license)
{
    char name[NAME_SIZE + 16];
    char path[PATH_SIZE];
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    TRY(license_prepare(command, license));
    (void)snprintf(name, sizeof name, "%s.license", license->id);
    TRY(command_output(command, name, path));
    TRY(license_sign(command, license, path, &note));
    if (argument_given(command->arguments, "json"))
        return report_issued(license, path);
    say_issued(license, path, changes_mode(command, license));
    return RESULT_OK;
}
