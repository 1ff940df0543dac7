/* aval-vendor licenses: what this desk has signed, and how each stands today; or one of them: again, as it was signed,
 * and as JSON how it stands. */
#include "base/sentences.h"
#include "command.h"
#include "describe.h"
#include "system/clock.h"
#include "terminal/report.h"
#include "terminal/say.h"

#include <stdio.h>
#include <string.h>

struct listing {
    const struct desk *desk;
    const struct verifier_key *signer; /* of the license that is listed */
    const struct revocations *revocations;
    struct successions successions;
    seconds now;
    struct table *table;   /* made with the first row */
    struct report *report; /* NULL: a table */
    const char *only;      /* that license; NULL: all */
    bool found;            /* any */
};

static const struct succession *succession(const struct listing *listing, const struct license *license)
{
    return successions_of(&listing->successions, license->id, listing->now);
}

static enum standing standing(const struct listing *listing, const struct license *license)
{
    return license_standing(license, listing->signer, listing->revocations, succession(listing, license), listing->now);
}

/* What it is worth today, that it is a test, and what takes its place; where it ended otherwise, nothing does. */
static void state_cell(struct listing *listing, const struct license *license)
{
    const struct succession *const by = succession(listing, license);
    const enum standing stands = standing(listing, license);
    const char *const state = _(standing_name(stands));
    const char *const test = license->test ? _("test, ") : "";
    if (by == NULL || stands == STANDING_REVOKED || stands == STANDING_ENDED)
        table_cellf(listing->table, "%s%s", test, state);
    else
        table_cellf(listing->table, stands == STANDING_REPLACED ? _("%s%s by %s") : _("%s%s, then %s"), test, state,
                    by->by);
}

/* HOST of a key's name HOST/VENDOR. */
static int host_length(const struct verifier_key *host_key)
{
    return (int)strcspn(host_key->name, "/");
}

/* The first of them, and how many more. */
static void hosts_cell(struct table *table, const struct license *license)
{
    const struct verifier_key *first = &license->host_keys[0];
    if (license->host_key_count == 1)
        table_cellf(table, "%.*s", host_length(first), first->name);
    else
        table_cellf(table, _("%.*s and %zu more"), host_length(first), first->name, license->host_key_count - 1);
}

static void list_hosts(struct report *report, const struct license *license)
{
    report_list_begin(report, "hosts");
    for (size_t i = 0; i < license->host_key_count; i++) {
        char host[HOST_NAME_SIZE];
        const struct verifier_key *host_key = &license->host_keys[i];
        (void)snprintf(host, sizeof host, "%.*s", host_length(host_key), host_key->name);
        report_list_item(report, host);
    }
    report_list_end(report, NULL);
}

static RESULT row(struct listing *listing, const struct license *license)
{
    static const struct table_column COLUMNS[] = {
        {N_("license"), false}, {N_("customer"), false}, {N_("host"), false},  {N_("product"), false},
        {N_("seats"), true},    {N_("threshold"), true}, {N_("until"), false}, {N_("state"), false},
    };
    if (listing->table == NULL)
        listing->table = table_new(COLUMNS, sizeof COLUMNS / sizeof COLUMNS[0]);
    ENSURE(listing->table != NULL, NO_MEMORY);
    char until[TIME_TEXT_SIZE];
    time_write(license->not_after, until);
    table_cell(listing->table, license->id);
    table_cell(listing->table, license->customer);
    hosts_cell(listing->table, license);
    table_cellf(listing->table, "%s/%s", license->product, license->edition);
    if (license->overage > 0)
        table_cellf(listing->table, "%llu+%llu", (unsigned long long)license->seats,
                    (unsigned long long)license->overage);
    else
        table_cellf(listing->table, "%llu", (unsigned long long)license->seats);
    if (license->mode == LICENSE_COUNTED)
        table_cell(listing->table, "-");
    else
        table_cellf(listing->table, "%llu", (unsigned long long)license->threshold);
    table_cell(listing->table, until);
    state_cell(listing, license);
    return RESULT_OK;
}

