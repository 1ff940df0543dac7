/*
 * What the clients received against what the host kept: the copied database of a world, its signer's state, and every
 * answer since the beginning.
 *
 * Reads the leaves once, in order, and follows each machine's fate through them. From that alone follows what the
 * machine table, the figures, the tiles and all checkpoints must say.
 */
#ifndef CRASH_AUDIT_H
#define CRASH_AUDIT_H

#include "base/hash.h"
#include "evidence.h"
#include "store/store.h"
#include "world.h"

struct audit {
    const struct world *world;
    const struct machines *machines;
    const struct evidence *evidence;
    seconds now;
    struct faults *faults;
};

/* Errors are those of the rig itself; a database that cannot be read is a fault. *ret_leaves: how many there are. */
RESULT audit_run(const struct audit *audit, uint64_t *ret_leaves);

/* What the leaves say of one machine. */
struct fate {
    uint64_t leaf;    /* index of its last leaf + 1; 0: none */
    uint64_t number;  /* in it, */
    struct hash note; /* and SHA-256 of the note that it carries */
    seconds issued;   /* of its last lease */
    seconds expires;  /* or the moment of its release */
    bool holds;
    bool released; /* its last leaf is its release */
    bool listed;   /* the machine table has it */
};

/* What the leaves say together. */
struct history {
    struct store *store;
    struct store *reader; /* for tiles, while the leaves are read */
    uint32_t ledger;
    uint32_t license;
    uint64_t size;
    struct hash *leaves; /* `size` of them */
    struct fate *fates;  /* one for each machine */
    uint64_t held;
};

/* audit_ledger.c: leaves, tiles and checkpoints. */
RESULT audit_ledger(const struct audit *audit, struct history *history);

#endif
