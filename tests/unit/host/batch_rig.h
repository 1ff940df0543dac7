/*
 * An engine without its thread: a batch runs when the test says so. Over a store in memory that is failing_store.h's,
 * with a signer that signs what it is told, and a log that can be read.
 */
#ifndef TESTS_UNIT_HOST_BATCH_RIG_H
#define TESTS_UNIT_HOST_BATCH_RIG_H

#include "failing_store.h"
#include "host_fixture.h"

#include "batch/batch.h"
#include "batch/entry.h"
#include "catalog.h"
#include "ledgers.h"
#include "state.h"

enum { BATCH = 8 };

struct batch_rig {
    struct host_fixture fixture;
    struct engine engine;
    struct log log;
    struct store *store;

    struct result start_says;
    struct result append_says;
    unsigned starts;
    unsigned appends;
    struct checkpoint signed_last; /* of the fixture's vendor */
    int64_t milliseconds;
};

/* For cmocka: *state is the rig; its engine serves the license "main", and its ledger is ready and empty. */
int batch_rig_set_up(void **state);
int batch_rig_tear_down(void **state);

/* The ledger of the fixture's vendor. */
struct ledger *ledger_of(struct batch_rig *rig);
/* How often the words stand in the log. */
size_t logged(struct batch_rig *rig, const char *words);
void log_forget(struct batch_rig *rig);
/* Takes up what is in the folder now. */
void take_up(struct batch_rig *rig);

/* ---- asking ---- */

struct asked {
    struct job job;
    unsigned answered; /* how often */
};
void ask(struct asked *asked, uint64_t machine, const struct request *request);
void give_back(struct asked *asked, uint64_t machine, const struct release *release);
/* The note of another once more. */
void ask_again(struct asked *asked, const struct asked *sent);
/* Runs them as one batch; the answers are there afterwards, and are to be freed. */
void run(struct batch_rig *rig, struct asked *asked, size_t count);
/* Of an answered one: OK, or the code of the denial. */
enum error_code code_of(const struct asked *asked);
/* Of one that is not in doubt. The leaf of a grant or release is proved, and the note of the job stands in it, or of a
 * lease that was given again one of that machine; behind number-used there is its last leaf, or nothing. */
void assert_answered(struct batch_rig *rig, const struct asked *asked, enum error_code code);
void free_answers(struct asked *asked, size_t count);
/* One batch of one request, whose answer is freed: the request of that machine with that number. */
enum error_code ask_for(struct batch_rig *rig, uint64_t machine, uint64_t number);
/* The same of a release under "main". */
enum error_code release_for(struct batch_rig *rig, uint64_t machine, uint64_t number);

#define BATCH_TEST(name) cmocka_unit_test_setup_teardown(name, batch_rig_set_up, batch_rig_tear_down)

#endif
