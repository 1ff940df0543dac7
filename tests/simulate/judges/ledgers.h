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
    bool went_back; /* an epoch begins before the newest leaf of the one before: the clock had been ahead */
    struct ledger_reading ledgers[EPOCHS_MAX]; /* ascending by epoch */
};

/* Reads all epochs of the vendor's ledger. */
void readings_make(struct store *store, const struct verifier_key *host_key, struct readings *ret_readings);
void readings_free(struct readings *readings);

/* Whether the machine key used a number twice, more seats were held than there are, or times run backwards: in one
 * ledger. Returns whether a fault was found, of which the world is told. Seats are not judged where time went back: of
 * leases that lie in the future host and audit disagree (docs/testing.md). */
bool readings_check(struct world *world, size_t vendor, const struct readings *readings);

#endif
