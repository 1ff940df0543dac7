/* avalctl denials. */
#include "avalctl.h"

#include "base/sentences.h"
#include "proto/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUERY_MAX = 2048 };

void print_denials(const struct control_denial *denials, size_t count)
{
    static const struct table_column columns[] = {{N_("TIME"), false}, {N_("MACHINE"), false}, {N_("PRODUCT"), false},
                                                  {N_("CODE"), false}, {N_("ADDRESS"), false}, {N_("WHY"), false}};
    struct table *table = table_new(columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < count; i++) {
        const struct control_denial *denial = &denials[i];
        table_cell(table, time_or_dash(denial->time).text);
        table_cell(table, denial->machine);
        table_cellf(table, "%s %s", denial->product, denial->edition);
        table_cell(table, denial->code);
        table_cell(table, *denial->address == 0 ? "-" : denial->address);
        table_cell(table, denial->message);
    }
    table_print(table);
}

static RESULT take_part(struct control_denials *all, const struct control_denials *part)
{
    struct control_denial *grown =
        reallocarray(all->denials, all->count + part->count + 1, sizeof *grown); /* never of size 0 */
    ENSURE(grown != NULL, NO_MEMORY);
    memcpy(grown + all->count, part->denials, part->count * sizeof *grown);
    *all = (struct control_denials){all->count + part->count, grown, part->next};
    return RESULT_OK;
}

static int ask_page(const struct arguments *arguments, size_t limit, struct control_denials *all)
{
    CLEANUP_BUFFER struct buffer path = buffer_make(QUERY_MAX);
    buffer_append_text(&path, CONTROL_DENIALS);
    char number[32];
    snprintf(number, sizeof number, "%zu", limit < CONTROL_LIST_MAX ? limit : (size_t)CONTROL_LIST_MAX);
    query_add(&path, "limit", number);
    if (all->next != 0) {
        snprintf(number, sizeof number, "%" PRIu64, all->next);
        query_add(&path, "before", number);
    }
    const char *machine = argument_value(arguments, "machine", NULL);
    if (machine != NULL)
        query_add(&path, "machine", machine);
    CLEANUP_BUFFER struct buffer answer = buffer_make(CONTROL_ANSWER_MAX);
    const int asked = ask_query(arguments, machine, &path, &answer);
    if (asked != EXIT_FINE)
        return asked;
    struct control_denials part;
    struct result state = control_denials_read(buffer_slice(&answer), &part);
    if (is_ok(state)) {
        state = take_part(all, &part);
        control_denials_free(&part);
    }
    return is_ok(state) ? EXIT_FINE : answer_unreadable(state);
}

static int print_list(const struct arguments *arguments, const struct control_denials *all)
{
    if (wants_json(arguments)) {
        CLEANUP_BUFFER struct buffer text = buffer_make(SIZE_MAX / 2);
        const struct result state = control_denials_write(all, &text);
        if (!is_ok(state))
            return answer_unreadable(state);
        print_json(&text);
        return EXIT_FINE;
    }
    if (all->count == 0)
        say_text(_("No denials.\n"));
    else
        print_denials(all->denials, all->count);
    if (all->next != 0)
        say_hint(_("There are more; --limit N shows N of them."));
    return EXIT_FINE;
}

int command_denials(const struct arguments *arguments, void *context)
{
    (void)context;
    size_t limit = 0;
    int status = read_limit(arguments, CONTROL_LIST_USUAL, &limit);
    if (status != EXIT_FINE)
        return status;
    struct control_denials all = {0};
    do
        status = ask_page(arguments, limit - all.count, &all);
    while (status == EXIT_FINE && all.next != 0 && all.count < limit);
    if (status == EXIT_FINE)
        status = print_list(arguments, &all);
    control_denials_free(&all);
    return status;
}
