/* avalctl status and licenses. */
#include "authority/authority.h"
#include "avalctl.h"

#include "base/sentences.h"
#include "core/rules/clock.h"
#include "proto/admin/status.h"
#include "proto/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 4096, FEW_DAYS = 30 };

static enum tone tone_of(const struct control_license *license, seconds now)
{
    if (license->state != CONTROL_LICENSE_IN_FORCE)
        return TONE_BAD;
    return license->not_after - now < (seconds)FEW_DAYS * DAY ? TONE_WARN : TONE_GOOD;
}

/* What it is worth, that it is a test, and what takes its place. */
static void add_state(struct table *table, const struct control_license *license, seconds now)
{
    const enum tone tone = tone_of(license, now);
    const char *between = license->replaced_from <= now ? _(" by ") : _(", then ");
    if (*license->replaced_by == 0)
        between = "";
    table_cellf(table, "%s%s%s%s%s%s", tone_begin(tone, 1), license->test ? _("test, ") : "",
                control_license_state_name(license->state), tone_end(tone, 1), between, license->replaced_by);
}

static void add_license(struct table *table, const struct control_license *license, seconds now)
{
    char lease[DURATION_TEXT_SIZE] = "-"; /* to the license's end */
    char renew[DURATION_TEXT_SIZE];
    char retry[DURATION_TEXT_SIZE];
    if (license->lease > 0)
        duration_write(license->lease, lease);
    duration_write(license->renew, renew);
    duration_write(license->retry, retry);
    const seconds left = license->not_after > now ? (license->not_after - now) / DAY : 0;
    table_cell(table, license->id);
    table_cell(table, license->customer);
    table_cellf(table, "%s %s", license->product, license->edition);
    if (license->threshold > 0)
        table_cellf(table, "%" PRIu64 "/%" PRIu64, license->count, license->threshold);
    else
        table_cellf(table, "%" PRIu64 "/-", license->count);
    if (license->overage > 0)
        table_cellf(table, "%" PRIu64 "/%" PRIu64 "+%" PRIu64, license->held, license->seats, license->overage);
    else
        table_cellf(table, "%" PRIu64 "/%" PRIu64, license->held, license->seats);
    table_cellf(table, "%s/%s/%s", lease, renew, retry);
    table_cell(table, time_or_dash(license->not_after).text);
    table_cellf(table, "%" PRId64, left);
    add_state(table, license, now);
}

/* While there is time to have another one. */
static void print_ending(const struct control_license *license, seconds now)
{
    char left[SPAN_TEXT_SIZE];
    const bool soon = license->not_after - now <= (seconds)ENDING_LONG * DAY;
    if (license->state != CONTROL_LICENSE_IN_FORCE || license->followed || !soon)
        return;
    span_write(license->not_after - now, left);
    say_text(
        _("\nLicense %s for %s %s ends on %s, in %s, and nothing replaces it. All leases under it end with it; seats "
          "held: %" PRIu64 ". Ask the vendor to renew it, and import the new one a few renewals before.\n"),
        license->id, license->product, license->edition, time_or_dash(license->not_after).text, left, license->held);
}

/* What is beyond the seats is billed: said before it begins. */
static void print_overage(const struct control_license *license)
{
    const uint64_t seats = license->seats;
    const uint64_t few = seats / 10 > 0 ? seats / 10 : 1;
    if (license->state != CONTROL_LICENSE_IN_FORCE || license->overage == 0 || license->held + few < seats)
        return;
    if (license->overage_used > 0)
        say_text(
            _("\nLicense %s: seats in use beyond the %" PRIu64 " bought: %" PRIu64 " of %" PRIu64
              ". The vendor bills them. Release machines that are not needed (`aval release` there), or buy more.\n"),
            license->id, seats, license->overage_used, license->overage);
    else
        say_text(_("\nLicense %s: seats left before those begin that are billed: %" PRIu64 ". Beyond the %" PRIu64
                   " bought, %" PRIu64 " more are granted.\n"),
                 license->id, seats - license->held, seats, license->overage);
}

