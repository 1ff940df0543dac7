/*
 * What the rooms of the engine share: its state, the ledgers, the catalog, and a batch under way.
 *
 *   ../engine.c    the queue, the thread, start and stop
 *   catalog.c      the authority in force with its numbers in the store
 *   ledgers.c      each ledger's tree, and its agreement with the signer
 *   decisions.c    one job -> denial, or a leaf to write
 *   batch.c        jobs -> one transaction -> signatures -> answers
 *   answers.c      bodies of answers
 *
 * Always: what is below `lock` is read and written under it, and so are the array of ledgers, which others look through
 * for what is published, and what is; everything else is the engine's thread's alone (and the
 * starter's, before the thread and after it). The lock is never held while the store, the signer or a job works.
 */
#ifndef HOST_ENGINE_INNER_H
#define HOST_ENGINE_INNER_H

#include "base/hash.h"
#include "fetched.h"
#include "host/engine.h"
#include "proto/answer.h"
#include "store/machines.h"

#include <pthread.h>

enum {
    CANDIDATES_MAX = 16, /* licenses for one product and edition that are looked at for a request */
    RETRY_BUSY = 30,     /* seconds, in denials that are about the host's own state */
    RETRY_TROUBLE = MINUTE,
    RETRY_NO_LICENSE = 2 * HOUR,
    TEND_MILLISECONDS = 1000,         /* an idle engine looks after its signer and checkpoints this often */
    TILES_REMEMBERED = 16,            /* of a ledger: the right edge, and where machines were that saw less */
    SETTLE_STEP = 2000,               /* machines that an idle engine settles before it looks for work again */
    RESTART_FIRST_MILLISECONDS = 250, /* pause between two failed attempts to start the signer, doubled each time */
    RESTART_LONGEST_MILLISECONDS = 5000,
};

/* One ledger, from the engine's start to its end.
 *
 * Always: `frontier` is the tree of what is committed; `next`, `appended` and the arrays are of the batch under way.
 * Where `ready`, the signer has signed that very tree, and `checkpoint` is its note. */
struct ledger {
    char origin[KEY_NAME_SIZE];
    uint64_t epoch;
    uint32_t number; /* in the store */
    bool loaded;
    bool ready;
    struct frontier frontier;
    struct buffer checkpoint;
    struct published published; /* below the engine's lock; size and note of the last checkpoint */
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

/* A vendor of the authority in force, with what belongs to it in store and engine. */
struct catalog_vendor {
    const struct authority_vendor *vendor;
    struct ledger *ledger;
    uint32_t *licenses; /* numbers in the store, in the order of vendor->licenses */
};

struct catalog {
    struct authority *authority; /* a reference of its own */
    size_t count;
    struct catalog_vendor *vendors; /* in the order of authority->vendors */
};

enum outcome { OUTCOME_DENIED, OUTCOME_LEASE, OUTCOME_RELEASED };

/* What a batch remembers of a job between decision, answer and log; the job itself may be gone by then. */
struct entry {
    struct job *job;
    enum outcome outcome;
    bool repeated;
    enum error_code denial; /* of OUTCOME_DENIED */
    const struct catalog_vendor *vendor;
    const struct authority_license *license; /* NULL where none matched */
    uint64_t leaf;                           /* index in the ledger, of the other outcomes */
    struct machine_id machine;
    char address[ADDRESS_TEXT_SIZE];
};

/* Work of the operator, on its caller's stack. */
struct errand {
    RESULT (*work)(void *context, struct store *store);
    void *context;
    struct result result;
    bool finished;
    struct errand *next;
};

struct engine {
    struct engine_options options;
    struct signer *signer; /* NULL: to be started */
    int64_t restart_at;    /* clock_monotonic_ms() before which it is not tried again */
    int64_t restart_pause;
    size_t ledger_count;
    struct ledger **ledgers;
    struct catalog *catalog;
    bool adoption_failed; /* the catalog is of an older authority than the last one taken up */
    seconds now;          /* of the batch under way; never before `logged` */
    seconds logged;       /* time of the newest leaf of any ledger; 0: none */
    enum error_code trouble_logged;
    bool unsettled; /* the store may have something to settle */

