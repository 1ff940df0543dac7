/*
 * What an activation host remembers: machines, leases, denials, and the leaves and tile hashes of its ledgers.
 *
 * One interface, two implementations (memory, SQLite) and one conformance suite over both. A handle serves one thread
 * at a time; a second thread opens its own reader. All changes happen between begin and commit and become visible, and
 * durable, together or not at all.
 *
 * Always: a ledger's leaves are dense from 0; hashes of a level are dense from 0; a committed leaf never changes.
 * Errors of every function: STORE_FAILED (disk full, read-only, input/output), NO_MEMORY, STORE_CORRUPT where what is
 * read contradicts itself. After an error within a transaction the caller rolls back.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/buffer.h"
#include "base/hash.h"
#include "core/rules/decide.h"
#include "core/tlog/merkle.h"

enum {
    STORE_SCHEMA_VERSION = 1,
    ADDRESS_TEXT_SIZE = 46, /* INET6_ADDRSTRLEN */
    DENIALS_KEPT = 100000,  /* the newest; older ones are dropped as new ones come */
    DENIAL_TEXT_SIZE = 256,
    BLOCK_REASON_SIZE = 129,
};

struct store;

/* ---- opening ---- */

/* An empty store that lives as long as its handles. Yours to close. */
RESULT store_open_memory(struct store **ret_store);

struct store_sqlite_options {
    const char *path; /* database file; made with mode 0600 where `create` says so */
    const char *vfs;  /* name of a registered SQLite VFS; NULL: the default */
    bool create;
    /* For tests; 0: what serves a host. */
    size_t journal_limit;    /* machines put that may wait for store_settle, before commits settle them */
    size_t checkpoint_pages; /* pages of the log, from which on they are moved into the database */
    bool one_thread;         /* moves them within commits, not in a thread of its own */
};
/* STORE_NEWER: made by a newer program; STORE_FOREIGN: not such a database; both leave the file untouched, byte for
 * byte. FILE_READ: absent or not readable. Yours to close. */
RESULT store_open_sqlite(const struct store_sqlite_options *options, struct store **ret_store);

/* A second, read-only handle on the same data for another thread; it sees what was committed before each of its calls.
 * Writing through it is a bug. Yours to close, before the first. */
RESULT store_open_reader(struct store *store, struct store **ret_reader);
/* Takes NULL. Rolls back an open transaction. */
void store_close(struct store *store);

/* ---- transactions ---- */

RESULT store_begin(struct store *store);
/* Returns after the data is on disk (synchronous=FULL). On failure everything since begin is undone. */
RESULT store_commit(struct store *store);
void store_rollback(struct store *store);
/* To be called, outside a transaction, by a host that has nothing else to do: brings what was committed to where it is
 * kept in the end, about as much as `most` (at least 1) machines, in a transaction of its own. *ret_more: there is more
 * to do. Changes nothing that anybody can read. A store that is never settled does it in its commits, which then take
 * longer. */
RESULT store_settle(struct store *store, size_t most, bool *ret_more);
/* Returns after everything that the store shows is on disk. A commit is, when it returns; but what a process that was
 * killed had written, the system shows to the next one although it was never synced. Outside a transaction. */
RESULT store_sync(struct store *store);

/* ---- names to numbers ---- */

/* The ledger of that origin; inside a transaction it is made where it does not exist, outside NOT_FOUND. */
RESULT store_ledger(struct store *store, const char *origin, uint32_t *ret_ledger);
/* The same for a license of a ledger. */
RESULT store_license(struct store *store, uint32_t ledger, const char *license_id, uint32_t *ret_license);
/* The id behind a license number; NOT_FOUND. */
RESULT store_license_id(struct store *store, uint32_t license, char ret_id[static NAME_SIZE]);

/* ---- machines ---- */

/* One machine under one license. `address` is for the operator alone. */
struct machine_row {
    struct machine_record record;
    char address[ADDRESS_TEXT_SIZE]; /* from which it asked last; "" unknown */
};
/* An all-zero row where the machine never asked. */
RESULT store_machine_get(struct store *store, uint32_t license, const struct machine_id *machine,
                         struct machine_row *ret_row);
RESULT store_machine_put(struct store *store, uint32_t license, const struct machine_id *machine,
                         const struct machine_row *row);
/* Count and seats as of `now` (design.md, "Rules of the host"), including what the open transaction has put. Costs what
 * has changed since the last call, not what is stored. */