void print_licenses(const struct control_license *licenses, size_t count, seconds now)
{
    if (count == 0) {
        say_text(_("No licenses. Import one with `avald import FILE`.\n"));
        return;
    }
    static const struct table_column columns[] = {
        {N_("LICENSE"), false},     {N_("CUSTOMER"), false},  {N_("PRODUCT"), false},
        {N_("COUNT/NEEDED"), true}, {N_("HELD/SEATS"), true}, {N_("LEASE/RENEW/RETRY"), false},
        {N_("UNTIL"), false},       {N_("DAYS LEFT"), true},  {N_("STATE"), false}};
    struct table *table = table_new(columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < count; i++)
        add_license(table, &licenses[i], now);
    table_print(table);
    for (size_t i = 0; i < count; i++)
        print_ending(&licenses[i], now);
    for (size_t i = 0; i < count; i++)
        print_overage(&licenses[i]);
}

static void print_ledgers(const struct control_status *status)
{
    if (status->ledger_count == 0) {
        say_text(_("No vendors. Enroll with one: `avald enroll VENDOR-PRODUCT --customer NAME`.\n"));
        return;
    }
    static const struct table_column columns[] = {{N_("VENDOR"), false},
                                                  {N_("LEDGER"), false},
                                                  {N_("LEAVES"), true},
                                                  {N_("SIGNED"), true},
                                                  {N_("REVOCATIONS"), true}};
    struct table *table = table_new(columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < status->ledger_count; i++) {
        const struct control_ledger *ledger = &status->ledgers[i];
        table_cell(table, ledger->vendor);
        table_cell(table, ledger->origin);
        table_cellf(table, "%" PRIu64, ledger->size);
        table_cellf(table, "%" PRIu64, ledger->checkpoint_size);
        table_cellf(table, "%" PRIu64, ledger->revocations);
    }
    table_print(table);
}

/* What it was shown, and the way out. */
static void print_restored(const struct control_ledger *ledger)
{
    say_text(
        _("a machine has shown this host its own signature on %s with %" PRIu64 " leaves, which it does not have (its "
          "ledger %s has %" PRIu64 "): it was restored from an old copy, or copied. Nothing is granted or taken back "
          "for this vendor meanwhile; leases in force stay so. If another host runs from the same folder, or there "
          "is a newer copy of it, use that. If not: stop the host, `%s`, and start it again; machines then renew by "
          "themselves.\n"),
        ledger->shown_origin, ledger->shown_size, ledger->origin, ledger->size, ledger->command);
}

static void print_ahead(const struct control_ledger *ledger, seconds now)
{
    char ahead[SPAN_TEXT_SIZE];
    span_write(ledger->newest - now, ahead);
    say_text(
        _("the newest leaf of its ledger is of %s, %s ahead of this host's clock, which shows %s. Nothing is "
          "granted or taken back for this vendor meanwhile. If the clock is wrong, set it right, and the ledger goes "
          "on. If it is right now, and was wrong when that leaf was written: stop the host, `%s`, and start it "
          "again.\n"),
        time_or_dash(ledger->newest).text, ahead, time_or_dash(now).text, ledger->command);
}

