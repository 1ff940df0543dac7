/* What is to be billed; see true_up.h. */
#include "audit/true_up.h"

#include "base/sentences.h"
#include "terminal/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void true_up_free(struct true_up *true_up)
{
    free(true_up->rows);
    *true_up = (struct true_up){.count = 0};
}

/* Adding */

struct adding {
    struct true_up *true_up;
    const struct roll *roll;
    int last_month; /* that has come */
};

static const struct license *license_of(const struct roll *roll, size_t number)
{
    for (size_t i = 0; i < roll->count; i++)
        if (roll->licenses[i].number == number)
            return &roll->licenses[i].license;
    return NULL;
}

static int compare(const struct true_up_row *a, const struct true_up_row *b)
{
    const int licenses = strcmp(a->license->id, b->license->id);
    return licenses != 0 ? licenses : strcmp(a->month, b->month);
}

/* Where the row belongs. */
static size_t place_of(const struct true_up *true_up, const struct true_up_row *row)
{
    size_t low = 0;
    size_t high = true_up->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare(&true_up->rows[middle], row) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static RESULT make_room(struct true_up *true_up)
{
    if (true_up->count < true_up->capacity)
        return RESULT_OK;
    const size_t capacity = true_up->capacity == 0 ? 64 : true_up->capacity * 2;
    struct true_up_row *rows = realloc(true_up->rows, capacity * sizeof *rows);
    ENSURE(rows != NULL, NO_MEMORY);
    true_up->rows = rows;
    true_up->capacity = capacity;
    return RESULT_OK;
}

static RESULT put(struct true_up *true_up, const struct true_up_row *row)
{
    const size_t place = place_of(true_up, row);
    if (place < true_up->count && compare(&true_up->rows[place], row) == 0) {
        true_up->rows[place] = *row;
        return RESULT_OK;
    }
    TRY(make_room(true_up));
    memmove(&true_up->rows[place + 1], &true_up->rows[place], (true_up->count - place) * sizeof *row);
    true_up->rows[place] = *row;
    true_up->count++;
    return RESULT_OK;
}

static RESULT add_month(void *context, const struct book_month *month)
{
    const struct adding *adding = context;
    if (month->month > adding->last_month)
        return RESULT_OK; /* it will be counted when it is over, by another audit */
    struct true_up_row row = {
        .license = license_of(adding->roll, month->license),
        .machines = month->machines,
        .peak = month->peak,
        .outstanding = month->outstanding,
    };
    ENSURE(row.license != NULL, STORE_CORRUPT); /* a license of the book before is not in the desk's record any more */
    row.overage = row.peak > row.license->seats ? row.peak - row.license->seats : 0;
    (void)snprintf(row.month, sizeof row.month, "%04d-%02d", month->month / 12, month->month % 12 + 1);
    return put(adding->true_up, &row);
}

RESULT true_up_add(struct true_up *true_up, struct audit *audit, struct reason *reason)
{
    struct adding adding = {true_up, audit->roll, time_month(audit->now)};
    const seconds end = roll_is_joined(audit->roll) ? book_final(audit->book) : audit->moment;
    const seconds final = end < audit->now ? end : audit->now;
    const bool is_known = final > 0 || (roll_is_joined(audit->roll) && audit->moment > 0);
    if (is_known && (!true_up->has_end || final < true_up->final_until))
        true_up->final_until = final;
    true_up->has_end = true_up->has_end || is_known;
    return book_each_month(audit->book, audit->first_month, add_month, &adding, reason);
}

/* Showing */

static void print_row(const struct true_up_row *row, struct table *table)
{
    const struct license *license = row->license;
    table_cell(table, row->month);
    table_cell(table, license->id);
    table_cell(table, license->customer);
    table_cellf(table, license->test ? _("%s/%s (test)") : "%s/%s", license->product, license->edition);
    table_cellf(table, "%" PRIu64, row->machines);
    table_cellf(table, "%" PRIu64, row->peak);
    table_cellf(table, "%" PRIu64, row->outstanding);
    table_cellf(table, "%" PRIu64, license->seats);
    table_cellf(table, "%" PRIu64, row->overage);
}

RESULT true_up_print(const struct true_up *true_up)
{
    static const struct table_column COLUMNS[] = {
        {N_("month"), false},           {N_("license"), false}, {N_("customer"), false},
        {N_("product"), false},         {N_("machines"), true}, {N_("peak held"), true},
        {N_("peak outstanding"), true}, {N_("seats"), true},    {N_("overage"), true},
    };
    struct table *table = table_new(COLUMNS, sizeof COLUMNS / sizeof COLUMNS[0]);
    ENSURE(table != NULL, NO_MEMORY);
    for (size_t i = 0; i < true_up->count; i++)
        print_row(&true_up->rows[i], table);
    (void)putchar('\n');
    table_print(table);
    return RESULT_OK;
}

static void describe_row(const struct true_up_row *row, struct report *report)
{
    report_object_begin(report, NULL);
    report_text(report, "month", NULL, row->month);
    report_text(report, "license", NULL, row->license->id);
    report_text(report, "customer", NULL, row->license->customer);
    report_text(report, "product", NULL, row->license->product);
    report_text(report, "edition", NULL, row->license->edition);
    if (row->license->test)
        report_text(report, "test", NULL, "yes");
    report_number(report, "machines", NULL, row->machines);
    report_number(report, "peak", NULL, row->peak);
    report_number(report, "outstanding", NULL, row->outstanding);
    report_number(report, "seats", NULL, row->license->seats);
    report_number(report, "overage", NULL, row->overage);
    report_object_end(report);
}

void true_up_describe(const struct true_up *true_up, struct report *report)
{
    report_objects_begin(report, "true_up");
    for (size_t i = 0; i < true_up->count; i++)
        describe_row(&true_up->rows[i], report);
    report_objects_end(report);
}

/* CSV */

static void csv_row(struct buffer *out, const struct true_up_row *row)
{
    const struct license *license = row->license;
    buffer_printf(out, "%s,%s,", row->month, license->id);
    buffer_append_csv(out, license->customer);
    buffer_printf(out, ",%s,%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%s\r\n", license->product,
                  license->edition, row->machines, row->peak, row->outstanding, license->seats, row->overage,
                  license->test ? "yes" : "no");
}

RESULT true_up_csv(const struct true_up *true_up, struct buffer *out)
{
    buffer_append_text(out, "month,license,customer,product,edition,machines,peak,outstanding,seats,overage,test\r\n");
    for (size_t i = 0; i < true_up->count; i++)
        csv_row(out, &true_up->rows[i]);
    return buffer_status(out);
}
