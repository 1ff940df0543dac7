/* aval machine: what is seen of this machine, what of it says which one it is, and what it is to each vendor. */
#include "base/sentences.h"
#include "command.h"
#include "terminal/say.h"

#include <stdio.h>
#include <string.h>

struct shown {
    struct report *report; /* where JSON is wanted */
    struct table *table;   /* for people */
    bool serials;
    bool handed_in;
    size_t used;   /* kinds, which come one after the other */
    char last[16]; /* of these */
    size_t unreadable;
};

static void count_kind(struct shown *shown, const char *kind)
{
    if (strcmp(shown->last, kind) != 0)
        shown->used++;
    snprintf(shown->last, sizeof shown->last, "%s", kind);
}

static void report_source(struct shown *shown, const struct aval_source *source)
{
    report_object_begin(shown->report, NULL);
    report_text(shown->report, "kind", NULL, source->kind);
    report_text_or_nothing(shown->report, "place", source->place);
    report_text(shown->report, "use", NULL, source->use);
    report_text(shown->report, "why", NULL, source->why);
    if (shown->serials)
        report_text_or_nothing(shown->report, "value", source->value);
    report_object_end(shown->report);
}

static int show_source(void *context, const struct aval_source *source)
{
    struct shown *const shown = context;
    const bool used = strcmp(source->use, "used") == 0;
    if (used)
        count_kind(shown, source->kind);
    shown->unreadable += strcmp(source->use, "unreadable") == 0 ? 1 : 0;
    shown->handed_in = shown->handed_in || source->place[0] == 0;
    if (shown->report != NULL) {
        report_source(shown, source);
        return 0;
    }
    table_cell(shown->table, source->kind);
    table_cell(shown->table, source->place[0] != 0 ? source->place : _("handed in"));
    table_cell(shown->table, used ? _("yes") : _("no"));
    if (shown->serials)
        table_cell(shown->table, source->value);
    table_cell(shown->table, used ? "" : source->why);
    return 0;
}

static int report_identity(void *context, const struct aval_identity *identity)
{
    struct report *const report = context;
    report_object_begin(report, NULL);
    report_text(report, "vendor", NULL, identity->vendor);
    report_text(report, "machine", NULL, identity->machine_id);
    report_text(report, "folder", NULL, identity->folder);
    report_time_or_nothing(report, "created", identity->created);
    report_number(report, "described", NULL, identity->described);
    report_number(report, "equal", NULL, identity->equal);
    report_number(report, "least", NULL, identity->least);
    report_text(report, "this", NULL, identity->is_this ? "yes" : "no");
    report_object_end(report);
    return 0;
}

static int show_identity(void *context, const struct aval_identity *identity)
{
    (void)context;
    if (!identity->is_this) {
        say_line(_("%s knows as %s another machine that uses %s, or what this one was before its hardware changed"),
                 identity->vendor, identity->machine_id, identity->folder);
        return 0;
    }
    say_line(_("%s knows this machine as %s"), identity->vendor, identity->machine_id);
    if (identity->described == 0)
        say_line(_("  by nothing that it would be told apart by: a copy of %s is the same machine"), identity->folder);
    else
        say_line(_("  by %u kinds of source: %u as then, %u needed"), identity->described, identity->equal,
                 identity->least);
    return 0;
}

static int show_as_json(const struct arguments *arguments, aval_machine *machine, struct shown *shown)
{
    struct report *const report = shown->report;
    report_objects_begin(report, "sources");
    int code = aval_sources(machine, show_source, shown);
    report_objects_end(report);
    report_number(report, "used", NULL, shown->used);
    report_text(report, "handed_in", NULL, shown->handed_in ? "yes" : "no");
    report_objects_begin(report, "identities");
    if (code == AVAL_OK)
        code = aval_identities(machine, report_identity, report);
    report_objects_end(report);
    return code == AVAL_OK ? report_answer(report, PROGRAM, EXIT_FINE) : say_code(arguments, machine, code);
}

static int show_to_people(const struct arguments *arguments, aval_machine *machine, struct shown *shown)
{
    static const struct table_column plain[] = {
        {N_("KIND"), false}, {N_("SEEN AT"), false}, {N_("USED"), false}, {N_("WHY NOT"), false}};
    static const struct table_column whole[] = {
        {N_("KIND"), false}, {N_("SEEN AT"), false}, {N_("USED"), false}, {N_("VALUE"), false}, {N_("WHY NOT"), false}};
    shown->table = shown->serials ? table_new(whole, 5) : table_new(plain, 4);
    int code = aval_sources(machine, show_source, shown);
    table_print(shown->table);
    if (code == AVAL_OK)
        code = aval_identities(machine, show_identity, NULL);
    if (code != AVAL_OK)
        return say_code(arguments, machine, code);
    if (!shown->handed_in && shown->used < 2)
        say_hint(_("fewer than two kinds of sources say which machine this is, so that a lease lasts a day at most: "
                   "hand an identity in "
                   "(--identity, AVAL_MACHINE_ID)%s"),
                 shown->unreadable > 0 ? _(", or look as root, who may read more") : "");
    return EXIT_FINE;
}

int run_machine(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_MACHINE aval_machine *machine = NULL;
    CLEANUP_REPORT struct report report;
    struct shown shown = {.serials = argument_given(arguments, "serials")};
    int status = EXIT_FINE;
    report_begin(&report, wants_json(arguments));
    if (wants_json(arguments))
        shown.report = &report;
    if (!machine_open(arguments, &machine, &status))
        return status;
    return wants_json(arguments) ? show_as_json(arguments, machine, &shown)
                                 : show_to_people(arguments, machine, &shown);
}