/* What keeps a ledger from being added to, and the way out. */
static void print_ledger_trouble(const struct control_ledger *ledger, seconds now)
{
    if (*ledger->trouble == 0)
        return;
    say_text("\n%s: %s%s%s: ", ledger->vendor, tone_begin(TONE_BAD, 1), ledger->trouble, tone_end(TONE_BAD, 1));
    if (strcmp(ledger->trouble, error_info(ERR_HOST_RESTORED)->name) == 0)
        print_restored(ledger);
    else if (strcmp(ledger->trouble, error_info(ERR_HOST_CLOCK)->name) == 0)
        print_ahead(ledger, now);
    else if (strcmp(ledger->trouble, error_info(ERR_SIGNER_STATE)->name) == 0)
        say_text(
            _("what the signer keeps of it is missing, damaged or older than what it signed; the host's log says more. "
              "If there is a newer copy of that file, put it back. If not: stop the host, `%s`, and start it again; "
              "machines then renew by themselves.\n"),
            ledger->command);
    else if (strcmp(ledger->trouble, error_info(ERR_SIGNER_KEY)->name) == 0)
        say_text(
            _("signer/%s.key in the host's folder is missing or damaged, so nothing is signed for this vendor. Put it "
              "back from a backup, and `avalctl reload`. Where there is none, the vendor must be enrolled anew in a "
              "new folder, and sign new licenses.\n"),
            ledger->vendor);
    else
        say_text(_("see the host's log\n"));
}

static void print_counters(const struct control_status *status)
{
    CLEANUP_BUFFER struct buffer denied = buffer_make(TEXT_MAX);
    uint64_t sum = 0;
    for (size_t i = 0; i < status->denied_count; i++) {
        sum += status->denied[i].count;
        buffer_printf(&denied, "%s%s %" PRIu64, i == 0 ? ": " : ", ", status->denied[i].code, status->denied[i].count);
    }
    say_field(_("Granted"), _("%" PRIu64 ", and %" PRIu64 " asked for again"), status->granted, status->repeated);
    say_field(_("Released"), "%" PRIu64, status->released);
    say_field(_("Reclaimed"), "%" PRIu64, status->reclaimed);
    say_field(_("Denied"), "%" PRIu64 "%s", sum, buffer_text(&denied));
    say_field(_("Batches"), _("%" PRIu64 ", the largest of %" PRIu64 "; %" PRIu64 " signatures; %" PRIu64 " waiting"),
              status->batches, status->largest_batch, status->signatures, status->queued);
}

static uint64_t denied_with(const struct control_status *status, enum error_code code)
{
    for (size_t i = 0; i < status->denied_count; i++)
        if (strcmp(status->denied[i].code, error_info(code)->name) == 0)
            return status->denied[i].count;
    return 0;
}

/* Only where there is something to say. */
static void print_turned_away(const struct control_status *status)
{
    const uint64_t networks = denied_with(status, ERR_NETWORK_NOT_LISTED);
    const uint64_t rates = denied_with(status, ERR_TOO_MANY_NEW);
    if (networks > 0 || rates > 0)
        say_field(_("Turned away"),
                  _("%s%" PRIu64 " from addresses that are not of the listed networks, %" PRIu64
                    " new machines beyond the rates%s; the log names the address of most"),
                  tone_begin(TONE_WARN, 1), networks, rates, tone_end(TONE_WARN, 1));
}

/* Only where there is something to say. */
static void print_clocks(const struct control_status *status)
{
    if (!clock_is_outvoted(status->clocks_heard, status->clocks_apart))
        return;
    say_field(_("Clock"),
              _("%s%s%s: %" PRIu64 " of the %" PRIu64 " machines that asked within a day disagree with it by more than "
                "four hours; it is probably this host's clock that is wrong"),
              tone_begin(TONE_BAD, 1), time_or_dash(status->now).text, tone_end(TONE_BAD, 1), status->clocks_apart,
              status->clocks_heard);
}

/* Only where there is something to say. */
static void print_site(const struct control_status *status)
{
    if (status->site_keys == 0 && !status->site_required)
        return;
    say_field(_("Site key"),
              _("%s, %s; requests since the start without it: %" PRIu64 ", with one that does not hold: %" PRIu64
                ", with the former one: %" PRIu64),
              status->site_keys == 0  ? _("none")
              : status->site_keys > 1 ? _("in use, and the former one holds too")
                                      : _("in use"),
              status->site_required ? _("required") : _("not required"), status->site_missing, status->site_wrong,
              status->site_former);
}

