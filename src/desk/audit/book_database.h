/* The database of the audit's book. */
#ifndef DESK_AUDIT_BOOK_DATABASE_H
#define DESK_AUDIT_BOOK_DATABASE_H

#include "base/result.h"

#include <sqlite3.h>

/* What a status of SQLite means here; keeps its words for book_last_message. `database` may be NULL. */
RESULT book_result(sqlite3 *database, int status);
RESULT book_execute(sqlite3 *database, const char *sql);
RESULT book_prepare(sqlite3 *database, const char *sql, sqlite3_stmt **ret_statement);
void book_statement_cleanup(sqlite3_stmt **statement);
#define CLEANUP_STATEMENT __attribute__((cleanup(book_statement_cleanup)))
/* Forgets the words of an earlier failure. */
void book_message_clear(void);

#endif
