/* aval evidence: what hosts have shown that does not fit together; for people, and as a file for the vendor. */
#include "base/sentences.h"
#include "command.h"
#include "core/tlog/evidence.h"
#include "system/files.h"
#include "terminal/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { EXPORT_MODE = 0644, NUMBER_MAX = 9999 };

/* One walk through what is kept: a number alone, or all. */
struct search {
    unsigned wanted; /* 0: all */
    size_t count;
    struct report *report; /* where JSON is wanted */
    struct table *table;   /* of a list for people, made with its first row */
    struct buffer text;    /* of an export */
};

static void describe_piece(struct report *report, const struct aval_evidence *piece)
{
    report_number(report, "number", NULL, piece->number);
    report_time_or_nothing(report, "time", piece->time);
    report_text(report, "asked", NULL, piece->asked);
    report_text(report, "ledger", NULL, piece->ledger);
    report_text(report, "finding", NULL, piece->finding);
    report_text(report, "meaning", NULL, piece->meaning);
    report_number(report, "kept_size", NULL, piece->kept_size);
    report_number(report, "shown_size", NULL, piece->shown_size);
}

static int list_piece(void *context, const struct aval_evidence *piece)
{
    static const struct table_column columns[] = {{N_("NUMBER"), true},  {N_("TIME"), false}, {N_("ASKED"), false},
                                                  {N_("LEDGER"), false}, {N_("SEEN"), true},  {N_("SHOWN"), true},
                                                  {N_("FINDING"), false}};
    struct search *search = context;
    char time[TIME_TEXT_SIZE];
    if (search->report != NULL) {
        report_object_begin(search->report, NULL);
        describe_piece(search->report, piece);
        report_object_end(search->report);
        return 0;
    }
    if (search->count++ == 0)
        search->table = table_new(columns, sizeof columns / sizeof *columns);
    time_write(piece->time, time);
    table_cellf(search->table, "%u", piece->number);
    table_cell(search->table, time);
    table_cell(search->table, piece->asked);
    table_cell(search->table, piece->ledger);
    table_cellf(search->table, "%" PRIu64, piece->kept_size);
    table_cellf(search->table, "%" PRIu64, piece->shown_size);
    table_cell(search->table, piece->finding);
    return 0;
}

int run_evidence_list(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_MACHINE aval_machine *machine = NULL;
    int status = EXIT_FINE;
    if (!machine_open(arguments, &machine, &status))
        return status;
    CLEANUP_REPORT struct report report;
    report_begin_list(&report, wants_json(arguments));
    struct search search = {.report = report.json ? &report : NULL};
    const int code = aval_evidence_each(machine, list_piece, &search);
    if (code == AVAL_OK && report.json)
        return report_answer(&report, PROGRAM, EXIT_FINE);
    table_print(search.table);
    if (code != AVAL_OK)
        return say_code(arguments, machine, code);
    if (search.count == 0)
        say_hint(_("no evidence: every host's ledger extended what it had shown before"));
    return EXIT_FINE;
}

/* Says why a number that was typed is of no use. */
static int no_such_piece(const struct arguments *arguments, const char *typed)
{
    char message[AVAL_MESSAGE_SIZE];
    snprintf(message, sizeof message, _("there is no evidence %.40s; `aval evidence` lists what there is"), typed);
    return say_problem(arguments, message, AVAL_NOT_FOUND);
}

static bool read_number(const char *typed, unsigned *ret_number)
{
    uint64_t number = 0;
    if (!is_ok(decimal_read(slice_of(typed), NUMBER_MAX, &number)) || number == 0)
        return false;
    *ret_number = (unsigned)number;
    return true;
}

