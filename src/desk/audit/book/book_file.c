/*
 * The file of the audit's book: making, copying, reading and finishing it. See book.h.
 *
 * Always: a file has a mark only once everything else in it is written.
 */
#include "book_state.h"

#include <stdlib.h>
#include <string.h>

#define WORKING_CACHE "-49152" /* KiB */

static const struct schema SCHEMA = {.application_id = 0x41764164, /* "AvAd" */ .version = 6, .oldest = 6};

static const struct status_meaning STATUS_MEANINGS[] = {{SQLITE_NOTADB, ERR_STORE_FOREIGN}, {0}};

static const char TABLES[] =
    "CREATE TABLE license (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, product TEXT NOT NULL) STRICT;"
    /* A machine that never had a lease of the license, and signed a number under it: all times are 0. */
    "CREATE TABLE holding ("
    "  machine BLOB NOT NULL,"
    "  license INTEGER NOT NULL,"
    "  issued INTEGER NOT NULL,"
    "  ends INTEGER NOT NULL,"
    "  expires INTEGER NOT NULL,"
    "  number INTEGER NOT NULL,"
    "  place INTEGER NOT NULL," /* of the leaf with that number */
    "  hardware BLOB NOT NULL," /* of each digest: kind, a zero byte, the first of its bytes; none once given back */
    "  renewed INTEGER NOT NULL,"
    "  freed INTEGER NOT NULL," /* place of the leaf by which the seat came back; 0: none */
    "  PRIMARY KEY (machine, license)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX holding_by_end ON holding (ends, license);"
    /* Leases that run longer than the seat: few, so that their indexes are small. */
    "CREATE INDEX given_back ON holding (expires, license) WHERE expires > ends;"
    "CREATE INDEX given_back_by_end ON holding (ends, license) WHERE expires > ends;"
    /* The last number that a machine has signed for a host under a license, where that in its holding is another's. */
    "CREATE TABLE elsewhere ("
    "  machine BLOB NOT NULL,"
    "  license INTEGER NOT NULL,"
    "  host INTEGER NOT NULL,"
    "  number INTEGER NOT NULL,"
    "  place INTEGER NOT NULL,"
    "  PRIMARY KEY (machine, license, host)"
    ") STRICT, WITHOUT ROWID;"
    /* Machines that hold a seat as far as was shown; see book_doubts.c. */
    "CREATE TABLE doubt ("
    "  license INTEGER NOT NULL,"
    "  machine BLOB NOT NULL,"
    "  PRIMARY KEY (license, machine)"
    ") STRICT, WITHOUT ROWID;"
    /* Seats that were free before their leases ended, where the license limits them; `way`: enum book_return. */
    "CREATE TABLE came_back ("
    "  license INTEGER NOT NULL,"
    "  way INTEGER NOT NULL,"
    "  time INTEGER NOT NULL,"
    "  place INTEGER NOT NULL," /* of the leaf */
    "  PRIMARY KEY (license, way, time, place)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE month ("
    "  license INTEGER NOT NULL,"
    "  month INTEGER NOT NULL,"
    "  machines INTEGER NOT NULL,"
    "  peak INTEGER NOT NULL,"
    "  outstanding INTEGER NOT NULL," /* at its peak */
    "  PRIMARY KEY (license, month)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE ledger ("
    "  number INTEGER PRIMARY KEY,"
    "  host TEXT NOT NULL,"
    "  epoch INTEGER NOT NULL,"
    "  base INTEGER NOT NULL,"
    "  size INTEGER NOT NULL,"
    "  moment INTEGER NOT NULL,"
    "  signed_size INTEGER," /* with its root; NULL: it was never audited */
    "  signed_root BLOB,"
    "  end_size INTEGER," /* with its root; NULL: it is not known how it ended */
    "  end_root BLOB,"
    "  previous INTEGER NOT NULL,"
    "  seen INTEGER NOT NULL,"
    "  end_found INTEGER NOT NULL,"
    "  UNIQUE (host, epoch)"
    ") STRICT;"
    "CREATE TABLE roots (piece INTEGER PRIMARY KEY, roots BLOB NOT NULL, hash BLOB NOT NULL) STRICT;"
    "CREATE TABLE audit (ledger INTEGER NOT NULL, size INTEGER NOT NULL, made INTEGER NOT NULL,"
    "  PRIMARY KEY (ledger, size)) STRICT, WITHOUT ROWID;"
    /* One row, of a finished book. */
    "CREATE TABLE mark (moment INTEGER NOT NULL, partial INTEGER NOT NULL) STRICT";

