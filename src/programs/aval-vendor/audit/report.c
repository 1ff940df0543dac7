/* What an audit found; see report.h. */
#include "audit/report.h"

#include "base/sentences.h"
#include "describe.h"
#include "terminal/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* For people */

static size_t kept_findings(const struct audit *audit)
{
    return audit->finding_count < FINDINGS_KEPT ? (size_t)audit->finding_count : FINDINGS_KEPT;
}

static RESULT print_findings(const struct audit *audit)
{
    static const struct table_column COLUMNS[] = {
        {N_("leaf"), true}, {N_("error"), false}, {N_("license"), false}, {N_("machine"), false}, {N_("what"), false},
    };
    if (audit->finding_count == 0)
        return RESULT_OK;
    struct table *table = table_new(COLUMNS, sizeof COLUMNS / sizeof COLUMNS[0]);
    ENSURE(table != NULL, NO_MEMORY);
    for (size_t i = 0; i < kept_findings(audit); i++) {
        const struct finding *finding = &audit->findings[i];
        table_cellf(table, "%" PRIu64, finding->index);
        table_cell(table, error_info(finding->code)->name);
        table_cell(table, finding->license);
        table_cell(table, finding->machine);
        table_cell(table, finding->words);
    }
    (void)putchar('\n');
    table_print(table);
    if (audit->finding_count > FINDINGS_KEPT)
        say_text(_("and %" PRIu64 " more\n"), audit->finding_count - FINDINGS_KEPT);
    return RESULT_OK;
}

static size_t kept_offline(const struct audit *audit)
{
    return audit->offline_count < OFFLINE_KEPT ? (size_t)audit->offline_count : OFFLINE_KEPT;
}

static RESULT print_offline(const struct audit *audit)
{
    static const struct table_column COLUMNS[] = {
        {N_("leaf"), true},   {N_("license"), false},  {N_("machine"), false},
        {N_("asked"), false}, {N_("answered"), false},
    };
    if (audit->offline_count == 0)
        return RESULT_OK;
    struct table *table = table_new(COLUMNS, sizeof COLUMNS / sizeof COLUMNS[0]);
    ENSURE(table != NULL, NO_MEMORY);
    for (size_t i = 0; i < kept_offline(audit); i++) {
        const struct offline_lease *lease = &audit->offline[i];
        char machine[MACHINE_ID_TEXT_SIZE];
        char time[TIME_TEXT_SIZE];
        machine_id_write(&lease->machine, machine);
        table_cellf(table, "%" PRIu64, lease->index);
        table_cell(table, lease->license);
        table_cell(table, machine);
        time_write(lease->asked, time);
        table_cell(table, time);
        time_write(lease->issued, time);
        table_cell(table, time);
    }
    say_text(_("\nLeases by files:\n"));
    table_print(table);
    if (audit->offline_count > OFFLINE_KEPT)
        say_text(_("and %" PRIu64 " more\n"), audit->offline_count - OFFLINE_KEPT);
    return RESULT_OK;
}

void audit_hint_findings(const struct audit *audit)
{
    for (size_t i = 0; i < kept_findings(audit); i++) {
        const struct finding *finding = &audit->findings[i];
        say_hint(_("leaf %" PRIu64 ": %s: %s"), finding->index, error_info(finding->code)->name, finding->words);
    }
    if (audit->finding_count > FINDINGS_KEPT)
        say_hint(_("and %" PRIu64 " more"), audit->finding_count - FINDINGS_KEPT);
}

/* For both: the outcome */

/* Why the ledger was begun again, as its host says it. */
static void describe_beginning(struct report *report, const struct audit *audit)
{
    const struct epoch *epoch = &audit->epoch;
    report_time(report, "began", _("Begun again"), epoch->began);
    report_text(report, "why", _("  because of"), epoch_why_name(epoch->why));
    report_text(report, "epoch_before", _("  after"), epoch->previous);
    report_number(report, "signed_before", _("  leaves signed"), epoch->size);
    report_number(report, "found_before", _("  leaves found"), epoch->found);
    if (audit->set_back_from > 0)
        report_time(report, "set_back_from", _("  time went back from"), audit->set_back_from);
    describe_epoch_shown(report, epoch);
}

/* Which leaves have a date that has not come. */
static void describe_ahead(struct report *report, const struct dated_ahead *ahead)
{
    if (ahead->count == 0)
        return;
    report_number(report, "ahead", _("Dated ahead"), ahead->count);
    report_number(report, "ahead_first", _("  first leaf"), ahead->first);
    report_number(report, "ahead_last", _("  last leaf"), ahead->last);
    report_time(report, "ahead_from", _("  dated from"), ahead->from);
    report_time(report, "ahead_until", _("  to"), ahead->until);
    if (!report->json)
        report_text(report, NULL, _("  means"),
                    _("the host's clock was ahead when it wrote them, or this desk's is behind; no seat comes of it"));
}

