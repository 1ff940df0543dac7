/*
 * A store whose calls are counted and can fail, each before it has done anything: to be put around another, usually one
 * in memory. One for the process; not thread-safe.
 */
#ifndef TESTS_SUPPORT_FAILING_STORE_H
#define TESTS_SUPPORT_FAILING_STORE_H

#include "base/result.h"

#include <stdbool.h>

struct store;

/* What can be told apart. */
enum store_call {
    CALL_NONE,
    CALL_BEGIN,
    CALL_COMMIT,
    CALL_TEND,
    CALL_LEDGER,
    CALL_LEDGER_NEXT,
    CALL_LICENSE,
    CALL_LICENSE_ID,
    CALL_MACHINE_GET,
    CALL_MACHINES,
    CALL_FETCH,
    CALL_FIGURES,
    CALL_MACHINE_PUT,
    CALL_MACHINES_EXPIRE,
    CALL_ABOUT_PUT,
    CALL_ABOUT_EXPIRE,
    CALL_DENIAL_ADD,
    CALL_LEDGER_SIZE,
    CALL_LEAVES,
    CALL_LEAVES_APPEND,
    CALL_HASHES_GET,
    CALL_HASHES_APPEND,
    CALL_CHECKPOINT_GET,
    CALL_CHECKPOINT_PUT,
    CALL_SHOWN,
    CALL_SHOWN_PUT,
    CALLS
};

struct failing_store {
    unsigned made[CALLS];   /* since failing_store_reset() */
    unsigned total;         /* of all of them */
    unsigned fail_at;       /* the nth of all fails; 0: none */
    enum store_call fails;  /* all of this kind fail */
    unsigned fails_at;      /* the nth of that kind alone; 0: all */
    struct result failure;  /* with that; STORE_FAILED unless it is set */
    enum store_call failed; /* which did last */
    unsigned tends;         /* so often there is still something to tend */
};
extern struct failing_store failing_store;

/* Has the calls of that store counted from now on; none fails. */
void failing_store_wrap(struct store *store);
/* Forgets the calls that were made; none fails. */
void failing_store_reset(void);

#endif