static void book_finalize(struct book *book)
{
    for (int i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(book->statements[i]);
        book->statements[i] = NULL;
    }
}

/* Opening */

static RESULT open_kept(const char *kept, struct database *ret_database, struct reason *reason)
{
    const struct database_options options = {
        .path = kept,
        .flags = SQLITE_OPEN_READONLY,
        .meanings = STATUS_MEANINGS,
    };
    CLEANUP_DATABASE struct database database = {0};
    TRY(database_open(&options, &database, reason));
    TRY(database_check_schema(&database, &SCHEMA, reason));
    *ret_database = database;
    database.handle = NULL;
    return RESULT_OK;
}

static RESULT open_working(const char *path, struct book **ret_book, struct reason *reason)
{
    const struct database_options options = {
        .path = path,
        .flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
        .meanings = STATUS_MEANINGS,
    };
    CLEANUP_BOOK struct book *book = calloc(1, sizeof *book);
    ENSURE(book != NULL, NO_MEMORY);
    TRY(database_open(&options, &book->database, reason));
    TRY(database_run(&book->database,
                     "PRAGMA cache_size = " WORKING_CACHE ";"
                     "PRAGMA journal_mode = OFF;"
                     "PRAGMA synchronous = OFF;"
                     "PRAGMA locking_mode = EXCLUSIVE",
                     reason));
    *ret_book = book;
    book = NULL;
    return RESULT_OK;
}

RESULT book_new(const char *path, struct book **ret_book, struct reason *reason)
{
    CLEANUP_BOOK struct book *book = NULL;
    TRY(open_working(path, &book, reason));
    TRY(database_make_schema(&book->database, &SCHEMA, TABLES, reason));
    TRY(database_run(&book->database, "BEGIN", reason));
    *ret_book = book;
    book = NULL;
    return RESULT_OK;
}

static RESULT load_licenses(struct book *book, struct reason *reason)
{
    static const char SQL[] =
        "SELECT known.number,"
        " (SELECT count(*) FROM holding WHERE ends > ?1 AND license = known.number),"
        " (SELECT count(*) FROM holding INDEXED BY given_back"
        "  WHERE expires > ends AND expires > ?1 AND ends <= ?1 AND license = known.number),"
        " coalesce(machines, 0), coalesce(peak, 0), coalesce(outstanding, 0),"
        " (SELECT min(first.number) FROM license AS first WHERE first.product = known.product)"
        " FROM license AS known LEFT JOIN month ON month.license = known.number AND month = ?2 ORDER BY known.number";
    bool row;
    CLEANUP_QUERY struct query query = query_once(&book->database, SQL, reason);
    query_number(&query, book->moment);
    query_number(&query, book->month);
    TRY(query_step(&query, &row));
    while (row) {
        struct seats seats;
        ENSURE(column_number(&query, 0) == (int64_t)book->license_count, STORE_CORRUPT);
        TRY(column_unsigned(&query, 1, &seats.held));
        TRY(column_unsigned(&query, 2, &seats.outstanding));
        TRY(column_unsigned(&query, 3, &seats.machines));
        TRY(column_unsigned(&query, 4, &seats.peak));
        TRY(column_unsigned(&query, 5, &seats.outstanding_peak));
        seats.outstanding += seats.held;
        seats.product = (size_t)column_number(&query, 6);
        TRY(book_add_seats(book, &seats));
        TRY(query_step(&query, &row));
    }
    return RESULT_OK;
}

/* Months that have not come: as the time goes on anew, they are counted anew. */
static RESULT forget_months_after(struct book *book, int month, struct reason *reason)
{
    CLEANUP_QUERY struct query query = query_once(&book->database, "DELETE FROM month WHERE month > ?", reason);
    query_number(&query, month);
    return query_run(&query, NULL);
}

RESULT book_set_back(struct book *book, seconds moment, struct reason *reason)
{
    TRY(book_write_month(book, reason));
    TRY(forget_months_after(book, time_month(moment), reason));
    book->moment = moment;
    book->next_end = moment;
    book_set_month(book, time_month(moment));
    book->license_count = 0;
    TRY(load_licenses(book, reason));
    for (size_t i = 0; i < book->license_count; i++)
        seats_keep_peaks(&book->seats[i]);
    return RESULT_OK;
}

