/* The database of the audit's book: statements, and what SQLite's failures mean; see book_database.h. */
#include "book_database.h"

#include "desk/audit/book.h"

#include <stdio.h>

static _Thread_local char last_message[256];

const char *book_last_message(void)
{
    return last_message;
}

void book_message_clear(void)
{
    last_message[0] = '\0';
}

RESULT book_result(sqlite3 *database, int status)
{
    if (status == SQLITE_OK || status == SQLITE_DONE || status == SQLITE_ROW)
        return RESULT_OK;
    (void)snprintf(last_message, sizeof last_message, "%s",
                   database != NULL ? sqlite3_errmsg(database) : sqlite3_errstr(status));
    switch (status & 0xff) {
    case SQLITE_NOMEM:
        return FAIL(NO_MEMORY);
    case SQLITE_NOTADB:
        return FAIL(STORE_FOREIGN);
    default:
        return FAIL(STORE_FAILED);
    }
}

RESULT book_execute(sqlite3 *database, const char *sql)
{
    return book_result(database, sqlite3_exec(database, sql, NULL, NULL, NULL));
}

void book_statement_cleanup(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
}

RESULT book_prepare(sqlite3 *database, const char *sql, sqlite3_stmt **ret_statement)
{
    return book_result(database, sqlite3_prepare_v2(database, sql, -1, ret_statement, NULL));
}
