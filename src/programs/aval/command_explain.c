/* aval explain: the error table, for people who met one of its codes. */
#include "base/sentences.h"
#include "command.h"
#include "terminal/say.h"

#include <stdio.h>

static void describe(struct report *report, const struct error_info *info)
{
    report_text(report, "code", NULL, info->name);
    report_number(report, "number", NULL, (uint64_t)info->code);
    report_text(report, "category", NULL, error_category_name(info->category));
    report_number(report, "exit_status", NULL, (uint64_t)info->exit_status);
    report_text(report, "sentence", NULL, info->sentence);
}

static int explain_all_as_json(const struct error_info *table, size_t count)
{
    CLEANUP_REPORT struct report report;
    report_begin_list(&report, true);
    for (size_t i = 0; i < count; i++) {
        report_object_begin(&report, NULL);
        describe(&report, &table[i]);
        report_object_end(&report);
    }
    return report_answer(&report, PROGRAM, EXIT_FINE);
}

static int explain_as_json(const struct error_info *info)
{
    CLEANUP_REPORT struct report report;
    report_begin(&report, true);
    describe(&report, info);
    return report_answer(&report, PROGRAM, EXIT_FINE);
}

static int explain_all(const struct arguments *arguments)
{
    size_t count = 0;
    const struct error_info *table = error_table(&count);
    if (wants_json(arguments))
        return explain_all_as_json(table, count);
    static const struct table_column columns[] = {
        {N_("NUMBER"), true}, {N_("CODE"), false}, {N_("EXIT"), true}, {N_("WHAT"), false}};
    struct table *out = table_new(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < count; i++) {
        table_cellf(out, "%d", (int)table[i].code);
        table_cell(out, table[i].name);
        table_cellf(out, "%d", table[i].exit_status);
        table_cell(out, _(table[i].sentence));
    }
    table_print(out);
    return EXIT_FINE;
}

/* By name, or by number. */
static const struct error_info *find(const char *text)
{
    uint64_t number = 0;
    if (!is_ok(decimal_read(slice_of(text), UINT16_MAX, &number)))
        return error_by_name(text);
    const struct error_info *info = error_info((enum error_code)number);
    return (uint64_t)info->code == number ? info : NULL;
}

int run_explain(const struct arguments *arguments, void *context)
{
    (void)context;
    if (argument_given(arguments, "all"))
        return explain_all(arguments);
    if (arguments->count == 0)
        return say_problem(arguments, _("Name a code, such as below-threshold, or give --all."), AVAL_USAGE);
    const struct error_info *info = find(arguments->values[0]);
    if (info == NULL)
        return say_problem(arguments, _(aval_code_sentence(AVAL_UNKNOWN_CODE)), AVAL_UNKNOWN_CODE);
    if (wants_json(arguments))
        return explain_as_json(info);
    say_field(_("Code"), "%s (%d)", info->name, (int)info->code);
    say_field(_("Category"), "%s", error_category_name(info->category));
    say_field(_("Exit status"), "%d", info->exit_status);
    say_field(_("Meaning"), "%s", _(info->sentence));
    return EXIT_FINE;
}
