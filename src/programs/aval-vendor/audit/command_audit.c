/*
 * aval-vendor audit: whether the ledgers that operators exported are those their hosts signed and are within the
 * licenses, and what is to be billed.
 *
 * Exports of hosts that licenses join are audited together, others by themselves, against the desk's own audit of them;
 * earlier epochs and beginnings first, so that one can go on from the other. The true-up is over all of them. All
 * headers are read before anything is kept.
 */
#include "audit/group.h"
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
    bool has_unknown_license; /* among them */
    bool nothing_new;         /* in any of them */
    bool unseen;              /* there is more, of epochs before, that was never shown */
    struct auditing *failed;  /* the first that did; NULL: none */
    struct report report;
    struct true_up true_up;
};

/* The exports */

/* Those of hosts that are joined stand together, and of those the ones of each host. */
static int by_host_and_beginning(const void *a, const void *b)
{
    const struct auditing *first = a;
    const struct auditing *second = b;
    const struct export_header *one = &first->stream->reader.header;
    const struct export_header *other = &second->stream->reader.header;
    const int groups = strcmp(first->roll.hosts[0], second->roll.hosts[0]);
    const int hosts = strcmp(first->roll.keys[0].name, second->roll.keys[0].name);
    if (groups != 0 || hosts != 0)
        return groups != 0 ? groups : hosts;
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
    qsort(audits->each, audits->count, sizeof *audits->each, by_host_and_beginning);
    for (size_t i = 0; i < audits->count; i++)
        audits->each[i].stream->context = &audits->each[i];
    return RESULT_OK;
}

/* Some of them */

/* Where the leaves are not signed, or are no ledger at all, there is no true-up; the first such failure is the
 * command's. The others stand in the report, and where there is none they are said at once. */
static void take_failure(struct audits *audits, struct auditing *auditing, struct result outcome)
{
    struct command *command = audits->command;
    if (audits->failed != NULL && audits->csv_alone)
        (void)say_failure(PROGRAM_NAME, command->what, outcome, command->reason.text);
    auditing->outcome = outcome;
    auditing->reason = command->reason;
    memcpy(auditing->what, command->what, sizeof auditing->what);
    command->reason.text[0] = '\0';
    if (audits->failed == NULL)
        audits->failed = auditing;
}

static bool has_failed(const struct auditing *auditing)
{
    return !is_ok(auditing->outcome);
}

/* Whether the audit came so far that its outcome can be told. */
static bool has_outcome(const struct auditing *auditing)
{
    return auditing->audit->roll != NULL &&
           (has_failed(auditing) ? error_info(result_code(auditing->outcome))->category == CATEGORY_TRUST
                                 : auditing->done);
}

/* What is wrong with it, or that it was not audited for what is wrong with another one. */
static void describe_failure(struct report *report, const struct auditing *auditing)
{
    const struct error_info *info = error_info(result_code(auditing->outcome));
    const char *words = reason_text(&auditing->reason);
    if (has_failed(auditing))
        report_textf(report, "message", _("Message"), "%s%s%s", info->sentence, words[0] != '\0' ? " " : "", words);
    else
        report_text(report, "message", _("Message"), _("an export that belongs to it cannot be audited"));
    report_text(report, "verdict", _("Verdict"), has_failed(auditing) ? info->name : "not-audited");
}

static void hint_findings(const struct audits *audits, const struct auditing *auditing)
{
    if (!has_outcome(auditing) || auditing->audit->finding_count == 0)
        return;
    if (audits->count > 1)
        say_hint("%s:", auditing->path);
    audit_hint_findings(auditing->audit);
}

static void describe_missing(struct report *report, const struct group *group, const struct auditing *auditing)
{
    if (!roll_is_joined(&auditing->roll))
        return;
    report_objects_begin(report, "missing");
    for (size_t i = 0; i < auditing->roll.host_count; i++) {
        if (!group_misses(group, auditing->roll.hosts[i]))
            continue;
        report_object_begin(report, NULL);
        report_text(report, "host", _("Missing"), auditing->roll.hosts[i]);
        report_object_end(report);
    }
    report_objects_end(report);
}

static RESULT describe_outcome(struct report *report, const struct group *group, const struct auditing *auditing)
{
    if (!has_outcome(auditing)) {
        describe_failure(report, auditing);
        return RESULT_OK;
    }
    describe_missing(report, group, auditing);
    return audit_report(report, auditing->audit, auditing->outcome);
}

static RESULT tell(struct audits *audits, const struct group *group, const struct auditing *auditing)
{
    struct report *report = &audits->report;
    if (audits->csv_alone) {
        hint_findings(audits, auditing);
        return RESULT_OK;
    }
    if (audits->count == 1)
        return has_outcome(auditing) ? describe_outcome(report, group, auditing) : RESULT_OK;
    report_object_begin(report, NULL);
    report_text(report, "file", _("Export"), auditing->path);
    TRY(describe_outcome(report, group, auditing));
    report_object_end(report);
    report_say(report, "%s", "");
    return RESULT_OK;
}