    /* Room for one batch; big things once, not for each job. */
    struct entry *entries;
    struct fetched fetched;
    struct decision decision;
    struct denial first_denial; /* of the job under way */
    struct tlog_proof proof;
    struct answer answer;
    struct buffer log_lines;
    struct buffer denial;
    struct buffer body;
    struct buffer leaf;

    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t arrived;  /* for the engine's thread */
    pthread_cond_t finished; /* for those that wait for errands */

    /* Below the lock. */
    bool sleeping;
    bool stopping;
    struct job *first;
    struct job **last;
    unsigned queued;
    struct errand *errands;
    struct errand **last_errand;
    struct authority *authority; /* the newest */
    bool authority_changed;      /* since the engine's thread last looked */
    struct engine_counters counters;
};

/* ---- engine.c ---- */

/* Whether anybody waits for the engine's thread. */
bool engine_wanted(struct engine *engine);

/* ---- catalog.c ---- */

/* Makes the catalog of the newest authority, if it is not in force yet: numbers its ledgers and licenses in a
 * transaction of its own, and makes its ledgers ready. On failure the old catalog stays in force, and the next call
 * tries again. */
RESULT catalog_adopt(struct engine *engine);
/* Takes NULL. */
void catalog_free(struct catalog *catalog);
const struct catalog_vendor *catalog_find(const struct catalog *catalog, const struct authority_vendor *vendor);

/* ---- ledgers.c ---- */

/* A vendor's ledger that knows nothing but its origin; room for `batch` leaves. NO_MEMORY. Yours to free. */
RESULT ledger_new(const struct authority_vendor *vendor, unsigned batch, struct ledger **ret_ledger);
/* Takes NULL. */
void ledger_free(struct ledger *ledger);
/* Makes store and signer agree: feeds the signer what the store is ahead. STORE_ROLLED_BACK, with both sizes in the
 * log, where the store is behind, or has another tree. Nothing to do where the ledger is ready. */
RESULT ledger_agree(struct engine *engine, struct ledger *ledger);
/* Adds a leaf to the batch; *ret_index is its index in the ledger. */
RESULT ledger_add(struct ledger *ledger, struct slice text, uint64_t *ret_index);
/* Puts the batch's leaves and hashes into the open transaction. */
RESULT ledger_store(struct ledger *ledger, struct store *store);
/* After the commit: moves the frontier on and has the tree signed. HOST_SIGNER. */
RESULT ledger_sign(struct engine *engine, struct ledger *ledger);
/* Forgets the batch. */
void ledger_clear(struct ledger *ledger);
/* Starts a signer where there is none, no more often than its pauses allow. HOST_SIGNER. */
RESULT signer_revive(struct engine *engine);
void signer_drop(struct engine *engine);
/* Puts checkpoints that the store has not got into the open transaction. */
RESULT checkpoints_store(struct engine *engine);
/* To be called after its commit. */
void checkpoints_stored(struct engine *engine);

/* ---- decisions.c ---- */

/* Names the machines that deciding the job will look at, in engine->fetched. NO_MEMORY. */
RESULT decide_prepare(struct engine *engine, const struct job *job);
/* Decides one job within the open transaction, its machines being fetched, and writes its answer where that is a
 * denial. Fails where the store does. */
RESULT decide_job(struct engine *engine, struct entry *entry);

/* ---- batch.c ---- */

/* Decides, commits, signs and answers. `count` is at most options.batch. */
void batch_run(struct engine *engine, struct job *jobs, size_t count);
/* What an idle engine looks after: the authority, the signer, checkpoints to be stored, and what the store has to
 * settle, as long as there is no other work. */
void batch_tend(struct engine *engine);
/* Whether there is something to tend soon. */
bool batch_untended(const struct engine *engine);
/* Says in log and counters how things stand. */
void trouble_set(struct engine *engine, enum error_code trouble);

/* ---- answers.c ---- */

/* Gives the job that answer, instead of any that it has. */
void answer_text(struct job *job, int http_status, struct slice body);
/* The same with the plain denial of that code. */
void answer_denial(struct job *job, enum error_code code, seconds retry_after);
/* The proof of the entry's leaf, and what goes with it. Errors of the store. */
RESULT answer_leaf(struct engine *engine, const struct entry *entry);

#endif
