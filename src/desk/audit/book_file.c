/*
 * The file of the audit's book: making, copying, reading and finishing it. See book.h.
 *
 * Always: a file has a mark only once everything else in it is written.
 */
#include "book_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    APPLICATION_ID = 0x41764164, /* "AvAd" */
    SCHEMA_VERSION = 1,
    CACHE_KIB = 48 * 1024,
    BACKUP_PAGES = 1024,
};

static const char SCHEMA[] = "CREATE TABLE license (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;"
                             "CREATE TABLE holding ("
                             "  machine BLOB NOT NULL,"
                             "  license INTEGER NOT NULL,"
                             "  issued INTEGER NOT NULL,"
                             "  ends INTEGER NOT NULL,"
                             "  nonce BLOB NOT NULL,"
                             "  lock BLOB NOT NULL,"
                             "  hardware BLOB NOT NULL," /* of each digest: kind, a zero byte, digest */
                             "  PRIMARY KEY (machine, license)"
                             ") STRICT, WITHOUT ROWID;"
                             "CREATE INDEX holding_by_end ON holding (ends, license);"
                             "CREATE TABLE month ("
                             "  license INTEGER NOT NULL,"
                             "  month INTEGER NOT NULL,"
                             "  machines INTEGER NOT NULL,"
                             "  peak INTEGER NOT NULL,"
                             "  PRIMARY KEY (license, month)"
                             ") STRICT, WITHOUT ROWID;"
                             "CREATE TABLE mark (" /* one row, of a finished book */
                             "  size INTEGER NOT NULL,"
                             "  root BLOB NOT NULL,"
                             "  moment INTEGER NOT NULL,"
                             "  partial INTEGER NOT NULL,"
                             "  note TEXT NOT NULL"
                             ") STRICT;"
                             "PRAGMA application_id = %d;"
                             "PRAGMA user_version = %d;";

static const char *const STATEMENT_TEXTS[STATEMENTS] = {
    [FIND] = "SELECT license, issued, ends, nonce, lock, hardware FROM holding WHERE machine = ?1",
    [PUT] = "INSERT OR REPLACE INTO holding VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [END] = "UPDATE holding SET ends = ?3 WHERE machine = ?1 AND license = ?2",
    [NEXT_END] = "SELECT min(ends) FROM holding WHERE ends > ?1",
    [ENDED] = "SELECT license, count(*) FROM holding WHERE ends > ?1 AND ends <= ?2 GROUP BY license",
    [PUT_MONTH] = "INSERT OR REPLACE INTO month (license, month, machines, peak) VALUES (?1, ?2, ?3, ?4)",
};

static void database_cleanup(sqlite3 **database)
{
    sqlite3_close(*database);
}
#define CLEANUP_DATABASE __attribute__((cleanup(database_cleanup)))

/* Opening */

static RESULT read_pragma(sqlite3 *database, const char *sql, int *ret_value)
{
    sqlite3_stmt *statement CLEANUP_STATEMENT = NULL;
    TRY(book_prepare(database, sql, &statement));
    TRY(book_result(database, sqlite3_step(statement)));
    *ret_value = sqlite3_column_int(statement, 0);
    return RESULT_OK;
}

static RESULT open_kept(const char *kept, sqlite3 **ret_database)
{
    int application = 0;
    int version = 0;
    sqlite3 *database CLEANUP_DATABASE = NULL;
    TRY(book_result(NULL, sqlite3_open_v2(kept, &database, SQLITE_OPEN_READONLY, NULL)));
    TRY(read_pragma(database, "PRAGMA application_id", &application));
    ENSURE(application == APPLICATION_ID, STORE_FOREIGN);
    TRY(read_pragma(database, "PRAGMA user_version", &version));
    ENSURE(version <= SCHEMA_VERSION, STORE_NEWER);
    *ret_database = database;
    database = NULL;
    return RESULT_OK;
}

static RESULT open_working(const char *path, struct book **ret_book)
{
    book_message_clear();
    CLEANUP_BOOK struct book *book = calloc(1, sizeof *book);
    ENSURE(book != NULL, NO_MEMORY);
    TRY(book_result(NULL, sqlite3_open_v2(path, &book->database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL)));
    char sql[64];
    (void)snprintf(sql, sizeof sql, "PRAGMA cache_size = -%d", CACHE_KIB);
    TRY(book_execute(book->database, sql));
    TRY(book_execute(book->database, "PRAGMA journal_mode = OFF;"
                                     "PRAGMA synchronous = OFF;"
                                     "PRAGMA locking_mode = EXCLUSIVE"));
    *ret_book = book;
    book = NULL;
    return RESULT_OK;
}

/* Prepares everything once the tables are there, and begins the one transaction of the audit. */
static RESULT make_ready(struct book *book)
{
    for (int i = 0; i < STATEMENTS; i++)
        TRY(book_prepare(book->database, STATEMENT_TEXTS[i], &book->statements[i]));
    return book_execute(book->database, "BEGIN");
}

RESULT book_new(const char *path, struct book **ret_book)
{
    char sql[sizeof SCHEMA + 32];
    (void)snprintf(sql, sizeof sql, SCHEMA, APPLICATION_ID, SCHEMA_VERSION);
    CLEANUP_BOOK struct book *book = NULL;
    TRY(open_working(path, &book));
    TRY(book_execute(book->database, sql));
    TRY(make_ready(book));
    *ret_book = book;
    book = NULL;
    return RESULT_OK;
}

