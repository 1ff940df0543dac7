/* Running prepared statements, and what SQLite's failures mean; see sqlite.h. */
#include "sqlite.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

RESULT sqlite_failure(struct sqlite_store *store, int status)
{
    const char *const text = store->database == NULL ? sqlite3_errstr(status) : sqlite3_errmsg(store->database);
    snprintf(store->common.message, sizeof store->common.message, "%s (SQLite %d)", text, status);
    switch (status & 0xff) {
    case SQLITE_NOMEM:
        return FAIL(NO_MEMORY);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT: /* a row that must be new is there, or the other way round */
    case SQLITE_MISMATCH:
    case SQLITE_ERROR: /* every statement fits the schema, so the file's is another */
        return FAIL(STORE_CORRUPT);
    default:
        return FAIL(STORE_FAILED);
    }
}

RESULT sqlite_run(struct sqlite_store *store, const char *sql)
{
    const int status = sqlite3_exec(store->database, sql, NULL, NULL, NULL);
    return status == SQLITE_OK ? RESULT_OK : sqlite_failure(store, status);
}

struct query query_make(struct sqlite_store *store, enum statement which)
{
    struct query query = {.store = store, .parameter = 1, .status = SQLITE_OK};
    sqlite3_stmt **const statement = &store->statements[which];
    if (*statement == NULL)
        query.status =
            sqlite3_prepare_v3(store->database, statement_sql[which], -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
    query.statement = *statement;
    return query;
}

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
    if (query->statement != NULL)
        note_status(query, sqlite3_bind_text(query->statement, query->parameter, text, -1, SQLITE_STATIC));
}

void query_nothing(struct query *query)
{
    if (query->statement != NULL)
        note_status(query, sqlite3_bind_null(query->statement, query->parameter));
}

RESULT query_step(struct query *query, bool *ret_row)
{
    if (query->status != SQLITE_OK)
        return sqlite_failure(query->store, query->status);
    const int status = sqlite3_step(query->statement);
    if (status != SQLITE_ROW && status != SQLITE_DONE)
        return sqlite_failure(query->store, sqlite3_extended_errcode(query->store->database));
    *ret_row = status == SQLITE_ROW;
    return RESULT_OK;
}

RESULT query_run(struct query *query, int *ret_changed)
{
    bool row;
    TRY(query_step(query, &row));
    assert(!row);
    if (ret_changed != NULL)
        *ret_changed = sqlite3_changes(query->store->database);
    return RESULT_OK;
}

int64_t column_number(const struct query *query, int column)
{
    return sqlite3_column_int64(query->statement, column);
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
    ENSURE(is_ok(slice_copy_text(column_slice(query, column), ret_text, capacity)), STORE_CORRUPT);
    return RESULT_OK;
}

void query_end(struct query *query)
{
    if (query->statement != NULL)
        sqlite3_reset(query->statement);
}

RESULT look_begin(struct sqlite_store *store, bool *ret_opened)
{
    const bool open = sqlite3_get_autocommit(store->database) != 0;
    if (open) {
        CLEANUP_QUERY struct query query = query_make(store, STATEMENT_LOOK);
        TRY(query_run(&query, NULL));
    }
    *ret_opened = open;
    return RESULT_OK;
}

RESULT look_end(struct sqlite_store *store, bool opened, struct result result)
{
    if (opened && sqlite3_get_autocommit(store->database) == 0) {
        CLEANUP_QUERY struct query query = query_make(store, STATEMENT_COMMIT);
        const struct result ended = query_run(&query, NULL);
        if (is_ok(result))
            result = ended;
    }
    return result;
}
