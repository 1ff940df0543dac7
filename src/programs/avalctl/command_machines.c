/* avalctl machines: what rows say; show, label, block, unblock. */
#include "avalctl.h"

#include "base/sentences.h"
#include "proto/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUERY_MAX = 2048 };

/* ---- what a machine's row says ---- */

void write_machine_state(const struct control_machine *machine, struct buffer *out)
{
    if (machine->blocked)
        buffer_append_text(out, machine->reclaimed && machine->holding ? _("blocked, reclaimed, seat not free yet")
                                : machine->reclaimed                   ? _("blocked, reclaimed")
                                : machine->holding                     ? _("blocked, holds a seat")
                                                                       : _("blocked"));
    else if (machine->holding && (machine->released || machine->reclaimed))
        buffer_append_text(out,
                           machine->released ? _("released, seat not free yet") : _("reclaimed, seat not free yet"));
    else if (*machine->last_denial != 0 && !machine->holding)
        buffer_printf(out, _("denied: %s"), machine->last_denial);
    else if (machine->holding)
        buffer_append_text(out, _("holds a lease"));
    else if (machine->reclaimed)
        buffer_append_text(out, _("reclaimed"));
    else if (machine->released)
        buffer_append_text(out, _("released"));
    else
        buffer_append_text(out, machine->issued > 0 ? _("lease ended") : _("never asked"));
}

static enum tone tone_of(const struct control_machine *machine)
{
    if (machine->blocked)
        return TONE_BAD;
    return machine->holding ? TONE_GOOD : TONE_WARN;
}

static bool any_told(const struct control_machine *machines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (machines[i].told != 0)
            return true;
    return false;
}

static bool any_label(const struct control_machine *machines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (*machines[i].label != 0)
            return true;
    return false;
}

/* `label`: with what the operator calls machines; `told`: with what they tell of themselves. */
static void add_machine(struct table *table, const struct control_machine *machine, bool label, bool told)
{
    CLEANUP_BUFFER struct buffer state = buffer_make(QUERY_MAX);
    write_machine_state(machine, &state);
    const enum tone tone = tone_of(machine);
    table_cell(table, machine->machine);
    table_cell(table, *machine->license == 0 ? "-" : machine->license);
    table_cellf(table, "%s %s", *machine->product == 0 ? "-" : machine->product, machine->edition);
    table_cellf(table, "%s%s%s", tone_begin(tone, 1), buffer_text(&state), tone_end(tone, 1));
    table_cell(table, time_or_dash(machine->last_request).text);
    table_cell(table, time_or_dash(machine->expires).text);
    table_cellf(table, "%" PRIu64, machine->requests);
    table_cell(table, *machine->address == 0 ? "-" : machine->address);
    if (label)
        table_cell(table, *machine->label == 0 ? "-" : machine->label);
    if (!told)
        return;
    table_cell(table, *machine->says.name == 0 ? "-" : machine->says.name);
    table_cell(table, *machine->says.version == 0 ? "-" : machine->says.version);
}

void print_machines(const struct control_machine *machines, size_t count)
{
    enum { ROW_COLUMNS = 8, TOLD_COLUMNS = 2 };
    static const struct table_column always[ROW_COLUMNS] = {
        {N_("MACHINE"), false},      {N_("LICENSE"), false},    {N_("PRODUCT"), false}, {N_("STATE"), false},
        {N_("LAST REQUEST"), false}, {N_("SEAT UNTIL"), false}, {N_("REQUESTS"), true}, {N_("ADDRESS"), false}};
    static const struct table_column of_label = {N_("LABEL"), false};
    static const struct table_column of_told[TOLD_COLUMNS] = {{N_("NAME"), false}, {N_("VERSION"), false}};
    struct table_column columns[ROW_COLUMNS + 1 + TOLD_COLUMNS];
    const bool label = any_label(machines, count);
    const bool told = any_told(machines, count);
    size_t wide = ROW_COLUMNS;
    memcpy(columns, always, sizeof always);
    if (label)
        columns[wide++] = of_label;
    for (size_t i = 0; told && i < TOLD_COLUMNS; i++)
        columns[wide++] = of_told[i];
    struct table *table = table_new(columns, wide);
    for (size_t i = 0; i < count; i++)
        add_machine(table, &machines[i], label, told);
    table_print(table);
}

/* ---- one machine ---- */

static void print_about(const struct control_machine *machine)
{
    const struct about_says *says = &machine->says;
    if (machine->told == 0)
        return;
    say_field(_("Told of itself"), "%s", time_or_dash(machine->told).text);
    say_field(_("  name"), "%s", *says->name == 0 ? "-" : says->name);
    say_field(_("  version"), "%s", *says->version == 0 ? "-" : says->version);
    for (size_t i = 0; i < says->data_count; i++)
        say_field(_("  data"), "%s: %s", says->data[i].key, says->data[i].value);
}

