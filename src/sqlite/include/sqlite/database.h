/*
 * A database of SQLite: opening, whole scripts, and what a status of SQLite means to its owner.
 *
 * The one wrapper around SQLite; query.h has its statements. A status becomes an error of the table by the owner's own
 * meanings, since the same status says different things of a host's store and of a vendor's desk; the words that SQLite
 * has for it go to the caller's reason, with the number of the status: "database is locked (SQLite 5)".
 *
 * Errors of every function: what the owner's meanings say; STORE_FAILED for a status that they do not name; NO_MEMORY.
 * A database and its queries serve one thread at a time.
 */
#ifndef SQLITE_DATABASE_H
#define SQLITE_DATABASE_H

#include "base/reason.h"

#include <sqlite3.h>

/* What a status means; of extended codes the primary one counts. */
struct status_meaning {
    int status; /* SQLITE_CORRUPT and its like; 0 ends a list */
    enum error_code code;
};

struct database {
    sqlite3 *handle;                       /* NULL: closed */
    const struct status_meaning *meanings; /* borrowed; ends with a status of 0 */
};

struct database_options {
    const char *path; /* "": a file without a name, which goes when it is closed */
    const char *vfs;  /* NULL: SQLite's own */
    int flags;        /* SQLITE_OPEN_READONLY and its like */
    int busy_milliseconds;
    bool guarded; /* the file may be anybody's: what its schema says is not trusted, nor can it be damaged by SQL */
    const struct status_meaning *meanings;
};

/* On success *ret_database is yours to close. */
RESULT database_open(const struct database_options *options, struct database *ret_database, struct reason *reason);
/* Takes a closed one, {0}. */
void database_close(struct database *database);
#define CLEANUP_DATABASE __attribute__((cleanup(database_close)))

/* RESULT_OK for SQLITE_OK, SQLITE_ROW and SQLITE_DONE; else the error that the status means, with SQLite's words. */
RESULT database_status(const struct database *database, int status, struct reason *reason);
/* Statements that give nothing back, one after the other. */
RESULT database_run(const struct database *database, const char *sql, struct reason *reason);
/* The number in the first column of the first row, as pragmas give it. */
RESULT database_number(const struct database *database, const char *sql, int64_t *ret_number, struct reason *reason);
bool database_in_transaction(const struct database *database);

/* The mark of a file and of its schema: SQLite's application_id and user_version (from 1 on). */
struct schema {
    uint32_t application_id;
    uint32_t version; /* the newest that this program knows, and makes */
    uint32_t oldest;  /* that it reads; 0: all */
};
/* STORE_FOREIGN for a file of somebody else's, STORE_NEWER for a schema of a later program. */
RESULT schema_check(const struct schema *schema, uint32_t application_id, uint32_t version);
/* The same, asking the database. */
RESULT database_check_schema(const struct database *database, const struct schema *schema, struct reason *reason);
/* Makes the tables of the script, and the mark with them, in one transaction. */
RESULT database_make_schema(const struct database *database, const struct schema *schema, const char *tables,
                            struct reason *reason);

/* Copies everything in `from` over what is in `to`. */
RESULT database_copy(const struct database *from, const struct database *to, struct reason *reason);
/* The same, and asks now and then whether to go on, with the pages that are copied and all there are; where not, it
 * ends with STORE_FAILED. */
struct copy_watch {
    bool (*go_on)(void *context, uint64_t done, uint64_t all);
    void *context;
};
RESULT database_copy_watched(const struct database *from, const struct database *to, const struct copy_watch *watch,
                             struct reason *reason);

#endif
