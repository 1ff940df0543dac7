/*
 * aval-vendor audit: whether the ledgers that operators exported are those their hosts signed and are within the
 * licenses, and what is to be billed.
 *
 * Each export is audited by itself, against the desk's own audit of its ledger; earlier epochs and beginnings first, so
 * that one can go on from the other. The true-up is over all of them. All headers are read before anything is kept.
 */
#include "audit/auditing.h"
#include "audit/report.h"
#include "audit/true_up.h"
#include "base/sentences.h"
#include "terminal/say.h"

#include <stdlib.h>
#include <string.h>

struct audits {
    struct command *command;
    size_t count;
    struct auditing *each;
    const char *csv; /* NULL: not asked for */
    bool csv_alone;  /* goes to standard output, and nothing else does */
    uint64_t findings;
    bool nothing_new;        /* in any of them */
    struct auditing *failed; /* the first that did; NULL: none */
    struct report report;
    struct true_up true_up;
};

/* The exports */

static int by_epoch_and_beginning(const void *a, const void *b)
{
    const struct auditing *first = a;
    const struct auditing *second = b;
    const struct export_header *one = &first->stream->reader.header;
    const struct export_header *other = &second->stream->reader.header;
    const uint64_t pairs[][2] = {
        {first->roll.epoch, second->roll.epoch}, {one->from, other->from}, {one->to, other->to}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (pairs[i][0] != pairs[i][1])
            return pairs[i][0] < pairs[i][1] ? -1 : 1;
    return 0;
}

static RESULT open_exports(struct audits *audits)
{
    const struct arguments *arguments = audits->command->arguments;
    audits->each = calloc(arguments->count, sizeof *audits->each);
    ENSURE(audits->each != NULL, NO_MEMORY);
    while (audits->count < arguments->count) {
        struct auditing *auditing = &audits->each[audits->count++];
        TRY(auditing_open(auditing, audits->command, arguments->values[audits->count - 1]));
    }
    qsort(audits->each, audits->count, sizeof *audits->each, by_epoch_and_beginning);
    for (size_t i = 0; i < audits->count; i++)
        audits->each[i].stream->context = &audits->each[i];
    return RESULT_OK;
}

/* One of them */

/* Where the leaves are not signed, or are no ledger at all, there is no true-up; the first such failure is the
 * command's. The others stand in the report, and where there is none they are said at once. */
static void take_failure(struct audits *audits, struct auditing *auditing, struct result outcome)
{
    struct command *command = audits->command;
    if (is_ok(outcome))
        return;
    if (audits->failed != NULL && audits->csv_alone)
        (void)say_failure(PROGRAM_NAME, command->what, outcome, command->reason.text);
    auditing->outcome = outcome;
    auditing->reason = command->reason;
    memcpy(auditing->what, command->what, sizeof auditing->what);
    command->reason.text[0] = '\0';
    if (audits->failed == NULL)
        audits->failed = auditing;
}

/* Whether the audit came so far that its outcome can be told. */
static bool has_outcome(const struct auditing *auditing, struct result outcome)
{
    return auditing->audit != NULL && (is_ok(outcome) || error_info(result_code(outcome))->category == CATEGORY_TRUST);
}

static void describe_failure(struct report *report, struct result why, const struct reason *reason)
{
    const struct error_info *info = error_info(result_code(why));
    const char *words = reason_text(reason);
    report_textf(report, "message", _("Message"), "%s%s%s", info->sentence, words[0] != '\0' ? " " : "", words);
    report_text(report, "verdict", _("Verdict"), info->name);
}

static void hint_findings(const struct audits *audits, const struct auditing *auditing, struct result outcome)
{
    if (!has_outcome(auditing, outcome) || auditing->audit->finding_count == 0)
        return;
    if (audits->count > 1)
        say_hint("%s:", auditing->path);
    audit_hint_findings(auditing->audit);
}

static RESULT tell(struct audits *audits, struct auditing *auditing, struct result outcome)
{
    struct report *report = &audits->report;
    if (audits->csv_alone) {
        hint_findings(audits, auditing, outcome);
        return RESULT_OK;
    }
    if (audits->count == 1)
        return has_outcome(auditing, outcome) ? audit_report(report, auditing->audit, outcome) : RESULT_OK;
    report_object_begin(report, NULL);
    report_text(report, "file", _("Export"), auditing->path);
    if (has_outcome(auditing, outcome))
        TRY(audit_report(report, auditing->audit, outcome));
    else
        describe_failure(report, outcome, &audits->command->reason);
    report_object_end(report);
    report_say(report, "%s", "");
    return RESULT_OK;
}

/* What an audit found is told before it is kept, and counted before its book is closed. */
static RESULT conclude(struct audits *audits, struct auditing *auditing, struct result outcome)
{
    const struct arguments *arguments = audits->command->arguments;
    TRY(tell(audits, auditing, outcome));
    if (has_outcome(auditing, outcome))
        auditing_hint_evidence(auditing, outcome);
    TRY(outcome);
    audits->findings += auditing->audit->finding_count;
    audits->nothing_new = audits->nothing_new && auditing->audit->nothing_new;
    TRY(true_up_add(&audits->true_up, auditing->audit, &audits->command->reason));
    return auditing->audit->finding_count == 0 || argument_given(arguments, "accept") ? auditing_keep(auditing)
                                                                                      : RESULT_OK;
}

static void perform(struct audits *audits, struct auditing *auditing)
{
    const struct result outcome = auditing_run(auditing);
    take_failure(audits, auditing, conclude(audits, auditing, outcome));
    auditing_close(auditing);
}

/* All of them */

static void describe_all(struct audits *audits)
{
    struct report *report = &audits->report;
    report_number(report, "finding_count", _("Findings"), audits->findings);
    report_text(report, "verdict", _("Verdict"),
                audits->failed != NULL ? error_info(result_code(audits->failed->outcome))->name
                : audits->findings > 0 ? "audit-findings"
                : audits->nothing_new  ? "already-audited"
                                       : "clean");
    if (audits->failed == NULL && audits->true_up.final_until > 0)
        report_time(report, "final_until", _("Final until"), audits->true_up.final_until);
}

static RESULT finish_report(struct audits *audits)
{
    struct report *report = &audits->report;
    if (audits->count > 1) {
        report_objects_end(report);
        describe_all(audits);
    }
    if (audits->failed == NULL && report->json)
        true_up_describe(&audits->true_up, report);
    if (audits->failed == NULL && !report->json)
        TRY(true_up_print(&audits->true_up));
    return report_finish(report);
}

static RESULT write_csv(struct audits *audits)
{
    CLEANUP_BUFFER struct buffer csv = buffer_make(TRUE_UP_CSV_MAX);
    TRY(true_up_csv(&audits->true_up, &csv));
    if (audits->csv_alone) {
        ENSURE(fwrite(csv.data, 1, csv.size, stdout) == csv.size, FILE_WRITE);
        return RESULT_OK;
    }
    command_about(audits->command, audits->csv);
    return file_create(audits->csv, buffer_slice(&csv), 0644, &audits->command->reason);
}

/* Nothing is told of a single export that is none. */
static RESULT tell_all(struct audits *audits)
{
    const struct auditing *failed = audits->failed;
    if (!audits->csv_alone && (audits->count > 1 || failed == NULL || has_outcome(failed, failed->outcome)))
        TRY(finish_report(audits));
    return audits->csv != NULL && failed == NULL ? write_csv(audits) : RESULT_OK;
}

static RESULT result_of_all(struct audits *audits)
{
    struct command *command = audits->command;
    if (audits->failed != NULL) {
        command_about(command, audits->failed->what);
        command->reason = audits->failed->reason;
        return audits->failed->outcome;
    }
    if (audits->findings == 0)
        return RESULT_OK;
    command_about(command, audits->count == 1 ? audits->each[0].path : "");
    return reason_say(&command->reason, FAIL(AUDIT_FINDINGS), _("%llu in all"), (unsigned long long)audits->findings);
}

static RESULT audit_all(struct audits *audits)
{
    TRY(command_open(audits->command, false));
    TRY(open_exports(audits));
    report_begin(&audits->report, argument_given(audits->command->arguments, "json"));
    if (audits->count > 1)
        report_objects_begin(&audits->report, "exports");
    for (size_t i = 0; i < audits->count; i++)
        perform(audits, &audits->each[i]);
    TRY(tell_all(audits));
    return result_of_all(audits);
}

static void free_audits(struct audits *audits)
{
    for (size_t i = 0; i < audits->count; i++)
        auditing_free(&audits->each[i]);
    free(audits->each);
    report_free(&audits->report);
    true_up_free(&audits->true_up);
}

/* The command */

static RESULT check_options(struct command *command)
{
    const struct arguments *arguments = command->arguments;
    const char *csv = argument_value(arguments, "csv", NULL);
    if (argument_given(arguments, "json") && csv != NULL && strcmp(csv, "-") == 0)
        return reason_say(&command->reason, FAIL(USAGE), _("--json and --csv - both go to standard output"));
    if (arguments->count > 1 && (argument_given(arguments, "previous") || argument_given(arguments, "host-key")))
        return reason_say(&command->reason, FAIL(USAGE), _("--previous and --host-key are for a single export"));
    return RESULT_OK;
}

static RESULT body(struct command *command)
{
    TRY(check_options(command));
    struct audits audits = {.command = command, .nothing_new = true};
    audits.csv = argument_value(command->arguments, "csv", NULL);
    audits.csv_alone = audits.csv != NULL && strcmp(audits.csv, "-") == 0;
    const struct result result = audit_all(&audits);
    free_audits(&audits);
    return result;
}

int command_audit(const struct arguments *arguments, void *context)
{
    (void)context;
    return command_run(arguments, body);
}
