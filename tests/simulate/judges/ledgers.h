/* What is in a vendor's ledgers at the end, and whether it may be there. */
#ifndef SIMULATE_LEDGERS_H
#define SIMULATE_LEDGERS_H

#include "core/documents/leaf.h"
#include "store/ledger.h"

enum { EPOCHS_MAX = 64, LEAVES_MAX = 2048 };

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
};

/* One epoch of one vendor's ledger. */
struct ledger_reading {
    uint32_t number;
    uint64_t epoch;
    char origin[KEY_NAME_SIZE];
    size_t count;
    struct leaf_note *leaves;
};

struct readings {
    size_t count;
    struct ledger_reading ledgers[EPOCHS_MAX]; /* ascending by epoch */
};

/* Reads all epochs of the vendor's ledger. */
void readings_make(struct store *store, const struct verifier_key *host_key, struct readings *ret_readings);
void readings_free(struct readings *readings);

/* Whether a machine key used a number twice, or times run backwards, in one ledger; or over all epochs a seat was given
 * that there was not. Returns whether a fault was found, of which the world is told. */
bool readings_check(struct world *world, size_t vendor, const struct readings *readings);

#endif
