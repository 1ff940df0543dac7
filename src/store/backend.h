/*
 * What a kind of store implements. dispatch.c checks the arguments, keeps the state of the transaction and calls these;
 * everything it promises in store.h that is not said here again is the implementation's to keep.
 *
 * Always: functions that change data are called within a transaction on a handle that is no reader; between lock and
 * unlock; never from within themselves except by the callback of a listing.
 */
#ifndef STORE_BACKEND_H
#define STORE_BACKEND_H

#include "base/reason.h"
#include "store/ledger.h"
#include "store/operators.h"

/* A listing of machines with the range of ids that the filter's prefix spells. */
struct listing {
    const struct machine_filter *filter;
    struct machine_id lowest;
    struct machine_id highest;
    bool (*each)(void *context, const struct machine_entry *entry);
    void *context;
};

struct store_ops {
    void (*close)(struct store *store);
    /* In any thread, whatever call of another is being served: nothing of the store is written but under its lock. */
    RESULT (*open_reader)(struct store *store, struct store **ret_reader, struct reason *reason);
    /* Around every call below; NULL where nothing is shared between threads. */
    void (*lock)(struct store *store);
    void (*unlock)(struct store *store);

    RESULT (*begin)(struct store *store);
    /* After a failure dispatch.c calls rollback. */
    RESULT (*commit)(struct store *store);
    void (*rollback)(struct store *store);
    /* NULL where there is nothing to tend. */
    RESULT (*tend)(struct store *store, size_t most, bool *ret_more);
    RESULT (*sync)(struct store *store); /* NULL where a commit is all there is */
    /* NULL where there is no file. */
    RESULT (*copy)(struct store *store, const char *path, const struct store_watch *watch);

    /* NOT_FOUND unless `make`. */
    RESULT (*ledger)(struct store *store, const char *origin, bool make, uint32_t *ret_ledger);
    RESULT(*ledger_next)
    (struct store *store, uint32_t after, uint32_t *ret_ledger, char ret_origin[static KEY_NAME_SIZE]);
    /* NOT_FOUND where `product` is NULL, else made. */
    RESULT(*license)
    (struct store *store, uint32_t ledger, const char *id, const char *product, uint32_t *ret_license);
    RESULT(*license_next)
    (struct store *store, uint32_t ledger, uint32_t after, uint32_t *ret_license, char ret_product[static NAME_SIZE]);
    RESULT (*license_id)(struct store *store, uint32_t license, char ret_id[static NAME_SIZE]);

    RESULT(*machine_get)
    (struct store *store, uint32_t license, const struct machine_id *machine, struct machine_row *ret_row);
    RESULT(*machine_put)
    (struct store *store, uint32_t license, const struct machine_id *machine, const struct machine_row *row);
    RESULT(*machines_expire)
    (struct store *store, seconds before, size_t look, struct machine_key *at, size_t *ret_count);
    RESULT (*machines_expired)(struct store *store, seconds *ret_before);
    RESULT(*fetch)
    (struct store *store, const struct machine_key *keys, size_t count, struct machine_found *ret_found);
    RESULT (*figures)(struct store *store, uint32_t license, seconds now, struct figures *ret_figures);
    RESULT (*next_end)(struct store *store, uint32_t license, seconds now, seconds *ret_time);
    RESULT (*return_add)(struct store *store, uint32_t license, enum return_way way, seconds time);
    RESULT(*returns)
    (struct store *store, uint32_t license, enum return_way way, seconds after, uint64_t *ret_count);
    RESULT (*block)(struct store *store, const struct machine_id *machine, seconds now, const char *reason);
    RESULT (*unblock)(struct store *store, const struct machine_id *machine);
    RESULT (*blocked)(struct store *store, const struct machine_id *machine, bool *ret_blocked);
    RESULT (*label)(struct store *store, const struct machine_id *machine, const char *label);
    RESULT (*machines)(struct store *store, const struct listing *listing);

    RESULT(*about_get)
    (struct store *store, const struct machine_id *machine, const char *product, struct about_row *ret_row);
    RESULT(*about_put)
    (struct store *store, const struct machine_id *machine, const char *product, const struct about_row *row);
    RESULT (*about_expire)(struct store *store, seconds now, size_t most, size_t *ret_count);
    RESULT (*about_clear)(struct store *store);

    RESULT (*denial_add)(struct store *store, const struct denial_entry *entry);
    /* `before` is never 0 here. */
    RESULT(*denials)
    (struct store *store, const struct machine_id *machine, uint64_t before, size_t limit,
     bool (*each)(void *context, const struct denial_entry *entry), void *context);

    RESULT (*ledger_size)(struct store *store, uint32_t ledger, uint64_t *ret_size);
    RESULT(*leaves_append)
    (struct store *store, uint32_t ledger, uint64_t first, const struct slice *leaves, size_t count);
    /* Hands on those of an archived bundle by archived_leaves(). */
    RESULT(*leaves)
    (struct store *store, uint32_t ledger, uint64_t first, uint64_t count,
     bool (*each)(void *context, uint64_t index, struct slice leaf), void *context);
    /* All zero where nothing is. */
    RESULT (*archived)(struct store *store, uint32_t ledger, struct archived *ret_archived);
    RESULT (*archive)(struct store *store, uint32_t ledger, const struct archived *archived);
    RESULT (*shrink)(struct store *store); /* NULL where there is no file */
    RESULT(*hashes_append)
    (struct store *store, uint32_t ledger, unsigned level, uint64_t first, const struct hash *hashes, size_t count);
    RESULT(*hashes_get)
    (struct store *store, uint32_t ledger, unsigned level, uint64_t first, size_t count, struct hash *ret_hashes);
    RESULT (*checkpoint_get)(struct store *store, uint32_t ledger, struct buffer *out);
    RESULT (*checkpoint_put)(struct store *store, uint32_t ledger, struct slice note);

    /* At most SHOWN_MAX, ascending by epoch. */
    RESULT(*shown)
    (struct store *store, uint32_t ledger, struct shown ret_shown[static SHOWN_MAX], size_t *ret_count);
    RESULT (*shown_put)(struct store *store, uint32_t ledger, const struct shown *shown); /* or replaces */
    RESULT (*shown_drop)(struct store *store, uint32_t ledger, uint64_t epoch);
};

/* The first member of every implementation's handle. */
struct store {
    const struct store_ops *ops;
    bool reader;
    bool in_transaction;
    struct reason *reason; /* of the call that is being served; NULL: nobody wants to know */
    struct leaf_archive archive;
};

#endif
