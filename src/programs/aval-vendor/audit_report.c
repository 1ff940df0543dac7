/* What an audit found; see audit_report.h. */
#include "audit_report.h"

#include "base/sentences.h"
#include "terminal/report.h"
#include "terminal/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The true-up, row by row */

enum { MONTH_TEXT_SIZE = 16 };

static void month_write(int month, char text[static MONTH_TEXT_SIZE])
{
    (void)snprintf(text, MONTH_TEXT_SIZE, "%04d-%02d", month / 12, month % 12 + 1);
}

/* A row, as it is shown. */
struct true_up_row {
    const struct license *license;
    char month[MONTH_TEXT_SIZE];
    uint64_t machines;
    uint64_t peak;
    uint64_t outstanding;
    uint64_t overage; /* seats beyond those bought, at the peak */
};

struct true_up {
    const struct roll *roll;
    RESULT (*each)(void *context, const struct true_up_row *row);
    void *context;
};

static const struct license *license_of(const struct roll *roll, size_t number)
{
    for (size_t i = 0; i < roll->count; i++)
        if (roll->licenses[i].number == number)
            return &roll->licenses[i].license;
    return NULL;
}

static RESULT make_row(void *context, const struct book_month *month)
{
    const struct true_up *true_up = context;
    struct true_up_row row = {
        .license = license_of(true_up->roll, month->license),
        .machines = month->machines,
        .peak = month->peak,
        .outstanding = month->outstanding,
    };
    ENSURE(row.license != NULL, STORE_CORRUPT); /* a license of the book before is not in the desk's record any more */
    row.overage = row.peak > row.license->seats ? row.peak - row.license->seats : 0;
    month_write(month->month, row.month);
    return true_up->each(true_up->context, &row);
}

static RESULT each_row(struct audit *audit, RESULT (*each)(void *context, const struct true_up_row *row), void *context,
                       struct reason *reason)
{
    struct true_up true_up = {audit->roll, each, context};
    return book_each_month(audit->book, audit->first_month, make_row, &true_up, reason);
}

/* For people */

static RESULT table_row(void *context, const struct true_up_row *row)
{
    struct table *table = context;
    const struct license *license = row->license;
    table_cell(table, row->month);
    table_cell(table, license->id);
    table_cell(table, license->customer);
    table_cellf(table, "%s/%s", license->product, license->edition);
    table_cellf(table, "%" PRIu64, row->machines);
    table_cellf(table, "%" PRIu64, row->peak);
    table_cellf(table, "%" PRIu64, row->outstanding);
    table_cellf(table, "%" PRIu64, license->seats);
    table_cellf(table, "%" PRIu64, row->overage);
    return RESULT_OK;
}

static RESULT print_true_up(struct audit *audit, struct reason *reason)
{
    static const struct table_column COLUMNS[] = {
        {N_("month"), false},           {N_("license"), false}, {N_("customer"), false},
        {N_("product"), false},         {N_("machines"), true}, {N_("peak held"), true},
        {N_("peak outstanding"), true}, {N_("seats"), true},    {N_("overage"), true},
    };
    struct table *table = table_new(COLUMNS, sizeof COLUMNS / sizeof COLUMNS[0]);
    ENSURE(table != NULL, NO_MEMORY);
    const struct result result = each_row(audit, table_row, table, reason);
    (void)putchar('\n');
    table_print(table);
    return result;
}

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
        (void)printf(_("and %" PRIu64 " more\n"), audit->finding_count - FINDINGS_KEPT);
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
static void describe_beginning(struct report *report, const struct epoch *epoch)
{
    report_time(report, "began", _("Begun again"), epoch->began);
    report_text(report, "epoch_before", _("  after"), epoch->previous);
    report_number(report, "signed_before", _("  leaves signed"), epoch->size);
    report_number(report, "found_before", _("  leaves found"), epoch->found);
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

static void describe_coverage(struct report *report, const struct audit *audit)
{
    report_text(report, "coverage", _("Coverage"),
                report->json     ? (audit->partial ? "partial" : "complete")
                : audit->partial ? _("partial: machines and seats from before this export are not counted")
                                 : _("complete"));
    if (audit->audited_on == 0)
        return;
    report_number(report, "audited_before", _("Audited before"), audit->audited_before);
    report_time(report, "audited_on", _("  on"), audit->audited_on);
}

static void describe_verdict(struct report *report, const struct audit *audit, struct result outcome)
{
    char date[TIME_TEXT_SIZE];
    if (!is_ok(outcome)) {
        report_text(report, "verdict", _("Verdict"), error_info(result_code(outcome))->name);
    } else if (audit->nothing_new && !report->json) {
        time_write(audit->audited_on, date);
        report_textf(report, NULL, _("Verdict"), _("part of what was audited on %s; nothing new"), date);
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
    report_number(report, "releases", _("Releases"), audit->releases);
    if (audit->moment > 0)
        report_time(report, "until", _("Until"), audit->moment);
    if (audit->has_epoch)
        describe_beginning(report, &audit->epoch);
    describe_coverage(report, audit);
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

static RESULT json_row(void *context, const struct true_up_row *row)
{
    struct report *report = context;
    report_object_begin(report, NULL);
    report_text(report, "month", NULL, row->month);
    report_text(report, "license", NULL, row->license->id);
    report_text(report, "customer", NULL, row->license->customer);
    report_text(report, "product", NULL, row->license->product);
    report_text(report, "edition", NULL, row->license->edition);
    report_number(report, "machines", NULL, row->machines);
    report_number(report, "peak", NULL, row->peak);
    report_number(report, "outstanding", NULL, row->outstanding);
    report_number(report, "seats", NULL, row->license->seats);
    report_number(report, "overage", NULL, row->overage);
    report_object_end(report);
    return RESULT_OK;
}

RESULT audit_report(struct audit *audit, struct result outcome, bool json, struct reason *reason)
{
    CLEANUP_REPORT struct report report;
    report_begin(&report, json);
    describe(&report, audit, outcome);
    if (!json) {
        TRY(print_findings(audit));
        return is_ok(outcome) ? print_true_up(audit, reason) : RESULT_OK;
    }
    findings_as_json(&report, audit);
    if (is_ok(outcome)) {
        report_objects_begin(&report, "true_up");
        TRY(each_row(audit, json_row, &report, reason));
        report_objects_end(&report);
    }
    return report_finish(&report);
}

/* CSV */

static void csv_text(struct buffer *out, const char *text)
{
    buffer_append_byte(out, '"');
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"')
            buffer_append_byte(out, '"');
        buffer_append_byte(out, (uint8_t)*at);
    }
    buffer_append_byte(out, '"');
}

static RESULT csv_row(void *context, const struct true_up_row *row)
{
    struct buffer *out = context;
    const struct license *license = row->license;
    buffer_printf(out, "%s,%s,", row->month, license->id);
    csv_text(out, license->customer);
    buffer_printf(out, ",%s,%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\r\n", license->product,
                  license->edition, row->machines, row->peak, row->outstanding, license->seats, row->overage);
    return buffer_status(out);
}

RESULT audit_true_up_csv(struct audit *audit, struct buffer *out, struct reason *reason)
{
    buffer_append_text(out, "month,license,customer,product,edition,machines,peak,outstanding,seats,overage\r\n");
    return each_row(audit, csv_row, out, reason);
}
