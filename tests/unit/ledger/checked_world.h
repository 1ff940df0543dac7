/* A ledger of 600 leaves with its rows, of which a test can change anything before it is written to a store, and what
 * the check finds in it. */
#ifndef TEST_CHECKED_WORLD_H
#define TEST_CHECKED_WORLD_H

#include "host_fixture.h"
#include "ledger/check.h"
#include "store/machines.h"

#define ORIGIN  HOST "/" VENDOR
#define LICENSE "main"

enum { LEAVES = 600, MACHINES = 40, FINDINGS_MAX = 4096 };

/* What a store is filled with; the tests change it before it is written. */
struct world {
    struct signing_key *key;
    size_t leaf_count;
    size_t hash_count; /* of leaves, with those of the levels above them */
    struct buffer leaves[LEAVES];
    struct hash hashes[LEAVES];
    struct hash upper[LEAVES / TILE_WIDTH];
    struct machine_row rows[MACHINES];
    bool row_missing[MACHINES];
    struct buffer checkpoint;
};

struct findings {
    size_t count;
    struct ledger_finding list[FINDINGS_MAX];
};

struct machine_id machine_of(size_t number);
struct lease lease_of(size_t leaf);
void write_lease(size_t machine, const struct lease *lease, size_t leaf, struct buffer *text,
                 struct machine_record *record);
/* A lease of the machine whose turn it is, or the release of its last one. */
void make_leaf(struct world *world, size_t leaf);
/* Hashes and checkpoint of the leaves as they are. */
void sign_world(struct world *world);

/* Set-up and tear-down of a test: `*state` is the world. */
int make_world(void **state);
int free_world(void **state);

/* Leaves `from` up to `to` with their hashes, and every row, in one transaction. */
void write_world(struct world *world, struct store *store, size_t from, size_t to);

struct ledger_check check_of(const struct world *world, struct store *store, struct findings *findings);
/* In steps of that budget, each of which takes up what the one before it left. Errors of ledger_check_step(). */
RESULT check_all(const struct world *world, struct store *store, uint64_t budget, struct findings *findings);

#endif
