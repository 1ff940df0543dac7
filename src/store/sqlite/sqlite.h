/*
 * The store in one SQLite file: what its parts share.
 *
 * The database is in WAL mode with synchronous=FULL: a commit returns when its pages are in the log on disk. One handle
 * writes; readers are connections of their own. Statements are prepared at first use and kept as long as the handle.
 *
 * Machines have random ids, so that each would change a page of its own. A transaction therefore appends all that it
 * puts to the journal, as one row; what the journal holds is also in memory (the overlay), where rows are looked for
 * first. Settling brings it to the tables later, many machines at a time and in their order, and empties the journal:
 *
 *   pending  -- commit -->  current  -- freeze -->  frozen  -- settle -->  the tables machine and moment
 *
 * Always: what a writer remembers between calls (figures, times of machines, sizes, tiles) is what the database holds
 * together with the open transaction. It is forgotten at a rollback, and when another connection has written. The
 * overlay (current and frozen) is what the committed journal says; a reader compares its own look at the database with
 * it, under its lock, and brings it up to date where another process wrote.
 */
#ifndef STORE_SQLITE_SQLITE_H
#define STORE_SQLITE_SQLITE_H

#include "backend.h"
#include "base/hash.h"
#include "checkpointer.h"
#include "figures.h"
#include "sqlite/journal/overlay.h"
#include "sqlite/query.h"
#include "statements.h"

#include <pthread.h>

enum {
    BUSY_TIMEOUT_MILLISECONDS = 5000,
    TIMES_SLOTS = 4096,     /* power of two; more than the machines of a batch */
    JOURNAL_LIMIT = 400000, /* records; see journal/settle.c for what happens on the way there */
    LEAVES_OF_RUN = 256,
};

/* The times of a machine that was read or put not long ago, so that putting it need not read it again. */
struct times_slot {
    bool used;
    uint32_t license;
    struct machine_id machine;
    struct machine_times times;
};

/* The row of the table settling. */
struct settled {
    int64_t emptied;
    int64_t until;
    uint64_t moment;
    int64_t blocks;
};

/* The blocked machines, ascending. */
struct blocked_set {
    struct machine_id *machines;
    size_t count;
};

/* What a writer and its readers share, in one process. All of it is used under the lock. */
struct overlay {
    pthread_mutex_t lock;
    bool loaded;
    unsigned loads; /* how often everything was read anew */
    struct settled settled;
    int64_t last; /* number of the newest row of the journal that is in here */
    /* The newest row that each table of the journal ever had; where that is settled, the table is empty, or will be. */
    int64_t lasts[JOURNALS];
    unsigned table; /* the one that is being filled */
    struct generation current;
    struct generation frozen;
    struct blocked_set blocked;
};

enum settle_stage { SETTLE_NOTHING, SETTLE_ROWS, SETTLE_MOMENTS, SETTLE_JOURNAL };

/* How far the writer has come with the frozen generation. */
struct settle_progress {
    enum settle_stage stage;
    size_t at; /* in the list of the stage */
    struct settled settled;
};
struct settling {
    struct settle_progress committed;
    struct settle_progress next; /* with the open transaction */
    unsigned loads;              /* of the overlay, when this was begun */
    int64_t until;
    size_t work;          /* rows and moments together */
    struct ordered *rows; /* key: where it belongs; value: its place in the generation */
    size_t row_count;
    struct ordered *moments; /* key; value: the change */
    size_t moment_count;
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
    struct database database;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    char *path;
    char *vfs;
    size_t journal_limit;
    int64_t data_version; /* changes when another connection has written */
    struct overlay *overlay;
    struct checkpointer *checkpointer; /* NULL in readers */

    struct times_slot *times; /* TIMES_SLOTS of them */
    struct figures_cache figures;
    struct generation pending; /* of the open transaction */
    struct buffer records;     /* the same, as the journal will have it */
    int64_t blocks_changed;    /* changes to the table block by the open transaction */
    struct settling settling;
    struct buffer scratch;
    struct ledger_end *ledgers;
    uint64_t last_denial; /* 0: not known */
};

static inline struct sqlite_store *sqlite_of(struct store *store)
{
    return (struct sqlite_store *)store;
}

/* One run of a statement of the table. */
static inline struct query query_make(struct sqlite_store *store, enum statement which)
{
    return query_kept(&store->database, &store->statements[which], statement_sql[which], store->common.reason);
}

/* Runs one that has no parameters and gives no rows. */
static inline RESULT sqlite_run(struct sqlite_store *store, enum statement which)
{
    CLEANUP_QUERY struct query query = query_make(store, which);
    return query_run(&query, NULL);
}

#endif
