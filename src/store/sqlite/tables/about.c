/*
 * What machines tell of themselves, in SQLite; see sqlite.h.
 *
 * A table of its own beside that of machines, which must be small: most machines say nothing, and what one says changes
 * seldom. It does not go through the journal either.
 */
#include "sqlite/tables/about.h"

#include "base/cursor.h"

#include <string.h>

enum { DATA_TEXT_MAX = ABOUT_DATA_MAX * (int)sizeof(struct about_datum) };

static void data_write(const struct about_says *says, struct buffer *out)
{
    for (size_t i = 0; i < says->data_count; i++)
        buffer_printf(out, "%s %s\n", says->data[i].key, says->data[i].value);
}

static RESULT data_read(struct slice text, struct about_says *says)
{
    struct cursor lines = cursor_make(text);
    while (!cursor_at_end(&lines)) {
        ENSURE(says->data_count < ABOUT_DATA_MAX, STORE_CORRUPT);
        const struct slice line = cursor_line(&lines);
        ENSURE(!cursor_failed(&lines), STORE_CORRUPT);
        ENSURE(is_ok(about_datum_read(line, &says->data[says->data_count++])), STORE_CORRUPT);
    }
    return RESULT_OK;
}

/* What no machine can have said is shown to nobody. */
static RESULT text_column(const struct query *query, int column, char *ret_text, size_t capacity)
{
    TRY(column_text(query, column, ret_text, capacity));
    ENSURE(ret_text[0] == 0 || is_ok(about_text_check(slice_of(ret_text), capacity - 1)), STORE_CORRUPT);
    return RESULT_OK;
}

static RESULT about_columns(const struct query *query, struct about_row *ret_row)
{
    struct about_says *const says = &ret_row->says;
    TRY(column_unsigned(query, 0, &ret_row->number));
    TRY(column_time(query, 1, &ret_row->heard));
    ret_row->until = column_number(query, 2);
    TRY(text_column(query, 3, says->name, sizeof says->name));
    TRY(text_column(query, 4, says->version, sizeof says->version));
    return data_read(column_slice(query, 5), says);
}

RESULT sqlite_about_get(struct store *store, const struct machine_id *machine, const char *product,
                        struct about_row *ret_row)
{
    bool found;
    struct about_row row = {0};
    CLEANUP_QUERY struct query query = query_make(sqlite_of(store), STATEMENT_ABOUT_GET);
    query_bytes(&query, machine, sizeof *machine);
    query_text(&query, product);
    TRY(query_step(&query, &found));
    ENSURE(found, NOT_FOUND);
    TRY(about_columns(&query, &row));
    *ret_row = row;
    return RESULT_OK;
}

RESULT sqlite_about_put(struct store *store, const struct machine_id *machine, const char *product,
                        const struct about_row *row)
{
    CLEANUP_BUFFER struct buffer data = buffer_make(DATA_TEXT_MAX);
    data_write(&row->says, &data);
    TRY(buffer_status(&data));
    CLEANUP_QUERY struct query query = query_make(sqlite_of(store), STATEMENT_ABOUT_PUT);
    query_bytes(&query, machine, sizeof *machine);
    query_text(&query, product);
    query_number(&query, (int64_t)row->number);
    query_number(&query, row->heard);
    query_number(&query, row->until);
    query_text(&query, row->says.name);
    query_text(&query, row->says.version);
    query_text(&query, buffer_text(&data));
    return query_run(&query, NULL);
}

RESULT sqlite_about_expire(struct store *store, seconds now, size_t most, size_t *ret_count)
{
    int changed;
    CLEANUP_QUERY struct query query = query_make(sqlite_of(store), STATEMENT_ABOUT_EXPIRE);
    query_number(&query, now);
    query_number(&query, most > INT64_MAX ? INT64_MAX : (int64_t)most);
    TRY(query_run(&query, &changed));
    *ret_count = (size_t)changed;
    return RESULT_OK;
}

RESULT sqlite_about_clear(struct store *store)
{
    return sqlite_run(sqlite_of(store), STATEMENT_ABOUT_CLEAR);
}
