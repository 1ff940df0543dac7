/* Running prepared statements; see sqlite/query.h. */
#include "sqlite/query.h"

#include <assert.h>
#include <string.h>

struct query query_once(const struct database *database, const char *sql, struct reason *reason)
{
    struct query query = {.database = database, .reason = reason, .parameter = 1, .once = true};
    query.status = sqlite3_prepare_v2(database->handle, sql, -1, &query.statement, NULL);
    return query;
}

struct query query_kept(const struct database *database, sqlite3_stmt **statement, const char *sql,
                        struct reason *reason)
{
    struct query query = {.database = database, .reason = reason, .parameter = 1, .status = SQLITE_OK};
    if (*statement == NULL)
        query.status = sqlite3_prepare_v3(database->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
    query.statement = *statement;
    return query;
}

void query_end(struct query *query)
{
    if (query->once)
        sqlite3_finalize(query->statement);
    else if (query->statement != NULL)
        sqlite3_reset(query->statement);
}

/* ---- parameters ---- */

static void note_status(struct query *query, int status)
{
    if (query->status == SQLITE_OK)
        query->status = status;
    query->parameter++;
}

void query_number(struct query *query, int64_t value)
{
    if (query->statement != NULL)
        note_status(query, sqlite3_bind_int64(query->statement, query->parameter, value));
}

void query_bytes(struct query *query, const void *data, size_t size)
{
    if (query->statement == NULL)
        return;
    if (size == 0)
        note_status(query, sqlite3_bind_zeroblob(query->statement, query->parameter, 0));
    else
        note_status(query, sqlite3_bind_blob64(query->statement, query->parameter, data, size, SQLITE_STATIC));
}

void query_text(struct query *query, const char *text)
{
    query_text_slice(query, slice_of(text));
}

void query_text_slice(struct query *query, struct slice text)
{
    if (query->statement != NULL)
        note_status(query, sqlite3_bind_text64(query->statement, query->parameter, (const char *)text.data, text.size,
                                               SQLITE_STATIC, SQLITE_UTF8));
}

void query_nothing(struct query *query)
{
    if (query->statement != NULL)
        note_status(query, sqlite3_bind_null(query->statement, query->parameter));
}

/* ---- rows ---- */

RESULT query_step(struct query *query, bool *ret_row)
{
    if (query->status != SQLITE_OK)
        return database_status(query->database, query->status, query->reason);
    const int status = sqlite3_step(query->statement);
    if (status != SQLITE_ROW && status != SQLITE_DONE)
        return database_status(query->database, sqlite3_extended_errcode(query->database->handle), query->reason);
    *ret_row = status == SQLITE_ROW;
    return RESULT_OK;
}

RESULT query_run(struct query *query, int *ret_changed)
{
    bool row = false;
    TRY(query_step(query, &row));
    assert(!row);
    if (ret_changed != NULL)
        *ret_changed = sqlite3_changes(query->database->handle);
    return RESULT_OK;
}

/* ---- columns ---- */

int64_t column_number(const struct query *query, int column)
{
    return sqlite3_column_int64(query->statement, column);
}

RESULT column_time(const struct query *query, int column, seconds *ret_time)
{
    const int64_t value = column_number(query, column);
    ENSURE(value >= 0 && value <= TIME_MAX, STORE_CORRUPT);
    *ret_time = value;
    return RESULT_OK;
}

RESULT column_unsigned(const struct query *query, int column, uint64_t *ret_value)
{
    const int64_t value = sqlite3_column_int64(query->statement, column);
    ENSURE(value >= 0, STORE_CORRUPT);
    *ret_value = (uint64_t)value;
    return RESULT_OK;
}

struct slice column_slice(const struct query *query, int column)
{
    const void *const data = sqlite3_column_blob(query->statement, column);
    return slice_make(data, (size_t)sqlite3_column_bytes(query->statement, column));
}

RESULT column_exactly(const struct query *query, int column, void *ret_data, size_t size)
{
    const struct slice slice = column_slice(query, column);
    ENSURE(slice.size == size, STORE_CORRUPT);
    memcpy(ret_data, slice.data, size);
    return RESULT_OK;
}

RESULT column_text(const struct query *query, int column, char *ret_text, size_t capacity)
{
    const struct slice text = column_slice(query, column);
    ENSURE(utf8_valid(text) && is_ok(slice_copy_text(text, ret_text, capacity)), STORE_CORRUPT);
    return RESULT_OK;
}

bool column_is_nothing(const struct query *query, int column)
{
    return sqlite3_column_type(query->statement, column) == SQLITE_NULL;
}
