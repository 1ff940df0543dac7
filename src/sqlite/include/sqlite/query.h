/*
 * One run of a prepared statement: its parameters in their order, its rows, its columns.
 *
 *   CLEANUP_QUERY struct query query = query_once(database, "SELECT note FROM signed WHERE id = ?1", reason);
 *   query_text(&query, id);
 *   bool row;
 *   TRY(query_step(&query, &row));
 *   while (row) {
 *       ... column_slice(&query, 0) ...
 *       TRY(query_step(&query, &row));
 *   }
 *
 * Errors of preparing and binding stick until the first step, which reports them; those of every function that can fail
 * are those of database.h. What is bound is borrowed until the query ends.
 */
#ifndef SQLITE_QUERY_H
#define SQLITE_QUERY_H

#include "base/bytes.h"
#include "base/time.h"
#include "sqlite/database.h"

struct query {
    const struct database *database;
    struct reason *reason;   /* for what SQLite says of a failure; may be NULL */
    sqlite3_stmt *statement; /* NULL after an error */
    int parameter;           /* the next one to be bound, from 1 on */
    int status;
    bool once; /* the statement goes with the query */
};

/* A statement for this one run. */
struct query query_once(const struct database *database, const char *sql, struct reason *reason);
/* One that is kept in *statement, where it is made at its first use; sqlite3_finalize() before the database is closed.
 */
struct query query_kept(const struct database *database, sqlite3_stmt **statement, const char *sql,
                        struct reason *reason);
/* Lets a kept statement be used again, and the other one go. */
void query_end(struct query *query);
#define CLEANUP_QUERY __attribute__((cleanup(query_end)))

/* The next parameter. */
void query_number(struct query *query, int64_t value);
void query_bytes(struct query *query, const void *data, size_t size);
void query_text(struct query *query, const char *text);
void query_text_slice(struct query *query, struct slice text);
void query_nothing(struct query *query);

/* The next row, or none. */
RESULT query_step(struct query *query, bool *ret_row);
/* For statements that give no rows; *ret_changed (may be NULL) is how many rows they touched. */
RESULT query_run(struct query *query, int *ret_changed);

/* Columns of the present row, from 0 on. STORE_CORRUPT where the value is not of that size or does not fit. */
int64_t column_number(const struct query *query, int column);
RESULT column_time(const struct query *query, int column, seconds *ret_time); /* what time_write() can write */
RESULT column_unsigned(const struct query *query, int column, uint64_t *ret_value);
struct slice column_slice(const struct query *query, int column); /* borrowed until the next step */
RESULT column_exactly(const struct query *query, int column, void *ret_data, size_t size);
RESULT column_text(const struct query *query, int column, char *ret_text, size_t capacity); /* UTF-8 */
bool column_is_nothing(const struct query *query, int column);

#endif
