/* A series of rounds on one data folder: load, kill, restart, and again; and now and then an audit of what the crash
 * left. */
#ifndef CRASH_SERIES_H
#define CRASH_SERIES_H

#include "evidence.h"
#include "host_process.h"
#include "load.h"

enum kill_kind { KILL_AVALD, KILL_SIGNER, KILL_BOTH, KILL_KINDS };

struct totals {
    uint64_t rounds;
    uint64_t kills[KILL_KINDS];
    uint64_t kills_at_start; /* beside the rounds */
    uint64_t audits;
    uint64_t answers; /* received, and compared at the end of their series */
    uint64_t releases;
    uint64_t checkpoints;
    uint64_t leaves;
    uint64_t extensions;
    uint64_t given_again; /* running leases, to later notes */
    uint64_t repeated;    /* notes that led to the same leaf again */
    uint64_t used;        /* last leaves behind number-used */
    struct load_counts load;
    struct faults faults;
};

struct series {
    struct chance *chance;
    struct totals *totals;
    struct host_process host;
    struct world world;
    struct machines machines;
    struct evidence evidence;
    struct load *load;
    uint64_t leaves; /* in the ledger at the last audit */
};

/* `root` is made; fewer seats than machines where `tight`. Errors are those of the rig itself; what is wrong with the
 * host is a fault in the totals. */
RESULT series_begin(struct series *series, const char *avald, const char *root, bool tight, struct chance *chance,
                    struct totals *totals);
/* One kill at a moment by chance; afterwards all answers are opened. HOST_UNREACHABLE, and a fault, where the host does
 * not start. */
RESULT series_round(struct series *series);
/* Starts the host once more, has it answer, and stops it. HOST_UNREACHABLE. */
RESULT series_finish(struct series *series);
/* Compares all that was received since the beginning with a copy of the database. Between rounds, and at the end. */
RESULT series_audit(struct series *series);
/* Kills what runs, adds to the totals, and frees; ROOT stays. Takes one whose beginning failed. */
void series_end(struct series *series);

#endif
