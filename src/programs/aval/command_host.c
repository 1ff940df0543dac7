/* aval host: who is asked. */
#include "base/sentences.h"
#include "command.h"
#include "terminal/say.h"

int run_host_set(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_MACHINE aval_machine *machine = NULL;
    int status = EXIT_FINE;
    if (!machine_open(arguments, &machine, &status))
        return status;
    const int code = aval_hosts_set(machine, arguments->values, arguments->count);
    return say_how_it_ended(arguments, machine, code, _("set; `aval activate` asks them in this order"));
}

int run_host_clear(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_MACHINE aval_machine *machine = NULL;
    int status = EXIT_FINE;
    if (!machine_open(arguments, &machine, &status))
        return status;
    return say_how_it_ended(arguments, machine, aval_hosts_set(machine, NULL, 0), _("cleared"));
}

int run_host_show(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_MACHINE aval_machine *machine = NULL;
    int status = EXIT_FINE;
    if (!machine_open(arguments, &machine, &status))
        return status;
    CLEANUP_REPORT struct report report;
    report_begin_list(&report, wants_json(arguments));
    const char *host = NULL;
    size_t count = 0;
    for (; (host = aval_host(machine, count)) != NULL; count++) {
        if (report.json)
            report_list_item(&report, host);
        else
            say_text("%s\n", host);
    }
    if (count == 0 && !report.json)
        say_hint(_("no host is set"));
    return report_answer(&report, PROGRAM, EXIT_FINE);
}

struct discovery {
    struct report report; /* where JSON is wanted */
    struct table *table;  /* otherwise; made with its first row */
};

static int list_discovered(void *context, const struct aval_discovered *host)
{
    static const struct table_column columns[] = {
        {N_("HOST"), false}, {N_("PRIORITY"), true}, {N_("WEIGHT"), true}, {N_("DOMAIN"), false}};
    struct discovery *discovery = context;
    if (discovery->report.json) {
        report_object_begin(&discovery->report, NULL);
        report_text(&discovery->report, "host", NULL, host->host);
        report_number(&discovery->report, "priority", NULL, host->priority);
        report_number(&discovery->report, "weight", NULL, host->weight);
        report_text(&discovery->report, "domain", NULL, host->domain);
        report_object_end(&discovery->report);
        return 0;
    }
    if (discovery->table == NULL)
        discovery->table = table_new(columns, sizeof columns / sizeof *columns);
    table_cell(discovery->table, host->host);
    table_cellf(discovery->table, "%u", host->priority);
    table_cellf(discovery->table, "%u", host->weight);
    table_cell(discovery->table, host->domain);
    return 0;
}

int run_host_discover(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_MACHINE aval_machine *machine = NULL;
    int status = EXIT_FINE;
    if (!machine_open(arguments, &machine, &status))
        return status;
    struct discovery discovery = {.table = NULL};
    report_begin_list(&discovery.report, wants_json(arguments));
    const int code = aval_hosts_discover(machine, list_discovered, &discovery);
    if (code == AVAL_OK && discovery.report.json)
        status = report_answer(&discovery.report, PROGRAM, EXIT_FINE);
    else
        table_print(discovery.table);
    report_free(&discovery.report);
    return code == AVAL_OK ? status : say_code(arguments, machine, code);
}