static void describe_root(struct report *report, const char *key, const char *title, const struct hash *root)
{
    char text[BASE64_LENGTH(HASH_SIZE) + 1];
    base64_write(root->bytes, HASH_SIZE, text);
    report_text(report, key, title, text);
}

/* Two trees of one host, and the checkpoints that prove them. */
static void describe_difference(struct report *report, const struct audit *audit, struct result outcome)
{
    const struct difference *difference = &audit->tree.difference;
    if (result_code(outcome) != ERR_CONSISTENCY_WRONG || difference->kind == DIFFERENCE_NONE)
        return;
    report_number(report, "differs_at", _("Differs at size"), difference->size);
    describe_root(report, "root", _("  root now"), &difference->root);
    describe_root(report, "root_before", _("  root before"), &difference->before);
    report_number(report, "signed_size", _("  signed now, size"), audit->checkpoint.size);
    describe_root(report, "signed_root", _("    root"), &audit->checkpoint.root);
    report_number(report, "signed_size_before", _("  signed before, size"), difference->other.size);
    describe_root(report, "signed_root_before", _("    root"), &difference->other.root);
}

static bool is_unseen(const struct audit *audit, const struct book_ledger *ledger)
{
    return strcmp(ledger->host, audit->host) == 0 && book_ledger_unseen(ledger) > 0;
}

uint64_t audit_unseen(const struct audit *audit)
{
    uint64_t unseen = 0;
    for (size_t i = 0; i < book_ledger_count(audit->book); i++)
        if (is_unseen(audit, book_ledger_at(audit->book, i)))
            unseen += book_ledger_unseen(book_ledger_at(audit->book, i));
    return unseen;
}

/* Leaves of an epoch that a later one tells of, and the command by which their operator can show them. */
static void describe_unseen(struct report *report, const struct audit *audit, const struct book_ledger *ledger)
{
    char origin[KEY_NAME_SIZE] = "";
    const char *const slash = strrchr(audit->host, '/'); /* it is HOST/VENDOR */
    result_ignore(origin_write(audit->host, ledger->epoch, origin));
    report_object_begin(report, NULL);
    report_text(report, "origin", _("Not shown of"), origin);
    report_number(report, "audited_size", _("  audited so far"), ledger->size);
    report_number(report, "entries", _("  entries"), book_ledger_unseen(ledger));
    report_textf(report, "command", _("  command"),
                 "avalctl ledger export --vendor %s --epoch %" PRIu64 " --output FILE",
                 slash != NULL ? slash + 1 : audit->host, ledger->epoch);
    report_object_end(report);
}

static void describe_all_unseen(struct report *report, const struct audit *audit)
{
    report_objects_begin(report, "unseen");
    for (size_t i = 0; i < book_ledger_count(audit->book); i++)
        if (is_unseen(audit, book_ledger_at(audit->book, i)))
            describe_unseen(report, audit, book_ledger_at(audit->book, i));
    report_objects_end(report);
}

static void describe_coverage(struct report *report, const struct audit *audit)
{
    report_text(report, "coverage", _("Coverage"),
                report->json              ? (audit->partial ? "partial" : "complete")
                : !audit->partial         ? _("complete")
                : audit_unseen(audit) > 0 ? _("partial: entries of an epoch before were not shown, and are not counted")
                                          : _("partial: machines and seats from before this export are not counted"));
    if (audit->audited_on == 0)
        return;
    report_number(report, "audited_before", _("Audited before"), audit->audited_before);
    report_time(report, "audited_on", _("  on"), audit->audited_on);
}

/* Of leases that were audited before they were lost the desk knows, of others nobody. */
static void describe_lost_leases(struct report *report, const struct book_ledger *ledger)
{
    const bool all = ledger->seen <= ledger->size;
    const bool some = ledger->size > ledger->end_size;
    report_text(report, "outstanding", _("  their leases"),
                report->json ? (all    ? "counted"
                                : some ? "counted-in-part"
                                       : "unknown")
                : all        ? _("outstanding until they end, as the true-up counts them")
                : some       ? _("outstanding; those audited are in the true-up, how many more is unknown")
                             : _("outstanding, how many is unknown"));
}