static RESULT read_mark(struct book *book, struct reason *reason)
{
    bool row;
    CLEANUP_QUERY struct query query = query_once(&book->database, "SELECT moment, partial FROM mark", reason);
    TRY(query_step(&query, &row));
    ENSURE(row, STORE_CORRUPT);
    book->moment = column_number(&query, 0);
    book->partial = column_number(&query, 1) != 0;
    return RESULT_OK;
}

static RESULT find_elsewhere(struct book *book, struct reason *reason)
{
    CLEANUP_QUERY struct query query = query_once(&book->database, "SELECT 1 FROM elsewhere LIMIT 1", reason);
    return query_step(&query, &book->has_elsewhere);
}

/* All that is held in memory but the mark. */
static RESULT load(struct book *book, struct reason *reason)
{
    book->next_end = book->moment;
    if (book->moment > 0)
        book_set_month(book, time_month(book->moment));
    TRY(load_licenses(book, reason));
    TRY(find_elsewhere(book, reason));
    TRY(book_find_doubt(book, reason));
    return book_load_ledgers(book, reason);
}

/* Settling: what was written is committed, and what comes then is written with a journal. */

RESULT book_settle(struct book *book, struct reason *reason)
{
    TRY(book_write_month(book, reason));
    TRY(book_write_roots(book, reason));
    TRY(book_write_ledgers(book, reason));
    TRY(database_run(&book->database, "COMMIT; PRAGMA journal_mode = TRUNCATE; BEGIN", reason));
    book->settled = true;
    book->settled_moment = book->moment;
    book->settled_partial = book->partial;
    for (size_t i = 0; i < book->ledger_count; i++)
        book->ledgers[i].settled_size = book->ledgers[i].size;
    return RESULT_OK;
}

RESULT book_return(struct book *book, struct reason *reason)
{
    if (!book->settled)
        return RESULT_OK;
    book_finalize(book);
    TRY(database_run(&book->database, "ROLLBACK; PRAGMA journal_mode = OFF; BEGIN", reason));
    book_free_ledgers(book);
    memset(book->kept, 0, sizeof book->kept);
    book->license_count = 0;
    book->month = 0;
    book->month_start = 0;
    book->moment = book->settled_moment;
    book->settled = false;
    book->partial = book->settled_partial;
    return load(book, reason);
}

bool book_is_settled(const struct book *book)
{
    return book->settled;
}

seconds book_final(const struct book *book)
{
    return book->settled ? book->settled_moment : book->moment;
}

uint64_t book_final_size(const struct book *book, size_t ledger)
{
    return book->settled ? book->ledgers[ledger].settled_size : book->ledgers[ledger].size;
}

RESULT book_continue(const char *kept, const char *path, struct book **ret_book, struct reason *reason)
{
    CLEANUP_DATABASE struct database from = {0};
    CLEANUP_BOOK struct book *book = NULL;
    TRY(open_kept(kept, &from, reason));
    TRY(open_working(path, &book, reason));
    TRY(database_copy(&from, &book->database, reason));
    TRY(database_run(&book->database, "BEGIN", reason));
    TRY(read_mark(book, reason));
    TRY(load(book, reason));
    TRY(database_run(&book->database, "DELETE FROM mark", reason));
    *ret_book = book;
    book = NULL;
    return RESULT_OK;
}

void book_free(struct book *book)
{
    if (book == NULL)
        return;
    book_finalize(book);
    database_close(&book->database);
    free(book->seats);
    book_free_ledgers(book);
    free(book);
}

void book_cleanup(struct book **book)
{
    book_free(*book);
}

static RESULT put_mark(struct book *book, struct reason *reason)
{
    CLEANUP_QUERY struct query query =
        query_once(&book->database, "INSERT INTO mark (moment, partial) VALUES (?, ?)", reason);
    query_number(&query, book->moment);
    query_number(&query, book->partial ? 1 : 0);
    return query_run(&query, NULL);
}

RESULT book_finish(struct book *book, seconds made, struct reason *reason)
{
    TRY(book_write_month(book, reason));
    TRY(book_write_roots(book, reason));
    TRY(book_write_ledgers(book, reason));
    TRY(book_write_audits(book, made, reason));
    TRY(database_run(&book->database, "COMMIT", reason));
    /* With this the file is synced as a whole when the mark is committed. */
    TRY(database_run(&book->database, "PRAGMA synchronous = FULL", reason));
    return put_mark(book, reason);
}

seconds book_moment(const struct book *book)
{
    return book->moment;
}

bool book_is_partial(const struct book *book)
{
    return book->partial;
}

void book_set_partial(struct book *book)
{
    book->partial = true;
}
