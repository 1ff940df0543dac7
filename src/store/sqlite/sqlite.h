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

/* look.c: several reads as one look at the data; nothing within a transaction. A look ends with what its reads said. */
RESULT look_begin(struct sqlite_store *store, bool *ret_opened);
RESULT look_end(struct sqlite_store *store, bool opened, struct result result);

/* The same with the overlay: up to date for this look, and locked until overlay_unlock() where it succeeds. Within a
 * transaction or another look it is just locked. */
RESULT overlay_look_begin(struct sqlite_store *store, bool *ret_opened);
void overlay_lock(struct sqlite_store *store);
void overlay_unlock(struct sqlite_store *store);

/* transactions.c */
RESULT sqlite_begin(struct store *common);
RESULT sqlite_commit(struct store *common);
void sqlite_rollback(struct store *common);
RESULT sqlite_sync(struct store *store);
void sqlite_forget(struct sqlite_store *store);

/* journal/journal.c */
RESULT overlay_new(struct overlay **ret_overlay);
/* Takes NULL. */
void overlay_free(struct overlay *overlay);
/* With the lock held, within a transaction or look: brings the overlay up to date; all of it where `anew`. */
RESULT overlay_refresh(struct sqlite_store *store, bool anew);
/* With the lock held: current before frozen; NULL where the tables know best. */
const struct overlay_row *overlay_find(const struct overlay *overlay, uint32_t license,
                                       const struct machine_id *machine);
bool blocked_has(const struct blocked_set *set, const struct machine_id *machine);
/* Notes a put of the open transaction. */
RESULT journal_put(struct sqlite_store *store, uint32_t license, const struct machine_id *machine,
                   const struct machine_times *before, const struct machine_row *row);
/* Parts of a commit: writes the row of the journal; with the lock held makes room for what is pending; after the COMMIT
 * takes it in, which cannot fail. */
RESULT journal_write(struct sqlite_store *store);
RESULT journal_reserve(struct sqlite_store *store);
void journal_take_in(struct sqlite_store *store);
void journal_forget(struct sqlite_store *store);
/* As the open transaction or look has it. Its memory is yours. */
RESULT blocked_read(struct sqlite_store *store, struct blocked_set *ret_set);

/* tend.c */
RESULT sqlite_tend(struct store *store, size_t most, bool *ret_more);

/* journal/settle.c */
/* In a transaction of its own: freezes what there is, and brings about as much as `most` machines to their tables. */
RESULT settle_some(struct sqlite_store *store, size_t most);
/* Part of a commit: as much as is due for the transaction's puts. */
RESULT settle_due(struct sqlite_store *store);
/* At a transaction's begin, and with the lock held after its COMMIT. */
RESULT settle_begun(struct sqlite_store *store);
void settle_committed(struct sqlite_store *store);
void settle_free(struct sqlite_store *store);

/* tables/machines.c */
RESULT sqlite_fetch(struct store *store, const struct machine_key *keys, size_t count, struct machine_found *ret_found);
RESULT sqlite_machine_get(struct store *store, uint32_t license, const struct machine_id *machine,
                          struct machine_row *ret_row);
RESULT sqlite_machine_put(struct store *store, uint32_t license, const struct machine_id *machine,
                          const struct machine_row *row);
/* Reads the columns of a machine from `first` on. */
RESULT machine_columns(const struct query *query, int first, struct machine_row *ret_row);
RESULT machine_write(struct sqlite_store *store, uint32_t license, const struct machine_id *machine,
                     const struct machine_row *row);
void machines_forget(struct sqlite_store *store);

/* tables/moments.c */
RESULT sqlite_figures(struct store *store, uint32_t license, seconds now, struct figures *ret_figures);
RESULT moments_change(struct sqlite_store *store, uint32_t license, const struct machine_times *before,
                      const struct machine_times *after);
/* Applies changes, all within one row of the table. */
RESULT moments_apply(struct sqlite_store *store, const struct ordered *changes, size_t count);
/* Which row of the table a moment belongs to. */
int64_t moment_place(uint64_t key);
/* Writes the figures that changed; part of a commit. */
RESULT figures_save(struct sqlite_store *store);
void moments_forget(struct sqlite_store *store);

/* operator.c: what the operator sees and says */
RESULT sqlite_block(struct store *store, const struct machine_id *machine, seconds now, const char *reason);
RESULT sqlite_unblock(struct store *store, const struct machine_id *machine);
RESULT sqlite_blocked(struct store *store, const struct machine_id *machine, bool *ret_blocked);
RESULT sqlite_denial_add(struct store *store, const struct denial_entry *entry);
RESULT sqlite_denials(struct store *store, const struct machine_id *machine, uint64_t before, size_t limit,
                      bool (*each)(void *context, const struct denial_entry *entry), void *context);

/* tables/lists.c */
RESULT sqlite_machines(struct store *store, const struct listing *listing);

/* tables/ledger.c */
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

/* tables/tiles.c */
RESULT sqlite_hashes_append(struct store *store, uint32_t ledger, unsigned level, uint64_t first,
                            const struct hash *hashes, size_t count);
RESULT sqlite_hashes_get(struct store *store, uint32_t ledger, unsigned level, uint64_t first, size_t count,
                         struct hash *ret_hashes);
/* The memory of where a ledger ends; made where it is missing. */
RESULT ledger_end_of(struct sqlite_store *store, uint32_t ledger, struct ledger_end **ret_end);
void ledgers_forget(struct sqlite_store *store);

#endif
