/* Each ledger's tree, and its agreement with the signer. For the engine's thread. */
#ifndef HOST_ENGINE_LEDGERS_H
#define HOST_ENGINE_LEDGERS_H

#include "core/tlog/merkle.h"
#include "host/engine.h"
#include "store/ledger.h"

struct engine;
struct store_tiles;
struct tile_memory;

/* One ledger, from the engine's start to its end.
 *
 * Always: `frontier` is the tree of what is committed; `next`, `appended` and the arrays are of the batch under way.
 * Where `ready`, the signer has signed that very tree, and `checkpoint` is its note. Times in a ledger never run
 * backwards: no leaf is older than `newest`. */
struct ledger {
    char origin[KEY_NAME_SIZE];
    char vendor[NAME_SIZE];
    uint32_t number; /* in the store */
    uint32_t first;  /* the same of the key's first epoch, under which the store keeps what belongs to all of them */
    bool loaded;
    bool ready;
    struct frontier frontier;
    struct buffer checkpoint;
    struct published published; /* below the engine's lock; size and note of the last checkpoint */
    seconds newest;             /* changed below the lock: the time of the newest committed leaf; 0: none */
    seconds now;                /* of the batch under way: the host's clock, or `newest` where that is later */
    bool stands;                /* the host's clock is so far behind `newest` that nothing is added */
    struct shown shown;         /* changed below the lock: the latest checkpoint of this key that a machine has shown,
                                   and whose tree is not here: the ledger is an old copy. Epoch 0: there is none */
    bool state_lost;            /* changed below the lock: the signer's memory is not all that it signed, */
    bool key_lost;              /* and it has no key for the ledger */
    bool unsaved;               /* the store has not got the checkpoint yet */
    struct tile_memory *tiles;  /* NULL: nothing was proved from the store yet */

    size_t count;         /* leaves of the batch */
    struct buffer texts;  /* one behind the other */
    size_t *ends;         /* where each ends */
    struct slice *leaves; /* made from these two once all are there */
    struct hash *hashes;
    struct frontier next;
    struct merkle_batch *appended; /* NULL where the batch adds nothing here */

    /* The consistency proof made last; machines of one morning have mostly seen the same checkpoint. */
    uint64_t proved_seen; /* 0: none */
    uint64_t proved_size;
    size_t proved_length;
    struct hash proved[CONSISTENCY_PATH_MAX];
};

/* A vendor's ledger that knows nothing but its origin; room for `batch` leaves. NO_MEMORY. Yours to free. */
RESULT ledger_new(const struct authority_vendor *vendor, unsigned batch, struct ledger **ret_ledger);
/* Takes NULL. */
void ledger_free(struct ledger *ledger);
/* Makes store and signer agree: feeds the signer what the store is ahead. STORE_ROLLED_BACK, with both sizes in the
 * log and the engine's reason, where the store is behind, or has another tree. Nothing to do where the ledger is ready.
 */
RESULT ledger_agree(struct engine *engine, struct ledger *ledger);
/* Tells all ledgers what the host's clock shows, before a batch and once they are known. Where one comes to a stand, or
 * goes on, the log says so. */
void ledgers_read_clock(struct engine *engine);
/* Whether the ledger is an old copy, so that nothing is added. */
bool ledger_is_restored(const struct ledger *ledger);
/* Puts what a machine has shown into the open transaction, and from then on the ledger is an old copy. */
RESULT ledger_shown(struct engine *engine, struct ledger *ledger, const struct shown *shown);
/* The same, from what the store keeps. */
RESULT ledger_load_shown(struct engine *engine, struct ledger *ledger, const struct authority_vendor *vendor,
                         struct reason *reason);
/* Adds a leaf to the batch; *ret_index is its index in the ledger. */
RESULT ledger_add(struct ledger *ledger, struct slice text, uint64_t *ret_index);
/* Whether the batch under way has added that leaf; it is borrowed until the next one is added. */
bool ledger_added(const struct ledger *ledger, uint64_t index, struct slice *ret_leaf);
/* The ledger's tiles, of committed trees only: what is remembered of them is never taken back. The context is the
 * caller's memory that must outlive the source. NO_MEMORY. */
RESULT ledger_tiles(struct engine *engine, struct ledger *ledger, struct store_tiles *context,
                    struct tile_source *ret_tiles);
/* Puts the batch's leaves and hashes into the open transaction. */
RESULT ledger_store(struct ledger *ledger, struct store *store, struct reason *reason);
/* After the commit: the batch's leaves, if there are any, are its newest. */
void ledger_stored(struct engine *engine, struct ledger *ledger);
/* After that: moves the frontier on and has the tree signed. HOST_SIGNER. */
RESULT ledger_sign(struct engine *engine, struct ledger *ledger);
/* Forgets the batch. */
void ledger_clear(struct ledger *ledger);
/* Starts a signer where there is none, no more often than its pauses allow. HOST_SIGNER. */
RESULT signer_revive(struct engine *engine);
void signer_drop(struct engine *engine);
/* Puts checkpoints that the store has not got into the open transaction. */
RESULT checkpoints_store(struct engine *engine, struct reason *reason);
/* To be called after its commit. */
void checkpoints_stored(struct engine *engine);

#endif
