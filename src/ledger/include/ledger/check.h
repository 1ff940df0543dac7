/*
 * The whole database of a ledger against its own last checkpoint.
 *
 * Stage by stage: the checkpoint is signed by the host key; each leaf is a lease or a release, its hash is the one kept
 * for it, and the row of its machine knows of it; each hash of a higher level is that of the 256 below it; the root of
 * what was signed is the signed one; each row of a machine is that of its last leaf, by the number and the hash of what
 * the machine signed. So a byte that changed in a leaf, a hash, the checkpoint, or what a row says of its leaf is
 * reported, with what it affects. What a row says besides (times and number of requests, when a lease that was given
 * back had been issued, address) is the operator's own note, for which no ledger vouches.
 *
 * Done in steps of any size, in constant memory, from a position that may be written down and taken up by another
 * process later. The host may go on serving meanwhile: what came after the first step is not looked at.
 */
#ifndef LEDGER_CHECK_H
#define LEDGER_CHECK_H

#include "base/hash.h"
#include "core/documents/documents.h"
#include "core/tlog/checkpoint.h"
#include "store/store.h"

enum ledger_check_stage {
    LEDGER_CHECK_BEGIN,
    LEDGER_CHECK_LEAVES,
    LEDGER_CHECK_HASHES,
    LEDGER_CHECK_ROOT,
    LEDGER_CHECK_MACHINES,
    LEDGER_CHECK_DONE
};

/* Where a check stands; all zero: at the begin. Holds no pointers. */
struct ledger_check_position {
    enum ledger_check_stage stage;
    unsigned level;       /* of LEDGER_CHECK_HASHES */
    uint64_t next;        /* leaf, hash of the level, or how many machines have been looked at */
    uint64_t size;        /* leaves to look at */
    uint64_t signed_size; /* of the checkpoint; 0 where there is none that holds */
    struct hash root;     /* of the checkpoint */
    uint32_t license;     /* the machine looked at last */
    struct machine_id machine;
    uint64_t findings; /* so far */
};

enum ledger_fault {
    LEDGER_FAULT_CHECKPOINT, /* there is none although there are leaves, nor does the next epoch tell of them; or it is
                              * not signed by the host key */
    LEDGER_FAULT_SHORT,      /* leaves first..last were signed and are not there */
    LEDGER_FAULT_END,        /* leaves and their hashes end at different places (first..last has only one of them) */
    LEDGER_FAULT_LEAF,       /* leaves first..last cannot be read, each or in a row */
    LEDGER_FAULT_ARCHIVE,    /* leaves first..last are in a file of the archive that is missing or damaged */
    LEDGER_FAULT_LEAF_HASH,  /* leaf `first` is not the one whose hash is kept */
    LEDGER_FAULT_LEAF_FORM,  /* leaf `first` is neither lease nor release */
    LEDGER_FAULT_LICENSE,    /* leaf `first` is under a license that the database does not know */
    LEDGER_FAULT_HASH,       /* hashes first..last of `level` cannot be read or are not those of what is below */
    LEDGER_FAULT_ROOT,       /* leaves first..last together are not what was signed */
    LEDGER_FAULT_MACHINE,    /* the row of the machine contradicts leaf `first` */
    LEDGER_FAULT_MACHINES    /* the rows behind that machine cannot be read */
};

enum { LEDGER_WORDS_SIZE = 320 };
struct ledger_finding {
    enum ledger_fault fault;
    unsigned level;
    uint64_t first;
    uint64_t last;
    char license[NAME_SIZE]; /* of LEDGER_FAULT_LICENSE, _MACHINE and _MACHINES */
    struct machine_id machine;
    char words[LEDGER_WORDS_SIZE]; /* of LEDGER_FAULT_ARCHIVE: which file; what does not fit is cut off */
};

struct ledger_check {
    struct store *store;            /* outside a transaction; a reader will do */
    const char *origin;             /* of the ledger: the key's name, or an epoch of it */
    const struct verifier_key *key; /* the host key */
    void (*report)(void *context, const struct ledger_finding *finding);
    void *context;
};

/* Goes on from the position, for about `budget` leaves, hashes or machines; to be called until position->stage is
 * LEDGER_CHECK_DONE. NOT_FOUND: no such ledger in the store; CHECKPOINT_ORIGIN: none of that key; STORE_FAILED,
 * NO_MEMORY, in the store's words in `reason`: the position stands where the check can be taken up again. What
 * contradicts itself is no failure but a finding. */
RESULT ledger_check_step(const struct ledger_check *check, struct ledger_check_position *position, uint64_t budget,
                         struct reason *reason);

/* Appends the sentence that says the finding, without a newline. */
void ledger_finding_write(const struct ledger_finding *finding, struct buffer *out);

#endif