static void print_detail(const struct control_detail *detail)
{
    say_field(_("Machine"), "%s", detail->machine);
    if (detail->machine_count > 0 && *detail->machines[0].label != 0)
        say_field(_("Label"), "%s", detail->machines[0].label);
    if (detail->blocked)
        say_field(_("Blocked"), _("%ssince %s%s%s%s"), tone_begin(TONE_BAD, 1),
                  time_or_dash(detail->blocked_since).text, *detail->blocked_reason == 0 ? "" : ": ",
                  detail->blocked_reason, tone_end(TONE_BAD, 1));
    else
        say_field(_("Blocked"), _("no"));
    for (size_t i = 0; i < detail->machine_count; i++) {
        const struct control_machine *machine = &detail->machines[i];
        if (*machine->license == 0)
            continue;
        CLEANUP_BUFFER struct buffer state = buffer_make(QUERY_MAX);
        write_machine_state(machine, &state);
        say_text("\n");
        say_field(_("License"), "%s", machine->license);
        if (*machine->product != 0)
            say_field(_("Product"), _("%s %s of %s"), machine->product, machine->edition, machine->vendor);
        say_field(_("State"), "%s", buffer_text(&state));
        say_field(_("Counts"), "%s",
                  machine->counted ? _("yes, towards the threshold") : _("no, it has not asked for 30 days"));
        say_field(_("Requests"), _("%" PRIu64 ", from %s to %s"), machine->requests,
                  time_or_dash(machine->first_request).text, time_or_dash(machine->last_request).text);
        if (machine->issued > 0)
            say_field(_("Last lease"), _("from %s to %s, leaf %" PRIu64), time_or_dash(machine->issued).text,
                      time_or_dash(machine->ends).text, machine->leaf);
        if (machine->holding)
            say_field(_("Seat"), _("held until %s"), time_or_dash(machine->expires).text);
        say_field(_("Last address"), "%s", *machine->address == 0 ? "-" : machine->address);
        print_about(machine);
    }
    if (detail->denial_count == 0)
        return;
    say_text(_("\nLast denials\n"));
    print_denials(detail->denials, detail->denial_count);
}

static int ask_machine(const struct arguments *arguments, const char *method, const char *name, const char *action,
                       struct slice body, struct buffer *answer)
{
    CLEANUP_BUFFER struct buffer path = buffer_make(QUERY_MAX);
    buffer_append_text(&path, CONTROL_MACHINE);
    query_escape(&path, name);
    buffer_append_text(&path, action);
    if (!is_ok(buffer_status(&path)))
        return say_usage(AVALCTL, _("'%.40s...' is too long for a machine id"), name);
    return ask_host(arguments, name, method, buffer_text(&path), body, answer);
}

int ask_about_machine(const struct arguments *arguments, const char *name, const char *what, struct buffer *answer)
{
    return ask_machine(arguments, "GET", name, what, slice_make(NULL, 0), answer);
}

int change_machine(const struct arguments *arguments, const char *name, const char *action, struct slice body,
                   struct buffer *answer)
{
    return ask_machine(arguments, "POST", name, action, body, answer);
}

/* Asks about, or changes, one machine; shows it as it is then. */
static int ask_of_machine(const struct arguments *arguments, const char *action, struct slice body, const char *done)
{
    CLEANUP_BUFFER struct buffer answer = buffer_make(CONTROL_ANSWER_MAX);
    const int asked =
        ask_machine(arguments, *action == 0 ? "GET" : "POST", arguments->values[0], action, body, &answer);
    if (asked != EXIT_FINE)
        return asked;
    struct control_detail detail;
    const struct result state = control_detail_read(buffer_slice(&answer), &detail);
    if (!is_ok(state))
        return answer_unreadable(state);
    if (wants_json(arguments))
        print_json(&answer);
    else if (done != NULL)
        say_text(_("Machine %s is %s.\n"), detail.machine, done);
    else
        print_detail(&detail);
    control_detail_free(&detail);
    return EXIT_FINE;
}

int command_show(const struct arguments *arguments, void *context)
{
    (void)context;
    return ask_of_machine(arguments, "", slice_make(NULL, 0), NULL);
}

int command_block(const struct arguments *arguments, void *context)
{
    (void)context;
    struct control_block block = {0};
    const char *reason = argument_value(arguments, "reason", "");
    if (*reason != 0 && (!is_ok(text_check(slice_of(reason))) ||
                         !is_ok(slice_copy_text(slice_of(reason), block.reason, sizeof block.reason))))
        return say_usage(AVALCTL, _("--reason takes one line of at most 128 bytes without space at either end"));
    CLEANUP_BUFFER struct buffer body = buffer_make(CONTROL_BODY_MAX);
    const struct result state = control_block_write(&block, &body);
    if (!is_ok(state))
        return answer_unreadable(state);
    return ask_of_machine(arguments, "/block", buffer_slice(&body),
                          _("blocked: it gets no more leases, and the one it holds runs to its end"));
}

int command_unblock(const struct arguments *arguments, void *context)
{
    (void)context;
    return ask_of_machine(arguments, "/unblock", slice_make(NULL, 0), _("not blocked any more"));
}

int command_label(const struct arguments *arguments, void *context)
{
    (void)context;
    struct control_label label = {""};
    const char *const text = arguments->values[1];
    CLEANUP_BUFFER struct buffer body = buffer_make(CONTROL_BODY_MAX);
    if (!is_ok(slice_copy_text(slice_of(text), label.label, sizeof label.label)) ||
        (*text != 0 && !is_ok(about_text_check(slice_of(text), LABEL_SIZE - 1))))
        return say_usage(AVALCTL,
                         _("a label is one line of at most %d bytes, without invisible characters, or space at either "
                           "end"),
                         LABEL_SIZE - 1);
    const struct result state = control_label_write(&label, &body);
    if (!is_ok(state))
        return answer_unreadable(state);
    return ask_of_machine(arguments, "/label", buffer_slice(&body),
                          *text == 0 ? _("without a label now") : _("labelled"));
}
