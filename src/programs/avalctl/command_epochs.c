/* avalctl ledger: the epochs of a ledger, and asking a host for them. */
#include "avalctl.h"

#include "base/sentences.h"
#include "proto/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUERY_MAX = 4096 };

static RESULT take_part(struct control_epochs *all, const struct control_epochs *part)
{
    struct control_epoch *const grown =
        reallocarray(all->epochs, all->count + part->count + 1, sizeof *grown); /* never of size 0 */
    ENSURE(grown != NULL, NO_MEMORY);
    if (part->count > 0)
        memcpy(grown + all->count, part->epochs, part->count * sizeof *grown);
    all->epochs = grown;
    all->count += part->count;
    all->next = part->next;
    memcpy(all->vendor, part->vendor, sizeof all->vendor);
    return RESULT_OK;
}

static int ask_part(const struct arguments *arguments, const char *vendor, struct control_epochs *all)
{
    CLEANUP_BUFFER struct buffer query = buffer_make(QUERY_MAX);
    CLEANUP_BUFFER struct buffer answer = buffer_make(CONTROL_ANSWER_MAX);
    char number[32];
    snprintf(number, sizeof number, "%" PRIu64, all->next);
    buffer_append_text(&query, CONTROL_EPOCHS);
    query_add(&query, "after", number);
    if (vendor != NULL)
        query_add(&query, "vendor", vendor);
    const int asked = ask_query(arguments, vendor, &query, &answer);
    if (asked != EXIT_FINE)
        return asked;
    struct control_epochs part;
    struct result state = control_epochs_read(buffer_slice(&answer), &part);
    if (is_ok(state)) {
        state = take_part(all, &part);
        control_epochs_free(&part);
    }
    return is_ok(state) ? EXIT_FINE : answer_unreadable(state);
}

int ask_epochs(const struct arguments *arguments, const char *vendor, struct control_epochs *ret_epochs)
{
    struct control_epochs all = {0};
    uint64_t asked_after;
    int status;
    do {
        asked_after = all.next;
        status = ask_part(arguments, vendor, &all);
    } while (status == EXIT_FINE && all.next > asked_after);
    *ret_epochs = all;
    return status;
}

static void print_epoch(const struct control_epoch *epoch, struct table *table)
{
    table_cellf(table, "%" PRIu64, epoch->epoch);
    table_cellf(table, "%" PRIu64, epoch->leaves);
    table_cellf(table, "%" PRIu64, epoch->signed_size);
    table_cell(table, time_or_dash(epoch->first).text);
    table_cell(table, time_or_dash(epoch->last).text);
    table_cell(table, epoch->newest ? _("goes on") : _("ended"));
    table_cell(table, epoch->origin);
}

static int print_epochs(const struct control_epochs *epochs)
{
    static const struct table_column COLUMNS[] = {
        {N_("epoch"), true}, {N_("leaves"), true}, {N_("signed"), true},  {N_("first"), false},
        {N_("last"), false}, {N_("state"), false}, {N_("ledger"), false},
    };
    if (epochs->count == 0) {
        say_text(_("The ledger has no leaves yet.\n"));
        return EXIT_FINE;
    }
    struct table *const table = table_new(COLUMNS, sizeof COLUMNS / sizeof COLUMNS[0]);
    if (table == NULL)
        return answer_unreadable(FAIL(NO_MEMORY));
    for (size_t i = 0; i < epochs->count; i++)
        print_epoch(&epochs->epochs[i], table);
    table_print(table);
    return EXIT_FINE;
}

static int print_epochs_json(const struct control_epochs *epochs)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(SIZE_MAX / 2);
    const struct result state = control_epochs_write(epochs, &text);
    if (!is_ok(state))
        return answer_unreadable(state);
    print_json(&text);
    return EXIT_FINE;
}

int command_ledger(const struct arguments *arguments, void *context)
{
    (void)context;
    struct control_epochs epochs;
    int status = ask_epochs(arguments, argument_value(arguments, "vendor", NULL), &epochs);
    if (status == EXIT_FINE)
        status = wants_json(arguments) ? print_epochs_json(&epochs) : print_epochs(&epochs);
    control_epochs_free(&epochs);
    return status;
}