static RESULT copy_database(sqlite3 *from, sqlite3 *to)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (backup == NULL)
        return book_result(to, sqlite3_errcode(to));
    int status = SQLITE_OK;
    while (status == SQLITE_OK)
        status = sqlite3_backup_step(backup, BACKUP_PAGES);
    (void)sqlite3_backup_finish(backup);
    return book_result(NULL, status);
}

static RESULT load_licenses(struct book *book)
{
    static const char SQL[] = "SELECT number,"
                              " (SELECT count(*) FROM holding WHERE ends > ?1 AND license = number),"
                              " coalesce(machines, 0), coalesce(peak, 0)"
                              " FROM license LEFT JOIN month ON license = number AND month = ?2 ORDER BY number";
    sqlite3_stmt *statement CLEANUP_STATEMENT = NULL;
    TRY(book_prepare(book->database, SQL, &statement));
    sqlite3_bind_int64(statement, 1, book->moment);
    sqlite3_bind_int(statement, 2, book->month);
    int status = sqlite3_step(statement);
    for (; status == SQLITE_ROW; status = sqlite3_step(statement)) {
        ENSURE(sqlite3_column_int64(statement, 0) == (sqlite3_int64)book->license_count, STORE_CORRUPT);
        struct seats *seats = realloc(book->seats, (book->license_count + 1) * sizeof *seats);
        ENSURE(seats != NULL, NO_MEMORY);
        book->seats = seats;
        seats[book->license_count++] = (struct seats){.held = (uint64_t)sqlite3_column_int64(statement, 1),
                                                      .machines = (uint64_t)sqlite3_column_int64(statement, 2),
                                                      .peak = (uint64_t)sqlite3_column_int64(statement, 3)};
    }
    return book_result(book->database, status);
}

static RESULT read_mark(sqlite3 *database, struct book_mark *ret_mark, struct buffer *note)
{
    sqlite3_stmt *statement CLEANUP_STATEMENT = NULL;
    TRY(book_prepare(database, "SELECT size, root, moment, partial, note FROM mark", &statement));
    const int status = sqlite3_step(statement);
    TRY(book_result(database, status));
    ENSURE(status == SQLITE_ROW && sqlite3_column_bytes(statement, 1) == HASH_SIZE, STORE_CORRUPT);
    ret_mark->size = (uint64_t)sqlite3_column_int64(statement, 0);
    memcpy(ret_mark->root.bytes, sqlite3_column_blob(statement, 1), HASH_SIZE);
    ret_mark->moment = sqlite3_column_int64(statement, 2);
    ret_mark->partial = sqlite3_column_int(statement, 3) != 0;
    if (note == NULL)
        return RESULT_OK;
    buffer_append(note, sqlite3_column_text(statement, 4), (size_t)sqlite3_column_bytes(statement, 4));
    return buffer_status(note);
}

RESULT book_mark_read(const char *kept, struct book_mark *ret_mark, struct buffer *note)
{
    book_message_clear();
    sqlite3 *database CLEANUP_DATABASE = NULL;
    TRY(open_kept(kept, &database));
    return read_mark(database, ret_mark, note);
}

RESULT book_continue(const char *kept, const char *path, struct book **ret_book)
{
    sqlite3 *from CLEANUP_DATABASE = NULL;
    CLEANUP_BOOK struct book *book = NULL;
    struct book_mark mark;
    TRY(open_kept(kept, &from));
    TRY(open_working(path, &book));
    TRY(copy_database(from, book->database));
    TRY(make_ready(book));
    TRY(read_mark(book->database, &mark, NULL));
    book->moment = mark.moment;
    book->next_end = mark.moment;
    if (mark.moment > 0)
        book_set_month(book, time_month(mark.moment));
    TRY(load_licenses(book));
    TRY(book_execute(book->database, "DELETE FROM mark"));
    *ret_book = book;
    book = NULL;
    return RESULT_OK;
}

void book_free(struct book *book)
{
    if (book == NULL)
        return;
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(book->statements[i]);
    sqlite3_close(book->database);
    free(book->seats);
    free(book);
}

void book_cleanup(struct book **book)
{
    book_free(*book);
}

RESULT book_finish(struct book *book, const struct book_mark *mark, struct slice note)
{
    TRY(book_write_month(book));
    sqlite3_stmt *statement CLEANUP_STATEMENT = NULL;
    TRY(book_execute(book->database, "COMMIT"));
    /* With this the file is synced as a whole when the mark is committed. */
    TRY(book_execute(book->database, "PRAGMA synchronous = FULL"));
    TRY(book_prepare(book->database, "INSERT INTO mark (size, root, moment, partial, note) VALUES (?, ?, ?, ?, ?)",
                     &statement));
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)mark->size);
    sqlite3_bind_blob(statement, 2, mark->root.bytes, HASH_SIZE, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 3, mark->moment);
    sqlite3_bind_int(statement, 4, mark->partial ? 1 : 0);
    sqlite3_bind_text(statement, 5, (const char *)note.data, (int)note.size, SQLITE_STATIC);
    return book_result(book->database, sqlite3_step(statement));
}
