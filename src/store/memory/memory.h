/*
 * The store in memory: one ordered map that all handles share, and above it, for the writer, what the open transaction
 * has changed.
 *
 * Always: readers look at the shared map alone; a commit moves the changes into it under the lock and cannot fail
 * halfway. Keys are a table and numbers:
 *
 *   TABLE_LEDGER      ledger                    origin
 *   TABLE_LICENSE     license                   struct license_value
 *   TABLE_MACHINE     license, machine id       struct machine_row
 *   TABLE_MOMENT      license, kind, second     uint64_t, how many machines
 *   TABLE_FIGURES     license                   struct license_figures
 *   TABLE_BLOCK       machine id                struct block_value
 *   TABLE_DENIAL      number                    struct denial_entry
 *   TABLE_LEAF        ledger, index             the leaf
 *   TABLE_HASH        ledger, level, index      struct hash
 *   TABLE_CHECKPOINT  ledger                    the note
 *   TABLE_SHOWN       ledger, epoch             struct seen
 *   TABLE_ABOUT       machine id, hash of the   struct about_row
 *                     product
 *   TABLE_RETURN      license, way, second      uint64_t, how many seats
 *   TABLE_LABEL       machine id                the label
 *   TABLE_EXPIRED                               seconds: store_machines_expired()
 *   TABLE_ARCHIVE     ledger                    struct archived
 */
#ifndef STORE_MEMORY_MEMORY_H
#define STORE_MEMORY_MEMORY_H

#include "backend.h"
#include "base/hash.h"
#include "figures.h"
#include "map.h"

#include <pthread.h>

enum table {
    TABLE_LEDGER = 1,
    TABLE_LICENSE,
    TABLE_MACHINE,
    TABLE_MOMENT,
    TABLE_FIGURES,
    TABLE_BLOCK,
    TABLE_DENIAL,
    TABLE_LEAF,
    TABLE_HASH,
    TABLE_CHECKPOINT,
    TABLE_SHOWN,
    TABLE_ABOUT,
    TABLE_RETURN,
    TABLE_LABEL,
    TABLE_EXPIRED,
    TABLE_ARCHIVE
};

enum { TABLE_END = 1, NUMBER_END = TABLE_END + 8 }; /* where the table ends, and the first number behind it */

struct mem_shared {
    pthread_mutex_t lock; /* recursive: the callback of a listing may ask for more */
    struct map committed;
    size_t handles;
};

struct mem_store {
    struct store common;
    struct mem_shared *shared;
    struct map pending; /* empty in readers */
    struct figures_cache figures;
};

static inline struct mem_store *mem_of(struct store *store)
{
    return (struct mem_store *)store;
}

/* entries.c */

/* Both maps seen as one. Borrowed until the next change; NULL where there is none. */
const struct map_entry *mem_find(const struct mem_store *mem, const struct map_key *key);
const struct map_entry *mem_next(const struct mem_store *mem, const struct map_key *key);
const struct map_entry *mem_previous(const struct mem_store *mem, const struct map_key *key);
RESULT mem_put(struct mem_store *mem, const struct map_key *key, const void *value, size_t size);
RESULT mem_remove(struct mem_store *mem, const struct map_key *key);

/* Whether the entry is of that table, and, in the second, of that first number in it. */
bool mem_in_table(const struct map_entry *entry, enum table table);
bool mem_in_group(const struct map_entry *entry, enum table table, uint64_t number);

/* machines.c */
RESULT mem_fetch(struct store *store, const struct machine_key *keys, size_t count, struct machine_found *ret_found);
RESULT mem_machine_get(struct store *store, uint32_t license, const struct machine_id *machine,
                       struct machine_row *ret_row);
RESULT mem_machine_put(struct store *store, uint32_t license, const struct machine_id *machine,
                       const struct machine_row *row);
RESULT mem_figures(struct store *store, uint32_t license, seconds now, struct figures *ret_figures);
RESULT mem_next_end(struct store *store, uint32_t license, seconds now, seconds *ret_time);
/* Puts the figures that changed beside the machines; part of a commit. */
RESULT mem_figures_save(struct mem_store *mem);
RESULT mem_block(struct store *store, const struct machine_id *machine, seconds now, const char *reason);
RESULT mem_unblock(struct store *store, const struct machine_id *machine);
RESULT mem_blocked(struct store *store, const struct machine_id *machine, bool *ret_blocked);
RESULT mem_label(struct store *store, const struct machine_id *machine, const char *label);
RESULT mem_machines(struct store *store, const struct listing *listing);

/* returns.c */
RESULT mem_return_add(struct store *store, uint32_t license, enum return_way way, seconds time);
RESULT mem_returns(struct store *store, uint32_t license, enum return_way way, seconds after, uint64_t *ret_count);

/* about.c */
RESULT mem_about_get(struct store *store, const struct machine_id *machine, const char *product,
                     struct about_row *ret_row);
RESULT mem_about_put(struct store *store, const struct machine_id *machine, const char *product,
                     const struct about_row *row);
RESULT mem_machines_expired(struct store *store, seconds *ret_before);
RESULT mem_machines_expire(struct store *store, seconds before, size_t look, struct machine_key *at, size_t *ret_count);
RESULT mem_about_expire(struct store *store, seconds now, size_t most, size_t *ret_count);
RESULT mem_about_clear(struct store *store);

/* ledger.c */
RESULT mem_ledger_size(struct store *store, uint32_t ledger, uint64_t *ret_size);
RESULT mem_leaves_append(struct store *store, uint32_t ledger, uint64_t first, const struct slice *leaves,
                         size_t count);
RESULT mem_leaves(struct store *store, uint32_t ledger, uint64_t first, uint64_t count,
                  bool (*each)(void *context, uint64_t index, struct slice leaf), void *context);
RESULT mem_archived(struct store *store, uint32_t ledger, struct archived *ret_archived);
RESULT mem_archive(struct store *store, uint32_t ledger, const struct archived *archived);
RESULT mem_hashes_append(struct store *store, uint32_t ledger, unsigned level, uint64_t first,
                         const struct hash *hashes, size_t count);
RESULT mem_hashes_get(struct store *store, uint32_t ledger, unsigned level, uint64_t first, size_t count,
                      struct hash *ret_hashes);
RESULT mem_checkpoint_get(struct store *store, uint32_t ledger, struct buffer *out);
RESULT mem_checkpoint_put(struct store *store, uint32_t ledger, struct slice note);
RESULT mem_shown(struct store *store, uint32_t ledger, struct shown ret_shown[static SHOWN_MAX], size_t *ret_count);
RESULT mem_shown_put(struct store *store, uint32_t ledger, const struct shown *shown);
RESULT mem_shown_drop(struct store *store, uint32_t ledger, uint64_t epoch);

#endif
