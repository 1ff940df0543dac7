/*
 * The engine: takes requests from any thread, decides them in batches, and calls back with the answer.
 *
 * One thread of its own owns the store's writing handle and the signer. What arrives while a batch is committed forms
 * the next one. A batch is: one transaction with all decisions and leaves, committed; then one signature for each
 * ledger; then the answers.
 *
 * Always: no answer leaves before the transaction that holds it is on disk; a failed commit answers its whole batch
 * with host-storage, a failed signature with host-signer, and the engine goes on. The leaves of a batch whose signature
 * failed are in the database and are fed to the signer before the next batch.
 */
#ifndef HOST_ENGINE_H
#define HOST_ENGINE_H

#include "authority/authority.h"
#include "base/address.h"
#include "base/reason.h"
#include "host/metrics.h"
#include "ledger/pages.h"
#include "signer/client.h"
#include "signer/service.h"
#include "store/ledger.h"
#include "store/machines.h"

enum job_kind { JOB_ACTIVATE, JOB_RELEASE };

enum { USUAL_ANSWER_SIZE = 4096 };

/* One request under way. The submitter allocates and frees it; between engine_submit and `done` it is the engine's. */
struct job {
    enum job_kind kind;
    union {
        struct request request;
        struct release release;
    };
    uint8_t note[MACHINE_NOTE_MAX]; /* the same as the machine signed it; the submitter has verified the signature */
    size_t note_size;
    struct hash note_hash; /* SHA-256 of it */
    struct about *about;   /* what the machine signed beside a request; the submitter's; NULL: nothing to be kept */
    struct address from;   /* where the machine asks from, */
    char address[ADDRESS_TEXT_SIZE]; /* and the same in text */
    bool own; /* it showed the site key: the machine is the organisation's own, and the rates of new ones are not for it
               */
    bool offline; /* the operator hands in a file that the machine made */

    /* Called once, on the engine's thread, when the answer stands. Must not block. */
    void (*done)(struct job *job);
    void *context;

    /* The answer. */
    int http_status;
    char *body; /* NULL only where memory ran out (then http_status is 503); goes with job_drop_answer() */
    size_t body_size;
    char usual_answer[USUAL_ANSWER_SIZE]; /* where the body is, unless it is longer */

    struct job *next; /* the engine's */
};

/* Frees the answer, which is the submitter's once `done` is called; there is none afterwards. */
void job_drop_answer(struct job *job);

/* How many new machines are taken: those of which the host has no row under the vendor, and is about to have one. */
struct new_rate {
    uint64_t at_once;  /* at most 10^9; 0: no limit */
    uint64_t per_hour; /* that come back of these, at most 10^9 */
};
struct new_rates {
    struct new_rate address; /* of each address, of IPv6 of each /64, */
    struct new_rate all;     /* and of all together */
};

struct engine_options {
    struct store *store;          /* borrowed; the writing handle, the engine's alone while it runs */
    struct signer_service signer; /* what it refers to is borrowed */
    struct authority *authority;  /* borrowed: the engine takes a reference of its own */
    const struct log *log;
    seconds (*now)(void);          /* the host's clock: what leases and denials are dated by */
    int64_t (*milliseconds)(void); /* a clock that never runs backwards: pauses between two starts of the signer */
    bool about;                    /* keep what machines tell of themselves; otherwise what is there is forgotten */
    struct new_rates rates;        /* to begin with */
    unsigned queue;                /* see config.h */
    unsigned batch;
};

struct engine;

/* Starts the signer, feeds it what the database is ahead, and starts the thread. STORE_ROLLED_BACK where the database
 * is behind the signer, with both sizes in the log and the reason; errors of store and signer, with the store's words.
 */
RESULT engine_start(const struct engine_options *options, struct engine **ret_engine, struct reason *reason);
/* Finishes the batch in flight, answers what is queued, ends thread and signer. Takes NULL. */
void engine_stop(struct engine *engine);

/* Hands a job over. HOST_BUSY where the queue is full: the job stays the caller's and `done` is not called.
 * Thread-safe. */
RESULT engine_submit(struct engine *engine, struct job *job);
/* Replaces the authority from the next batch on; takes over the reference. Restarts the signer where ledgers were
 * added. Thread-safe. */