static void print_left_out(const struct control_status *status)
{
    for (size_t i = 0; i < status->left_out_shown; i++) {
        const struct control_left_out *const out = &status->left_out[i];
        const struct error_info *const info = error_by_name(out->code);
        say_text("\n%s: %s%s%s%s", *out->vendor == 0 ? _("site key") : out->vendor, tone_begin(TONE_BAD, 1), out->code,
                 tone_end(TONE_BAD, 1), *out->file == 0 ? "" : ": ");
        if (out->line > 0)
            say_text(_("%s, line %" PRIu64), out->file, out->line);
        else
            say_text("%s", out->file);
        say_text(_(". Nothing of it is granted. %s Then put a file that holds in its place, or take it away, and "
                   "`avalctl reload`.\n"),
                 info == NULL ? "" : _(info->sentence));
    }
    if (status->left_out_count > status->left_out_shown)
        say_text(_("%" PRIu64 " more files are left out; the log names them.\n"),
                 status->left_out_count - status->left_out_shown);
}

static void print_status(const struct control_status *status)
{
    char up[SPAN_TEXT_SIZE];
    span_write(status->now - status->started, up);
    say_field(_("Host"), _("%s, port %" PRIu64), status->host, status->port);
    say_field(_("Version"), _("%s, up for %s"), status->version, up);
    const bool well = *status->trouble == 0;
    const struct error_info *trouble = well ? NULL : error_by_name(status->trouble);
    if (well)
        say_field(_("Trouble"), _("%snone%s"), tone_begin(TONE_GOOD, 1), tone_end(TONE_GOOD, 1));
    else
        say_field(_("Trouble"), "%s%s%s: %s", tone_begin(TONE_BAD, 1), status->trouble, tone_end(TONE_BAD, 1),
                  trouble == NULL ? _("see its log") : _(trouble->sentence));
    print_clocks(status);
    if (status->log_dropped > 0)
        say_field(_("Log"),
                  _("%s%" PRIu64 " lines were dropped%s, since whatever reads the log did not take them in time"),
                  tone_begin(TONE_WARN, 1), status->log_dropped, tone_end(TONE_WARN, 1));
    print_turned_away(status);
    print_counters(status);
    print_site(status);
    say_text("\n");
    print_ledgers(status);
    for (size_t i = 0; i < status->ledger_count; i++)
        print_ledger_trouble(&status->ledgers[i], status->now);
    print_left_out(status);
    print_reading(&status->reading);
    say_text("\n");
    print_licenses(status->licenses, status->license_count, status->now);
}

int command_status(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_BUFFER struct buffer answer = buffer_make(CONTROL_ANSWER_MAX);
    const int asked = ask_host(arguments, NULL, "GET", CONTROL_STATUS, slice_make(NULL, 0), &answer);
    if (asked != EXIT_FINE)
        return asked;
    struct control_status status;
    const struct result state = control_status_read(buffer_slice(&answer), &status);
    if (!is_ok(state))
        return answer_unreadable(state);
    if (wants_json(arguments))
        print_json(&answer);
    else
        print_status(&status);
    control_status_free(&status);
    return EXIT_FINE;
}

int command_licenses(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_BUFFER struct buffer answer = buffer_make(CONTROL_ANSWER_MAX);
    const int asked = ask_host(arguments, NULL, "GET", CONTROL_LICENSES, slice_make(NULL, 0), &answer);
    if (asked != EXIT_FINE)
        return asked;
    struct control_licenses licenses;
    const struct result state = control_licenses_read(buffer_slice(&answer), &licenses);
    if (!is_ok(state))
        return answer_unreadable(state);
    if (wants_json(arguments))
        print_json(&answer);
    else
        print_licenses(licenses.licenses, licenses.count, licenses.now);
    control_licenses_free(&licenses);
    return EXIT_FINE;
}