static void list_replaced(struct report *report, const struct license *license)
{
    report_list_begin(report, "replaces");
    for (size_t i = 0; i < license->replaces_count; i++)
        report_list_item(report, license->replaces[i]);
    report_list_end(report, NULL);
}

static void object(struct listing *listing, const struct license *license)
{
    struct report *report = listing->report;
    report_object_begin(report, NULL);
    report_text(report, "license", NULL, license->id);
    report_text(report, "customer", NULL, license->customer);
    list_hosts(report, license);
    report_text(report, "product", NULL, license->product);
    report_text(report, "edition", NULL, license->edition);
    report_text(report, "mode", NULL, license_mode_name(license->mode));
    report_number(report, "seats", NULL, license->seats);
    report_number(report, "overage", NULL, license->overage);
    report_number(report, "threshold", NULL, license->threshold);
    report_time(report, "issued", NULL, license->issued);
    report_time(report, "not_before", NULL, license->not_before);
    report_time(report, "not_after", NULL, license->not_after);
    if (license->test)
        report_text(report, "test", NULL, "yes");
    list_replaced(report, license);
    report_text(report, "state", NULL, standing_name(standing(listing, license)));
    describe_succession(report, succession(listing, license), listing->now);
    report_object_end(report);
}

static RESULT list(void *context, const struct license *license, struct slice note)
{
    struct listing *listing = context;
    struct license opened;
    size_t count = 0;
    if (listing->only != NULL && strcmp(license->id, listing->only) != 0)
        return RESULT_OK;
    listing->found = true;
    const struct verifier_key *keys = desk_keys(listing->desk, &count);
    TRY(license_open_by(note, keys, count, &opened, &listing->signer));
    if (listing->report == NULL)
        return row(listing, license);
    object(listing, license);
    return RESULT_OK;
}

static RESULT list_as_json(struct command *command, const struct listing *listing)
{
    CLEANUP_REPORT struct report report;
    struct listing into = *listing;
    report_begin(&report, true);
    into.report = &report;
    report_objects_begin(&report, "licenses");
    TRY(desk_each_license(command->desk, list, &into, &command->reason));
    if (into.only != NULL && !into.found) {
        command_about(command, into.only);
        return FAIL(NOT_FOUND);
    }
    report_objects_end(&report);
    return report_finish(&report);
}

static RESULT list_as_table(struct command *command, struct listing *listing)
{
    const struct result listed = desk_each_license(command->desk, list, listing, &command->reason);
    if (is_ok(listed) && listing->table == NULL)
        say_hint(_("No license has been signed yet."));
    table_print(listing->table);
    return listed;
}

struct search {
    const char *id;
    bool found;
};

static RESULT print_if_it(void *context, const struct license *license, struct slice note)
{
    struct search *search = context;
    if (strcmp(license->id, search->id) != 0)
        return RESULT_OK;
    search->found = true;
    ENSURE(fwrite(note.data, 1, note.size, stdout) == note.size, FILE_WRITE);
    return RESULT_OK;
}

static RESULT print_one(struct command *command, const char *id)
{
    struct search search = {.id = id};
    TRY(desk_each_license(command->desk, print_if_it, &search, &command->reason));
    command_about(command, search.id);
    ENSURE(search.found, NOT_FOUND);
    return RESULT_OK;
}

static RESULT show_licenses(struct command *command)
{
    const struct arguments *const arguments = command->arguments;
    const char *const only = arguments->count > 0 ? arguments->values[0] : NULL;
    const bool json = argument_given(arguments, "json");
    TRY(command_open(command, false));
    if (only != NULL && !json)
        return print_one(command, only);
    CLEANUP_REVOCATIONS struct revocations *revocations = NULL;
    TRY(desk_find_revocations(command->desk, &revocations, NULL, &command->reason));
    struct listing listing = {.desk = command->desk, .revocations = revocations, .now = clock_now(), .only = only};
    TRY(successions_read(command->desk, revocations, &listing.successions, &command->reason));
    const struct result listed = json ? list_as_json(command, &listing) : list_as_table(command, &listing);
    successions_free(&listing.successions);
    return listed;
}

int command_licenses(const struct arguments *arguments, void *context)
{
    (void)context;
    return command_run(arguments, show_licenses);
}
