/*
 * avalctl machines: lists, by label, name, product, state and when machines asked last, in order, as a table, JSON or
 * CSV.
 *
 * Always: what is kept in memory is a page of the host and as many machines as are to be shown; CSV without an order is
 * printed page by page.
 */
#include "avalctl.h"

#include "base/sentences.h"
#include "proto/api.h"
#include "system/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUERY_MAX = 4096, EVERY = 1000000000 /* of CSV */, SORTED_MAX = 100000 };

/* ---- order ---- */

typedef int order(const void *left, const void *right);

static int by_id(const void *left, const void *right)
{
    const struct control_machine *const a = left;
    const struct control_machine *const b = right;
    const int machines = strcmp(a->machine, b->machine);
    return machines != 0 ? machines : strcmp(a->license, b->license);
}

static int by_time(seconds a, seconds b, const void *left, const void *right)
{
    return a != b ? (a < b ? -1 : 1) : by_id(left, right);
}

static int by_last_seen(const void *left, const void *right)
{
    const struct control_machine *const a = left;
    const struct control_machine *const b = right;
    return by_time(b->last_request, a->last_request, left, right); /* the latest first */
}

static int by_end(const void *left, const void *right)
{
    const struct control_machine *const a = left;
    const struct control_machine *const b = right;
    return by_time(a->expires, b->expires, left, right);
}

static int by_text(const char *a, const char *b, const void *left, const void *right)
{
    const int texts = strcmp(a, b);
    return texts != 0 ? texts : by_id(left, right);
}

static int by_label(const void *left, const void *right)
{
    return by_text(((const struct control_machine *)left)->label, ((const struct control_machine *)right)->label, left,
                   right);
}

static int by_name(const void *left, const void *right)
{
    return by_text(((const struct control_machine *)left)->says.name,
                   ((const struct control_machine *)right)->says.name, left, right);
}

static int by_product(const void *left, const void *right)
{
    return by_text(((const struct control_machine *)left)->product, ((const struct control_machine *)right)->product,
                   left, right);
}

static const struct {
    const char *name;
    order *compare;
} orders[] = {{"id", by_id},       {"last-seen", by_last_seen}, {"end", by_end},
              {"label", by_label}, {"name", by_name},           {"product", by_product}};

static order *find_order(const char *name)
{
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (strcmp(orders[i].name, name) == 0)
            return orders[i].compare;
    return NULL;
}

/* ---- a list ---- */

struct list {
    const struct arguments *arguments;
    struct buffer query;
    size_t limit;
    order *compare;               /* NULL: as the host has them */
    bool csv;                     /* printed as it comes, unless it is to be in order */
    size_t shown;                 /* of CSV that was printed */
    bool more;                    /* there are some that are not shown */
    struct control_machines kept; /* at most `limit`, and a page */
};

/* Puts a page behind what is kept; where they are to be in order, the first ones stay. */
static RESULT keep_page(struct list *list, const struct control_machines *page)
{
    struct control_machines *const kept = &list->kept;
    struct control_machine *const grown =
        reallocarray(kept->machines, kept->count + page->count + 1, sizeof *grown); /* never of size 0 */
    ENSURE(grown != NULL, NO_MEMORY);
    if (page->count > 0)
        memcpy(grown + kept->count, page->machines, page->count * sizeof *grown);
    kept->machines = grown;
    kept->count += page->count;
    if (list->compare == NULL || kept->count == 0)
        return RESULT_OK;
    qsort(kept->machines, kept->count, sizeof *kept->machines, list->compare);
    list->more = list->more || kept->count > list->limit;
    if (kept->count > list->limit)
        kept->count = list->limit;
    return RESULT_OK;
}

/* ---- CSV ---- */

static void add_cell(struct buffer *out, const char *text)
{
    buffer_append_csv(out, text);
    buffer_append_byte(out, ',');
}

static void add_time(struct buffer *out, seconds time)
{
    add_cell(out, time > 0 ? time_or_dash(time).text : "");
}

static void add_row(struct buffer *out, const struct control_machine *machine)
{
    CLEANUP_BUFFER struct buffer state = buffer_make(QUERY_MAX);
    write_machine_state(machine, &state);
    const char *const texts[] = {machine->machine,      machine->license,    machine->vendor, machine->product,
                                 machine->edition,      buffer_text(&state), machine->label,  machine->says.name,
                                 machine->says.version, machine->address};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        add_cell(out, texts[i]);
    add_time(out, machine->first_request);
    add_time(out, machine->last_request);
    add_time(out, machine->issued);
    add_time(out, machine->ends);
    add_time(out, machine->expires);
    add_time(out, machine->blocked_since);
    add_cell(out, machine->blocked_reason);
    buffer_printf(out, "%" PRIu64 "\r\n", machine->requests);
}

static int print_csv(struct list *list, const struct control_machine *machines, size_t count)
{
    CLEANUP_BUFFER struct buffer out = buffer_make(CONTROL_ANSWER_MAX);
    if (list->shown == 0)
        buffer_append_text(&out, "machine,license,vendor,product,edition,state,label,name,version,address,"
                                 "first_request,last_request,issued,lease_ends,seat_until,blocked_since,"
                                 "blocked_reason,requests\r\n");
    for (size_t i = 0; i < count; i++) {
        add_row(&out, &machines[i]);
        if (out.size < CONTROL_ANSWER_MAX / 2)
            continue;
        print_json(&out);
        buffer_clear(&out);
    }
    list->shown += count > 0 ? count : 1; /* the header comes once */
    if (!is_ok(buffer_status(&out)))
        return answer_unreadable(buffer_status(&out));
    print_json(&out);
    return EXIT_FINE;
}