/* What an audit found is told before it is kept, and counted before its book is closed. */
static RESULT tell_group(struct audits *audits, const struct group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct auditing *auditing = &group->each[i];
        TRY(tell(audits, group, auditing));
        if (has_outcome(auditing))
            auditing_hint_evidence(auditing, auditing->outcome);
    }
    return RESULT_OK;
}

static bool names_unknown_license(const struct audit *audit)
{
    for (size_t i = 0; i < audit->finding_count && i < FINDINGS_KEPT; i++)
        if (audit->findings[i].code == ERR_AUDIT_LICENSE_UNKNOWN)
            return true;
    return false;
}

static RESULT conclude(struct audits *audits, struct group *group)
{
    uint64_t findings = 0;
    TRY(tell_group(audits, group));
    for (size_t i = 0; i < group->count; i++) {
        struct audit *audit = group->each[i].audit;
        findings += audit->finding_count;
        audits->unseen = audits->unseen || audit_unseen(audit) > 0;
        audits->has_unknown_license = audits->has_unknown_license || names_unknown_license(audit);
        audits->nothing_new = audits->nothing_new && audit->nothing_new;
        TRY(true_up_add(&audits->true_up, audit, &audits->command->reason));
    }
    audits->findings += findings;
    return findings == 0 || argument_given(audits->command->arguments, "accept") ? group_keep(group) : RESULT_OK;
}

static RESULT perform(struct audits *audits, struct group *group)
{
    const struct result outcome = group_run(group);
    if (is_ok(outcome)) {
        const struct result concluded = conclude(audits, group);
        if (!is_ok(concluded))
            take_failure(audits, &group->each[0], concluded);
    } else {
        take_failure(audits, &group->each[group->walk.at], outcome);
        TRY(tell_group(audits, group));
    }
    return RESULT_OK;
}

static RESULT perform_all(struct audits *audits)
{
    for (size_t begin = 0, end = 0; begin < audits->count; begin = end) {
        struct group group = {.command = audits->command, .each = &audits->each[begin], .lock = -1};
        while (end < audits->count && group_has(group.each, &audits->each[end]))
            end++;
        group.count = end - begin;
        const struct result result = perform(audits, &group);
        group_close(&group);
        TRY(result);
    }
    return RESULT_OK;
}

/* All of them */

static void describe_final(struct audits *audits)
{
    if (audits->unseen)
        return;
    if (audits->true_up.final_until > 0)
        report_time(&audits->report, "final_until", _("Final until"), audits->true_up.final_until);
    else
        report_say(&audits->report, _("Nothing is final yet."));
}

static const char *name_verdict(const struct audits *audits)
{
    return audits->failed != NULL                   ? error_info(result_code(audits->failed->outcome))->name
           : audits->findings > 0                   ? "audit-findings"
           : audits->nothing_new                    ? "already-audited"
           : audits->unseen && !audits->report.json ? _("clean as far as it was shown, which is not all")
                                                    : "clean";
}

static void describe_all(struct audits *audits)
{
    struct report *report = &audits->report;
    report_number(report, "finding_count", _("Findings"), audits->findings);
    report_text(report, "verdict", _("Verdict"), name_verdict(audits));
    if (audits->failed == NULL)
        describe_final(audits);
}

/* A true-up without leaves that there are must not be taken for the whole. */
static const char *say_unseen(void)
{
    return _(
        "This true-up may be too low and is not final: entries of an epoch before were not shown. Have the operator "
        "export them (`avalctl ledger export --epoch all --output FILE`), and audit them too.");
}

static RESULT finish_report(struct audits *audits)
{
    struct report *report = &audits->report;
    if (audits->count > 1) {
        report_objects_end(report);
        describe_all(audits);
    } else if (audits->failed == NULL && roll_is_joined(&audits->each[0].roll)) {
        describe_final(audits);
    }
    if (audits->failed == NULL && audits->unseen)
        report_say(report, "\n%s", say_unseen());
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
        if (audits->unseen)
            say_hint("%s", say_unseen());
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
    if (!audits->csv_alone && (audits->count > 1 || failed == NULL || has_outcome(failed)))
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
    if (!audits->has_unknown_license)
        return reason_say(&command->reason, FAIL(AUDIT_FINDINGS), _("%llu in all"),
                          (unsigned long long)audits->findings);
    return reason_say(
        &command->reason, FAIL(AUDIT_FINDINGS),
        _("%llu in all. If you signed a license that this desk does not know, as where it is an old copy, "
          "take it back before you accuse anybody: `aval-vendor adopt FILE`"),
        (unsigned long long)audits->findings);
}

static RESULT audit_all(struct audits *audits)
{
    TRY(command_open(audits->command, false));
    TRY(open_exports(audits));
    report_begin(&audits->report, argument_given(audits->command->arguments, "json"));
    if (audits->count > 1)
        report_objects_begin(&audits->report, "exports");
    TRY(perform_all(audits));
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
