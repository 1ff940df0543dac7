/*
 * The engine's state, which its rooms share.
 *
 *   queue.c               what waits, and what the thread takes of it
 *   lifecycle.c           start, thread, end
 *   catalog.c             the authority in force with its numbers in the store
 *   ledgers.c             each ledger's tree, and its agreement with the signer
 *   batch/batch.c         jobs -> one transaction -> signatures -> answers
 *   batch/decisions.c     one job -> denial, or a leaf to write
 *   batch/answers.c       bodies of answers
 *   batch/candidates.c    which licenses a machine may get a lease under
 *   batch/denials.c       denials, kept and answered
 *   batch/sight.c         what a machine has seen, against the host's own trees
 *   batch/fetched.c       the machines of a batch
 *   about/abouts.c        what machines tell of themselves
 *   rates/rates.c         how many new machines there may be, from each address and from all
 *   rates/strangers.c     machines that are not known yet, against these
 *   rates/crowds.c        addresses from which many of them come just now
 *   rates/traces.c        what a request may leave behind in log and kept denials
 *   rates/turned_away.c   who was turned away, until the log says it
 *   rows/forgetting.c     machines that are of no more use
 *   reclaim/reclaims.c    a seat that the operator takes back -> a leaf to write
 *   clocks.c              what the clocks of machines show
 *   roots.c               roots of trees that machines have seen
 *   published.c           what everybody may see of a ledger
 *   metrics.c             what is counted
 *
 * Always: what is below `lock` is read and written under it, and so are the array of ledgers, which others look through
 * for what is published, and what is; everything else is the engine's thread's alone (and the starter's, before the
 * thread and after it). The lock is never held while the store, the signer or a job works.
 */
#ifndef HOST_ENGINE_STATE_H
#define HOST_ENGINE_STATE_H

#include "batch/fetched.h"
#include "clocks.h"
#include "core/tlog/proof.h"
#include "host/engine.h"
#include "proto/answer.h"
#include "rates/crowds.h"
#include "rates/rates.h"
#include "rates/turned_away.h"
#include "roots.h"

#include <pthread.h>
#include <time.h>

struct ledger;
struct catalog;
struct entry;
struct errand;
struct ending;

enum { DENIED_SLOTS = 1024, ENDS_SLOTS = 64, ENDS_KEPT_SECONDS = 60 };

/* When the next seat of a license is free, for those that were denied one. */
struct next_end {
    uint32_t license; /* 0: not asked for yet */
    seconds as_of;
    seconds time;
};

struct engine {
    struct engine_options options;
    void *signer;           /* what options.signer started; NULL: to be started */
    int64_t restart_at;     /* options.milliseconds() before which it is not tried again */
    bool signer_state_lost; /* its last start failed of that: SIGNER_STATE */
    int64_t restart_pause;
    size_t ledger_count;
    struct ledger **ledgers;
    struct catalog *catalog;
    bool adoption_failed; /* the catalog is of an older authority than the last one taken up */
    seconds now;          /* the host's clock, of the batch under way; each ledger has a time of its own */
    enum error_code trouble_logged;
    struct new_rates rate_limits; /* of the batch under way */
    struct rates rates;
    struct rates told;   /* of denials of machines that are not known, which are kept and logged */
    struct rates traces; /* of what is kept and logged of each of the others */
    struct clocks clocks;
    bool clock_disagrees;         /* with most of them; the log has said so */
    bool abouts_looked;           /* nothing was left that is to be forgotten, */
    seconds abouts_at;            /* as of then */
    struct machine_key rows_next; /* where the look for rows that go, goes on, */
    seconds rows_at;              /* and when it last did; */
    seconds rows_heard;           /* when a request counted last; by a clock that then agreed with its machine's. */
    seconds rows_marked;          /* The same, or the newest leaf, up to a day before now; */
    seconds rows_known;           /* and one a day before that at least: by that time rows go; 0: none yet */
    size_t ending_count;          /* licenses of which the log has said that they end soon; */
    struct ending *endings;
    seconds endings_at;  /* looked at as of then; 0: not since the catalog was taken up */
    bool store_untended; /* the store may have something left to do: see store_tend() */

    /* Room for one batch; big things once, not for each job. */
    struct entry *entries;
    struct fetched fetched;
    struct roots roots;
    struct hash denied[DENIED_SLOTS]; /* notes that were denied a while ago, each at a place that its hash says */
    struct decision decision;
    struct denial first_denial;       /* of the job under way */
    struct next_end ends[ENDS_SLOTS]; /* each at a place that its number says */
    struct tlog_proof proof;
    struct answer answer;
    struct reason reason; /* what the store or the system said of the last failure of this batch */
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
    unsigned queued;     /* jobs, with those that wait below */
    unsigned last_count; /* jobs of the last round but those of crowds */
    struct crowds crowds;
    struct job *crowd; /* what crowds ask, until `crowd_due` */
    struct job **last_of_crowd;
    unsigned crowd_count;
    unsigned crowd_joined;       /* those that are in the queue, for this round */
    struct timespec crowd_due;   /* CLOCK_MONOTONIC */
    struct timespec crowd_late;  /* the same: though others wait too */
    struct timespec crowd_began; /* the same: the round with their jobs that is under way; all zero: there is none */
    struct errand *errands;
    struct errand **last_errand;
    struct authority *authority;   /* the newest */
    struct new_rates rates_wanted; /* for the next batch */
    bool authority_changed;        /* since the engine's thread last looked */
    struct turned_away turned_away;
    bool turned_away_news; /* of which the engine's thread does not know, which may sleep */
    struct metrics metrics;
};

/* Sets up all of it but the thread and what prepare() reads. Call engine_clear() also where this fails.
 * NO_MEMORY. */
RESULT engine_init(struct engine *engine, const struct engine_options *options);
/* Stops the signer and frees what the engine holds, not the engine itself. */
void engine_clear(struct engine *engine);

#endif