void engine_set_authority(struct engine *engine, struct authority *authority);
/* Replaces the rates from the next batch on; what was taken stays taken. Thread-safe. */
void engine_set_rates(struct engine *engine, const struct new_rates *rates);
/* The authority in force, with a reference for the caller. Thread-safe. */
struct authority *engine_authority(struct engine *engine);
/* Runs `work` in a transaction of its own between two batches and waits for it; commits where it succeeds. For the
 * operator's commands. Errors of `work` and of the store; HOST_BUSY once the engine is stopping. Thread-safe. */
RESULT engine_run(struct engine *engine, RESULT (*work)(void *context, struct store *store, struct reason *reason),
                  void *context, struct reason *reason);

/* Has the store keep the checkpoints signed last, which it gets with the next batch otherwise, or when nobody asks.
 * Errors of the store; HOST_BUSY once the engine is stopping. Thread-safe. */
RESULT engine_save(struct engine *engine, struct reason *reason);

/* A seat that the operator takes back from a machine which is gone. */
struct reclaim {
    struct machine_id machine;
    char license[NAME_SIZE]; /* "": the one under which it holds a seat; filled in */

    /* What came of it. */
    enum reclaim_kind kind; /* never RECLAIM_NOTHING */
    seconds reclaimed;
    seconds lease_ends; /* the lease itself, which runs at the machine until then */
    seconds seat_until; /* when the seat is free */
    uint64_t used;      /* reclaims of the license within RETURNS_WINDOW that made a seat free, this one included, */
    uint64_t allowed;   /* and how many may */
    uint64_t leaf;      /* the index of the leaf that says it, in the ledger of that origin; not of RECLAIM_AGAIN */
    char origin[KEY_NAME_SIZE];
};
/* Does it and waits: leaf, row and block (reason RECLAIM_REASON, unless it is blocked already) in one transaction.
 * NOT_FOUND where the license is not here, USAGE where it holds seats under several and none is named, RECLAIM_NOTHING,
 * HOST_RESTORED, HOST_CLOCK and HOST_SIGNER where its ledger takes nothing, errors of the store; HOST_BUSY once the
 * engine is stopping. Thread-safe. */
#define RECLAIM_REASON "reclaimed"
RESULT engine_reclaim(struct engine *engine, struct reclaim *reclaim, struct reason *reason);

/* The host's clock. Thread-safe. */
seconds engine_now(const struct engine *engine);

/* A copy of what was signed last for the ledger of that origin. NOT_FOUND where there is no such ledger, or nothing of
 * it has been signed since the start. Thread-safe. */
RESULT engine_published(struct engine *engine, const char *origin, struct published *ret_published);

/* How a ledger stands with what machines have seen of it, and with the host's clock. */
struct ledger_standing {
    seconds newest;     /* the time of its newest leaf; 0: none */
    struct shown shown; /* what shows that the ledger is an old copy; epoch 0: nothing */
    /* Why nothing is added. OK; SIGNER_STATE: the signer has lost what it keeps; HOST_RESTORED: it is an old copy;
     * HOST_CLOCK: the clock is more than CLOCK_TOLERANCE behind. */
    enum error_code trouble;
};
/* As of now. All zero where there is no such ledger. Thread-safe. */
void engine_standing(struct engine *engine, const char *origin, struct ledger_standing *ret_standing);

/* A reading handle on the engine's store. Yours to close, before the store. Thread-safe. */
RESULT engine_open_reader(struct engine *engine, struct store **ret_reader, struct reason *reason);

/* Counts a request that was denied before it became a job. Thread-safe. */
void engine_count_denial(struct engine *engine, enum error_code code);
/* The same of one whose address may not ask at all (NETWORK_NOT_LISTED). The log says from which most came, at most
 * once a minute. Thread-safe. */
void engine_turn_away(struct engine *engine, const struct address *from, const char *address);
/* Counts a request for what it showed of the site key, where this host has one. Thread-safe. */
enum site_showing { SITE_CURRENT, SITE_FORMER, SITE_MISSING, SITE_WRONG };
void engine_count_site(struct engine *engine, enum site_showing showing);
/* A consistent copy of what was counted since the start. Thread-safe. */
void engine_metrics(struct engine *engine, struct metrics *ret_metrics);

#endif
