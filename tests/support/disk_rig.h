/*
 * The engine, the SQLite store and the signer on the disk of tests/support/disk.h, with machines that remember every
 * answer they were given; and the audit of what is left after the disk failed or lost its power.
 *
 * An answer counts as given where the disk still stood when the engine gave it. A machine that got none asks the same
 * again.
 */
#ifndef TESTS_SUPPORT_DISK_RIG_H
#define TESTS_SUPPORT_DISK_RIG_H

#include "base/hash.h"
#include "disk.h"
#include "host_fixture.h"
#include "signer_on_disk.h"

enum { RIG_MACHINES = 8, RIG_BATCH_MAX = 5, RIG_GIVEN_MAX = 4000 };

struct rig_machine {
    uint64_t number; /* that it signed last */
    bool unanswered; /* the request in `sent` */
    struct job sent;
    bool holds;
};

/* A leaf that a machine was shown. */
struct rig_given {
    uint64_t index;
    struct hash leaf;
};

struct disk_rig {
    struct host_fixture fixture;
    char path[PATH_SIZE]; /* of the database on the disk */
    uint64_t random;
    void (*spare)(bool spare); /* called around what machines do that is not the host's; NULL: not */
    bool threads;              /* the store may use them; then not every run is the same */
    unsigned opens;
    struct store *store;
    struct engine *engine;
    struct rig_machine machines[RIG_MACHINES];
    size_t given_count;
    struct rig_given given[RIG_GIVEN_MAX];
    struct signer_history history; /* of everything that was signed on this disk */
};

/* How much more than by default the tests are to do: AVAL_ROUNDS, or 1. */
uint64_t rig_rounds(void);

/* An erased disk, and machines that never asked. The folder and its license stay the same from rig to rig. */
void rig_begin(struct disk_rig *rig, uint64_t seed);
uint64_t rig_draw(struct disk_rig *rig, uint64_t below);
/* Opens store and engine; on failure neither is open. Every other time, from the first on, the store has so little room
 * that it settles and moves its log all the time. */
RESULT rig_open(struct disk_rig *rig);
/* What rig_open starts the engine with. */
struct engine_options rig_options(struct disk_rig *rig, struct authority *authority);
/* Has machines ask in so many batches. Returns how many answers were no grant or release. */
size_t rig_ask(struct disk_rig *rig, size_t batches);
/* Closes what is open. */
void rig_close(struct disk_rig *rig);
/* All of it: open, ask, close. Returns the failure to open. */
RESULT rig_live(struct disk_rig *rig, size_t batches);

/* Opens what the disk holds, and compares: every answer given is in the ledger and every row of a machine is that of
 * its last lease; no request made two leaves; every checkpoint that was ever signed is of a beginning of the ledger;
 * the figures are those that counting gives. The test fails where it is not so. */
void rig_audit(struct disk_rig *rig);

/* For cmocka: *state is the rig. */
int rig_set_up(void **state);
int rig_tear_down(void **state);

#endif
