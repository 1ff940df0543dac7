/* What is in a vendor's ledgers at the end, and whether it may be there. */
#ifndef SIMULATE_LEDGERS_H
#define SIMULATE_LEDGERS_H

#include "core/documents/leaf.h"
#include "store/ledger.h"

enum { EPOCHS_MAX = 64, LEAVES_MAX = 8192 };

struct world;

/* What a leaf says. */
struct leaf_note {
    enum leaf_kind kind;
    struct machine_id machine;
    uint64_t number;
    seconds time;
    seconds expires;
    char license[NAME_SIZE];
    uint64_t seen_size; /* of this very ledger; 0: it saw another, or nothing */
    struct seen seen;   /* what the machine signs that it has seen; all zero where it is no machine's */
};

/* One epoch of one vendor's ledger. */
struct ledger_reading {
    uint32_t number;
    uint64_t epoch;
    char origin[KEY_NAME_SIZE];
    size_t count;
    size_t room; /* for so many */
    struct leaf_note *leaves;
    struct hash *roots; /* of each size, up to `count` */
    struct epoch first; /* from the second epoch on: its leaf 0 */
};

struct readings {
    size_t count;
    struct ledger_reading ledgers[EPOCHS_MAX]; /* ascending by epoch */
};

/* Reads all epochs of the vendor's ledger. */
void readings_make(struct store *store, const struct verifier_key *host_key, struct readings *ret_readings);
void readings_free(struct readings *readings);

/* How many testimonies in that leaf are to another tree, of an epoch that ended, than the vendor was shown; `shown` is
 * how many leaves of each ledger he was. */
size_t readings_other_trees(const struct readings *readings, const uint64_t shown[static EPOCHS_MAX], size_t ledger,
                            size_t leaf);

/* Whether a machine key used a number twice, or times run backwards, in one ledger; or over all epochs a seat was given
 * that there was not. Returns whether a fault was found, of which the world is told. */
bool readings_check(struct world *world, size_t vendor, const struct readings *readings);

#endif