/* Of the system's folder and of the user's own there may be one each; people are shown both. */
static int show_piece(void *context, const struct aval_evidence *piece)
{
    struct search *search = context;
    char time[TIME_TEXT_SIZE];
    if (piece->number != search->wanted)
        return 0;
    search->count++;
    if (search->report != NULL) {
        describe_piece(search->report, piece);
        report_slice(search->report, "text", slice_make(piece->text, piece->text_size));
        return 1;
    }
    time_write(piece->time, time);
    say_field(_("Evidence"), _("%u, of %s"), piece->number, time);
    say_field(_("Asked"), "%s", piece->asked);
    say_field(_("Ledger"), "%s", piece->ledger);
    say_field(_("Seen before"), _("%" PRIu64 " entries"), piece->kept_size);
    say_field(_("Shown then"), _("%" PRIu64 " entries"), piece->shown_size);
    say_field(_("Finding"), "%s", piece->finding);
    say_field(_("Means"), "%s", piece->meaning);
    say_text("\n%.*s", (int)piece->text_size, piece->text);
    return 0;
}

int run_evidence_show(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_MACHINE aval_machine *machine = NULL;
    struct search search = {0};
    int status = EXIT_FINE;
    if (!read_number(arguments->values[0], &search.wanted))
        return no_such_piece(arguments, arguments->values[0]);
    if (!machine_open(arguments, &machine, &status))
        return status;
    CLEANUP_REPORT struct report report;
    report_begin(&report, wants_json(arguments));
    search.report = report.json ? &report : NULL;
    const int code = aval_evidence_each(machine, show_piece, &search);
    if (search.count > 0)
        return report_answer(&report, PROGRAM, EXIT_FINE);
    return code != AVAL_OK ? say_code(arguments, machine, code) : no_such_piece(arguments, arguments->values[0]);
}

static int export_piece(void *context, const struct aval_evidence *piece)
{
    struct search *search = context;
    if (search->wanted != 0 && piece->number != search->wanted)
        return 0;
    search->count++;
    buffer_append(&search->text, piece->text, piece->text_size);
    return 0;
}

static int write_export(const struct arguments *arguments, const struct buffer *text)
{
    const char *path = arguments->values[0];
    char message[AVAL_MESSAGE_SIZE];
    struct reason reason = {.text = ""};
    struct result outcome = buffer_status(text);
    if (is_ok(outcome) && strcmp(path, "-") == 0)
        return fwrite(text->data, 1, text->size, stdout) == text->size ? EXIT_FINE : EXIT_FILES;
    if (is_ok(outcome))
        outcome = file_write(path, buffer_slice(text), EXPORT_MODE, &reason);
    if (is_ok(outcome))
        return EXIT_FINE;
    const int code = (int)result_code(outcome);
    snprintf(message, sizeof message, "%.400s", *reason.text != 0 ? reason.text : _(aval_code_sentence(code)));
    return say_problem(arguments, message, code);
}

static int say_exported(size_t count)
{
    CLEANUP_REPORT struct report report;
    report_begin(&report, true);
    report_text(&report, "code", NULL, "ok");
    report_number(&report, "pieces", NULL, count);
    return report_answer(&report, PROGRAM, EXIT_FINE);
}

int run_evidence_export(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_MACHINE aval_machine *machine = NULL;
    struct search search = {.text = buffer_make(EVIDENCE_FILE_MAX)};
    const char *typed = arguments->count > 1 ? arguments->values[1] : NULL;
    int status = EXIT_FINE;
    if (typed != NULL && !read_number(typed, &search.wanted))
        return no_such_piece(arguments, typed);
    if (!machine_open(arguments, &machine, &status))
        return status;
    const int code = aval_evidence_each(machine, export_piece, &search);
    if (code != AVAL_OK && (typed == NULL || search.count == 0))
        status = say_code(arguments, machine, code);
    else if (search.count == 0)
        status = typed != NULL ? no_such_piece(arguments, typed)
                               : say_problem(arguments, _("there is no evidence to export."), AVAL_NOT_FOUND);
    else
        status = write_export(arguments, &search.text);
    buffer_free(&search.text);
    if (status != EXIT_FINE || strcmp(arguments->values[0], "-") == 0)
        return status;
    if (wants_json(arguments))
        return say_exported(search.count);
    say_hint(_("%zu exported; the vendor reads it with `aval-vendor inspect`"), search.count);
    return EXIT_FINE;
}
