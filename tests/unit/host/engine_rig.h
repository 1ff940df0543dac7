/*
 * An engine with a real store and the real signer, and machines that ask it. Each answer of a lease is believed as a
 * machine would, and tied to the checkpoint that the machine saw before.
 */
#ifndef TESTS_UNIT_HOST_ENGINE_RIG_H
#define TESTS_UNIT_HOST_ENGINE_RIG_H

#include "fault_vfs.h"
#include "host_fixture.h"

#include <pthread.h>
#include <semaphore.h>

/* An engine on a folder with the license "main". */
struct rig {
    struct host_fixture fixture;
    bool sqlite;
    struct store *store;
    struct engine *engine;
    struct checkpoint seen; /* the newest that any answer showed */
};

/* For cmocka: *state is the rig, its engine started. The files of SQLite are those of fault_vfs.h. */
int setup_memory(void **state);
int setup_sqlite(void **state);
int teardown(void **state);

/* Opens rig->store. */
void open_store(struct rig *rig);
RESULT try_start(struct rig *rig, struct reason *reason);
void start(struct rig *rig);
void stop(struct rig *rig);
/* Puts the license in place of the one of its id, and has the engine take it up. */
void use_license(struct rig *rig, const struct license *license);

/* ---- asking ---- */

struct asked {
    struct job job;
    sem_t answered;
};
/* For job.done, with the asked as its context. */
void answered(struct job *job);
struct slice body_of(const struct asked *asked);
/* Hands a request over, and waits for its answer. */
void submit(struct rig *rig, struct asked *asked, uint64_t machine, const struct request *request);
/* The same with what the machine signed beside it, borrowed until the answer. */
void submit_telling(struct rig *rig, struct asked *asked, uint64_t machine, const struct request *request,
                    struct about *about);
/* The same note once more. */
void submit_again(struct rig *rig, struct asked *asked, const struct job *sent);
void await(struct asked *asked);
/* Reads a denial and frees the answer. */
struct denial denial_of(struct asked *asked);
/* Believes an answer as the machine that sent the request would, checks that its ledger extends the one seen, and frees
 * it. */
struct believed lease_of(struct rig *rig, struct asked *asked);
/* The same of a release: the index of its leaf. */
uint64_t released_of(struct rig *rig, struct asked *asked);

/* Has the request say that its machine has seen the newest that any answer showed. */
void see(const struct rig *rig, struct request *request);
/* All of it, for the request that fixture_request() makes of both numbers. */
struct believed grant(struct rig *rig, uint64_t machine, uint64_t number);
struct denial refusal(struct rig *rig, uint64_t machine, const struct request *request);
enum error_code refuse(struct rig *rig, uint64_t machine, uint64_t number);
/* Asks to give the seat under "main" back, having seen the same; the answer is the caller's to free. */
void release(struct rig *rig, struct asked *asked, uint64_t machine, uint64_t number);

struct metrics metrics_of(struct rig *rig);
uint64_t denied_of(struct rig *rig, enum error_code code);

/* Holds the engine between two batches, so that what is submitted meanwhile forms one. */
struct gate {
    sem_t entered;
    sem_t open;
    struct engine *engine;
    pthread_t thread;
};
void gate_close(struct rig *rig, struct gate *gate);
void gate_open(struct gate *gate);

#define ON_MEMORY(name) \
    { \
#name "_in_memory", name, setup_memory, teardown, NULL \
    }
#define ON_SQLITE(name) \
    { \
#name "_in_sqlite", name, setup_sqlite, teardown, NULL \
    }
#define ON_BOTH(name) ON_MEMORY(name), ON_SQLITE(name)

#endif