/* ---- pages ---- */

static size_t have(const struct list *list)
{
    return list->kept.count + (list->csv ? list->shown : 0);
}

static int take_page(struct list *list, struct control_machines *page)
{
    if (list->csv && list->compare == NULL)
        return page->count == 0 ? EXIT_FINE : print_csv(list, page->machines, page->count);
    const struct result state = keep_page(list, page);
    return is_ok(state) ? EXIT_FINE : answer_unreadable(state);
}

static int ask_page(struct list *list)
{
    CLEANUP_BUFFER struct buffer path = buffer_make(QUERY_MAX);
    CLEANUP_BUFFER struct buffer answer = buffer_make(CONTROL_ANSWER_MAX);
    const size_t left = list->compare != NULL ? CONTROL_LIST_MAX : list->limit - have(list);
    char number[32];
    buffer_append_slice(&path, buffer_slice(&list->query));
    snprintf(number, sizeof number, "%zu", left < CONTROL_LIST_MAX ? left : (size_t)CONTROL_LIST_MAX);
    query_add(&path, "limit", number);
    if (*list->kept.next != 0)
        query_add(&path, "after", list->kept.next);
    int status = ask_query(list->arguments, argument_value(list->arguments, "license", NULL), &path, &answer);
    if (status != EXIT_FINE)
        return status;
    struct control_machines page;
    const struct result state = control_machines_read(buffer_slice(&answer), &page);
    if (!is_ok(state))
        return answer_unreadable(state);
    list->kept.now = page.now;
    memcpy(list->kept.next, page.next, sizeof list->kept.next);
    status = take_page(list, &page);
    control_machines_free(&page);
    return status;
}

static int print_list(struct list *list)
{
    struct control_machines *const kept = &list->kept;
    list->more = list->more || *kept->next != 0;
    if (wants_json(list->arguments)) {
        CLEANUP_BUFFER struct buffer text = buffer_make(SIZE_MAX / 2);
        const struct result state = control_machines_write(kept, &text);
        if (!is_ok(state))
            return answer_unreadable(state);
        print_json(&text);
        return EXIT_FINE;
    }
    int status = EXIT_FINE;
    if (list->csv)
        status = list->shown == 0 || list->compare != NULL ? print_csv(list, kept->machines, kept->count) : EXIT_FINE;
    else if (kept->count == 0)
        say_text(_("No machines.\n"));
    else
        print_machines(kept->machines, kept->count);
    if (list->more)
        say_hint(_("There are more; --limit N shows N of them."));
    return status;
}

/* ---- the question ---- */

/* A length of time before now, as the host is asked for it. */
static int add_before_now(struct list *list, const char *option)
{
    const char *const text = argument_value(list->arguments, option, NULL);
    seconds length = 0;
    char number[32];
    if (text == NULL)
        return EXIT_FINE;
    if (!is_ok(duration_read(slice_of(text), &length)) || length <= 0)
        return say_usage(AVALCTL, _("--%s takes a length of time such as 30d, not '%s'"), option, text);
    const seconds time = clock_now() - length;
    snprintf(number, sizeof number, "%" PRId64, time > 1 ? time : 1);
    query_add(&list->query, option, number);
    return EXIT_FINE;
}

static int begin_query(struct list *list, const char *find)
{
    static const char *const texts[] = {"license", "label", "name", "product", "state"};
    buffer_append_text(&list->query, CONTROL_MACHINES);
    if (find != NULL)
        query_add(&list->query, "find", find);
    if (argument_given(list->arguments, "blocked"))
        query_add(&list->query, "blocked", "1");
    if (argument_given(list->arguments, "holding"))
        query_add(&list->query, "holding", "1");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (argument_given(list->arguments, texts[i]))
            query_add(&list->query, texts[i], argument_value(list->arguments, texts[i], ""));
    const int status = add_before_now(list, "seen");
    return status != EXIT_FINE ? status : add_before_now(list, "unseen");
}

static int begin_list(struct list *list, const char *find)
{
    const char *const sort = argument_value(list->arguments, "sort", NULL);
    list->csv = argument_given(list->arguments, "csv");
    list->compare = sort == NULL ? NULL : find_order(sort);
    if (sort != NULL && list->compare == NULL)
        return say_usage(AVALCTL, _("--sort is id, last-seen, end, label, name or product, not '%s'"), sort);
    if (list->csv && wants_json(list->arguments))
        return say_usage(AVALCTL, _("--csv and --json exclude each other"));
    const int status =
        read_limit(list->arguments, list->csv && sort == NULL ? EVERY : CONTROL_LIST_USUAL, &list->limit);
    if (status != EXIT_FINE)
        return status;
    if (sort != NULL && list->limit > SORTED_MAX)
        return say_usage(AVALCTL, _("--sort shows at most %d machines"), SORTED_MAX);
    return begin_query(list, find);
}

/* Asks for page after page, until there are as many as --limit says; where they are to be in order, for all. */
static int list(const struct arguments *arguments, const char *find)
{
    struct list list = {.arguments = arguments, .query = buffer_make(QUERY_MAX)};
    int status = begin_list(&list, find);
    if (status == EXIT_FINE)
        do
            status = ask_page(&list);
        while (status == EXIT_FINE && *list.kept.next != 0 && (list.compare != NULL || have(&list) < list.limit));
    if (status == EXIT_FINE)
        status = print_list(&list);
    control_machines_free(&list.kept);
    buffer_free(&list.query);
    return status;
}

int command_machines(const struct arguments *arguments, void *context)
{
    (void)context;
    return list(arguments, NULL);
}

int command_find(const struct arguments *arguments, void *context)
{
    (void)context;
    return list(arguments, arguments->values[0]);
}
