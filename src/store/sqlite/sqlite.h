/*
 * The store in one SQLite file: what its parts share.
 *
 * The database is in WAL mode with synchronous=FULL: a commit returns when its pages are in the log on disk. One handle
 * writes; readers are connections of their own. Statements are prepared at first use and kept as long as the handle.
 *
 * Always: what a writer remembers between calls (figures, times of machines, sizes, tiles) is what the database holds
 * together with the open transaction. It is forgotten at a rollback, and when another connection has written.
 */
#ifndef STORE_SQLITE_SQLITE_H
#define STORE_SQLITE_SQLITE_H

#include "backend.h"
#include "figures.h"
#include "sqlite/statements.h"

#include <sqlite3.h>

enum {
    SQLITE_APPLICATION_ID = 0x4176616c, /* "Aval" */
    BUSY_TIMEOUT_MILLISECONDS = 5000,
    TIMES_SLOTS = 4096, /* power of two; more than the machines of a batch */
    MOMENT_KINDS = 2,
};

/* The times of a machine that was read or put not long ago, so that putting it need not read it again. */
struct times_slot {
    bool used;
    bool stored; /* whether the machine has a row */
    uint32_t license;
    struct machine_id machine;
    struct machine_times times;
};

/* A change to a moment that is not in its table yet. */
struct moment_change {
    uint32_t license;
    uint32_t kind;
    seconds second;
    int64_t change;
};

struct level_end {
    bool known;
    uint64_t size;
    struct hash tile[TILE_WIDTH]; /* the hashes of the tile that is not full yet */
};

/* Where a ledger ends. */
struct ledger_end {
    uint32_t ledger;
    bool known;
    uint64_t size;
    struct level_end *levels[TILE_LEVELS]; /* NULL: not asked yet */
    struct ledger_end *next;
};

struct sqlite_store {
    struct store common;
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    char *path;
    char *vfs;
    int64_t data_version; /* changes when another connection has written */

    struct times_slot *times; /* TIMES_SLOTS of them */
    struct figures_cache figures;
    struct moment_change *changes;
    size_t change_count;
    size_t change_capacity;
    struct ledger_end *ledgers;
    uint64_t last_denial; /* 0: not known */
};

static inline struct sqlite_store *sqlite_of(struct store *store)
{
    return (struct sqlite_store *)store;
}

/* query.c: one run of a prepared statement. Errors of binding stick until the first step. */
struct query {
    struct sqlite_store *store;
    sqlite3_stmt *statement; /* NULL after an error */
    int parameter;
    int status;
};
struct query query_make(struct sqlite_store *store, enum statement which);
void query_number(struct query *query, int64_t value);
/* What is bound is borrowed until the query ends. */
void query_bytes(struct query *query, const void *data, size_t size);
void query_text(struct query *query, const char *text);
void query_nothing(struct query *query);
/* The next row, or none. */
RESULT query_step(struct query *query, bool *ret_row);
/* For statements that give no rows; *ret_changed (may be NULL) is how many rows they touched. */
RESULT query_run(struct query *query, int *ret_changed);
/* Columns of the present row. STORE_CORRUPT where the value is not of that size or does not fit. */
int64_t column_number(const struct query *query, int column);
RESULT column_unsigned(const struct query *query, int column, uint64_t *ret_value);
struct slice column_slice(const struct query *query, int column); /* borrowed until the next step */
RESULT column_exactly(const struct query *query, int column, void *ret_data, size_t size);
RESULT column_text(const struct query *query, int column, char *ret_text, size_t capacity);
/* Lets the statement be used again. */
void query_end(struct query *query);
#define CLEANUP_QUERY __attribute__((cleanup(query_end)))

/* Keeps what SQLite says and gives the error that stands for it. */
RESULT sqlite_failure(struct sqlite_store *store, int status);
RESULT sqlite_run(struct sqlite_store *store, const char *sql);

/* Several reads as one look at the data; nothing within a transaction. A look ends with what its reads said. */
RESULT look_begin(struct sqlite_store *store, bool *ret_opened);
RESULT look_end(struct sqlite_store *store, bool opened, struct result result);

/* machines.c */
RESULT sqlite_machine_get(struct store *store, uint32_t license, const struct machine_id *machine,
                          struct machine_row *ret_row);
RESULT sqlite_machine_put(struct store *store, uint32_t license, const struct machine_id *machine,
                          const struct machine_row *row);
/* Reads the columns of a machine from `first` on. */
RESULT machine_columns(const struct query *query, int first, struct machine_row *ret_row);
void machines_forget(struct sqlite_store *store);

/* moments.c */
RESULT sqlite_figures(struct store *store, uint32_t license, seconds now, struct figures *ret_figures);
RESULT moments_change(struct sqlite_store *store, uint32_t license, const struct machine_times *before,
                      const struct machine_times *after);
/* Writes what changed; part of a commit. */
RESULT moments_save(struct sqlite_store *store);
void moments_forget(struct sqlite_store *store);

/* operator.c: what the operator sees and says */
RESULT sqlite_block(struct store *store, const struct machine_id *machine, seconds now, const char *reason);
RESULT sqlite_unblock(struct store *store, const struct machine_id *machine);
RESULT sqlite_blocked(struct store *store, const struct machine_id *machine, bool *ret_blocked);
RESULT sqlite_machines(struct store *store, const struct listing *listing);
RESULT sqlite_denial_add(struct store *store, const struct denial_entry *entry);
RESULT sqlite_denials(struct store *store, const struct machine_id *machine, uint64_t before, size_t limit,
                      bool (*each)(void *context, const struct denial_entry *entry), void *context);

/* ledger.c */
RESULT sqlite_ledger(struct store *store, const char *origin, bool make, uint32_t *ret_ledger);
RESULT sqlite_license(struct store *store, uint32_t ledger, const char *id, bool make, uint32_t *ret_license);
RESULT sqlite_license_id(struct store *store, uint32_t license, char ret_id[static NAME_SIZE]);
RESULT sqlite_ledger_size(struct store *store, uint32_t ledger, uint64_t *ret_size);
RESULT sqlite_leaves_append(struct store *store, uint32_t ledger, uint64_t first, const struct slice *leaves,
                            size_t count);
RESULT sqlite_leaves(struct store *store, uint32_t ledger, uint64_t first, uint64_t count,
                     bool (*each)(void *context, uint64_t index, struct slice leaf), void *context);
RESULT sqlite_checkpoint_get(struct store *store, uint32_t ledger, struct buffer *out);
RESULT sqlite_checkpoint_put(struct store *store, uint32_t ledger, struct slice note);

/* tiles.c */
RESULT sqlite_hashes_append(struct store *store, uint32_t ledger, unsigned level, uint64_t first,
                            const struct hash *hashes, size_t count);
RESULT sqlite_hashes_get(struct store *store, uint32_t ledger, unsigned level, uint64_t first, size_t count,
                         struct hash *ret_hashes);
/* The memory of where a ledger ends; made where it is missing. */
RESULT ledger_end_of(struct sqlite_store *store, uint32_t ledger, struct ledger_end **ret_end);
void ledgers_forget(struct sqlite_store *store);

#endif