/* What the desk has audited or machines have seen signed of an epoch beyond the end that a later one tells. */
static void describe_loss(struct report *report, const struct audit *audit, const struct book_ledger *ledger)
{
    char origin[KEY_NAME_SIZE] = "";
    result_ignore(origin_write(audit->host, ledger->epoch, origin)); /* it has been read from one */
    report_object_begin(report, NULL);
    report_text(report, "origin", _("Lost of"), origin);
    report_number(report, "told_size", _("  its end, as told since"), ledger->end_size);
    report_number(report, "audited_size", _("  audited by the desk"), ledger->size);
    report_number(report, "seen_size", _("  seen by machines"), ledger->seen);
    report_number(report, "entries", _("  entries lost, at least"), book_ledger_lost(ledger));
    describe_lost_leases(report, ledger);
    report_object_end(report);
}

static void describe_losses(struct report *report, const struct audit *audit)
{
    report_objects_begin(report, "lost");
    for (size_t i = 0; i < book_ledger_count(audit->book); i++) {
        const struct book_ledger *ledger = book_ledger_at(audit->book, i);
        if (strcmp(ledger->host, audit->host) == 0 && book_ledger_lost(ledger) > 0)
            describe_loss(report, audit, ledger);
    }
    report_objects_end(report);
}

static void describe_verdict(struct report *report, const struct audit *audit, struct result outcome)
{
    char date[TIME_TEXT_SIZE];
    if (!is_ok(outcome)) {
        report_text(report, "verdict", _("Verdict"), error_info(result_code(outcome))->name);
    } else if (audit->nothing_new && !report->json) {
        time_write(audit->audited_on, date);
        report_textf(report, NULL, _("Verdict"), _("part of what was audited on %s; nothing new"), date);
    } else if (!audit->nothing_new && audit->finding_count == 0 && audit_unseen(audit) > 0 && !report->json) {
        report_text(report, NULL, _("Verdict"), _("clean as far as it was shown, which is not all"));
    } else {
        report_text(report, "verdict", _("Verdict"),
                    audit->nothing_new          ? "already-audited"
                    : audit->finding_count == 0 ? "clean"
                                                : "audit-findings");
    }
}

static void describe(struct report *report, const struct audit *audit, struct result outcome)
{
    report_text(report, "origin", _("Ledger"), audit->roll->origin);
    report_number(report, "from", _("From leaf"), audit->from);
    report_number(report, "to", _("To leaf"), audit->to);
    report_number(report, "leases", _("Leases"), audit->leases);
    report_number(report, "offline_count", _("  by files"), audit->offline_count);
    report_number(report, "releases", _("Releases"), audit->releases);
    report_number(report, "reclaims", _("Reclaims"), audit->reclaims);
    if (audit->moment > 0)
        report_time(report, "until", _("Until"), audit->moment);
    if (audit->has_epoch)
        describe_beginning(report, audit);
    describe_ahead(report, &audit->ahead);
    describe_coverage(report, audit);
    if (is_ok(outcome) && roll_is_joined(audit->roll))
        report_number(report, "next_from", _("Next export from"), book_final_size(audit->book, audit->ledger));
    if (is_ok(outcome)) {
        describe_all_unseen(report, audit);
        describe_losses(report, audit);
    }
    report_number(report, "finding_count", _("Findings"), audit->finding_count);
    describe_difference(report, audit, outcome);
    describe_verdict(report, audit, outcome);
}

/* For programs */

static void findings_as_json(struct report *report, const struct audit *audit)
{
    report_objects_begin(report, "findings");
    for (size_t i = 0; i < kept_findings(audit); i++) {
        const struct finding *finding = &audit->findings[i];
        report_object_begin(report, NULL);
        report_number(report, "index", NULL, finding->index);
        report_text(report, "error", NULL, error_info(finding->code)->name);
        report_text(report, "license", NULL, finding->license);
        report_text(report, "machine", NULL, finding->machine);
        report_text(report, "what", NULL, finding->words);
        report_object_end(report);
    }
    report_objects_end(report);
}

static void offline_as_json(struct report *report, const struct audit *audit)
{
    report_objects_begin(report, "offline");
    for (size_t i = 0; i < kept_offline(audit); i++) {
        const struct offline_lease *lease = &audit->offline[i];
        char machine[MACHINE_ID_TEXT_SIZE];
        machine_id_write(&lease->machine, machine);
        report_object_begin(report, NULL);
        report_number(report, "index", NULL, lease->index);
        report_text(report, "license", NULL, lease->license);
        report_text(report, "machine", NULL, machine);
        report_time(report, "asked", NULL, lease->asked);
        report_time(report, "issued", NULL, lease->issued);
        report_object_end(report);
    }
    report_objects_end(report);
}

RESULT audit_report(struct report *report, const struct audit *audit, struct result outcome)
{
    describe(report, audit, outcome);
    if (!report->json) {
        TRY(print_offline(audit));
        return print_findings(audit);
    }
    offline_as_json(report, audit);
    findings_as_json(report, audit);
    return RESULT_OK;
}
