/* aval explain: the error table, for people who met one of its codes. */
#include "command.h"
#include "terminal/say.h"

#include <stdio.h>

static json_t *code_json(const struct error_info *info)
{
    return json_pack("{s:s, s:i, s:s, s:i, s:s}", "code", info->name, "number", (int)info->code, "category",
                     error_category_name(info->category), "exit_status", info->exit_status, "sentence", info->sentence);
}

static int explain_all(const struct arguments *arguments)
{
    size_t count = 0;
    const struct error_info *table = error_table(&count);
    if (wants_json(arguments)) {
        json_t *json = json_array();
        for (size_t i = 0; i < count; i++)
            json_array_append_new(json, code_json(&table[i]));
        return say_json(json);
    }
    static const struct table_column columns[] = {{"NUMBER", true}, {"CODE", false}, {"EXIT", true}, {"WHAT", false}};
    struct table *out = table_new(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < count; i++) {
        table_cellf(out, "%d", (int)table[i].code);
        table_cell(out, table[i].name);
        table_cellf(out, "%d", table[i].exit_status);
        table_cell(out, table[i].sentence);
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
        return say_problem(arguments, "Name a code, such as below-threshold, or give --all.", AVAL_USAGE);
    const struct error_info *info = find(arguments->values[0]);
    if (info == NULL)
        return say_problem(arguments, aval_code_sentence(AVAL_UNKNOWN_CODE), AVAL_UNKNOWN_CODE);
    if (wants_json(arguments))
        return say_json(code_json(info));
    say_field("Code", "%s (%d)", info->name, (int)info->code);
    say_field("Category", "%s", error_category_name(info->category));
    say_field("Exit status", "%d", info->exit_status);
    say_field("Meaning", "%s", info->sentence);
    return EXIT_FINE;
}