RESULT store_figures(struct store *store, uint32_t license, seconds now, struct figures *ret_figures);

/* Blocking concerns the machine under every license. Reason: "" for none. */
RESULT store_block(struct store *store, const struct machine_id *machine, seconds now, const char *reason);
/* NOT_FOUND where it is not blocked. */
RESULT store_unblock(struct store *store, const struct machine_id *machine);
RESULT store_blocked(struct store *store, const struct machine_id *machine, bool *ret_blocked);

/* A machine as lists show it. */
struct machine_entry {
    uint32_t license;
    struct machine_id machine;
    struct machine_row row;
    bool blocked;
    seconds blocked_since;
    char blocked_reason[BLOCK_REASON_SIZE];
};
struct machine_filter {
    uint32_t license;      /* 0: any */
    const char *id_prefix; /* hex digits; NULL: any */
    const char *address;   /* exact; NULL: any */
    bool blocked_only;
    bool holding_only; /* with an unexpired lease as of `now` */
    seconds now;
    /* Continues behind this one, in the order of license and machine id; NULL: from the start. */
    const struct machine_entry *after;
    size_t limit; /* at least 1 */
};
/* Calls `each` for at most `limit` machines that pass the filter, ascending by license and machine id. A blocked
 * machine that never asked is listed once, under license 0. Stops early when `each` returns false. `each` must not ask
 * the store for machines or figures. */
RESULT store_machines(struct store *store, const struct machine_filter *filter,
                      bool (*each)(void *context, const struct machine_entry *entry), void *context);

/* ---- denials ---- */

struct denial_entry {
    uint64_t number; /* ascending in time; given by the store */
    seconds time;
    struct machine_id machine;
    char vendor[NAME_SIZE];
    char product[NAME_SIZE];
    char edition[NAME_SIZE];
    uint32_t code; /* enum error_code */
    char message[DENIAL_TEXT_SIZE];
    char address[ADDRESS_TEXT_SIZE];
};
/* Inside a transaction. `number` of the argument is not read. */
RESULT store_denial_add(struct store *store, const struct denial_entry *entry);
/* The newest first; `machine` NULL: of all; `before` 0: from the newest, otherwise those with a lower number. */
RESULT store_denials(struct store *store, const struct machine_id *machine, uint64_t before, size_t limit,
                     bool (*each)(void *context, const struct denial_entry *entry), void *context);

/* ---- ledgers ---- */

RESULT store_ledger_size(struct store *store, uint32_t ledger, uint64_t *ret_size);
/* Appends `count` leaves at the end; `first` must be the ledger's size (STORE_CORRUPT otherwise). */
RESULT store_leaves_append(struct store *store, uint32_t ledger, uint64_t first, const struct slice *leaves,
                           size_t count);
/* Appends leaf `index` to the buffer; NOT_FOUND where the ledger is shorter. */
RESULT store_leaf_get(struct store *store, uint32_t ledger, uint64_t index, struct buffer *out);
/* Calls `each` for leaves from `first` on, at most `count`, ascending. Stops early when `each` returns false. */
RESULT store_leaves(struct store *store, uint32_t ledger, uint64_t first, uint64_t count,
                    bool (*each)(void *context, uint64_t index, struct slice leaf), void *context);

/* Hashes at height 8 * level, as merkle_batch_tile_hashes gives them; `first` must be how many there are already
 * (STORE_CORRUPT otherwise). Kept as tiles of 256. */
RESULT store_hashes_append(struct store *store, uint32_t ledger, unsigned level, uint64_t first,
                           const struct hash *hashes, size_t count);
/* `count` hashes from `first`, all within one tile; NOT_FOUND where there are fewer. */
RESULT store_hashes_get(struct store *store, uint32_t ledger, unsigned level, uint64_t first, size_t count,
                        struct hash *ret_hashes);
/* The same as a source for proofs. The context is caller's memory that must outlive the source. */
struct store_tiles {
    struct store *store;
    uint32_t ledger;
};
struct tile_source store_tile_source(struct store_tiles *context);

/* The last signed checkpoint that was given out for a ledger, as a note; NOT_FOUND where none was kept. */
RESULT store_checkpoint_get(struct store *store, uint32_t ledger, struct buffer *out);
RESULT store_checkpoint_put(struct store *store, uint32_t ledger, struct slice note);

/* For logs and tests: what SQLite or the system said last about a failure; "" where nothing. Borrowed. */
const char *store_last_message(struct store *store);

#endif
