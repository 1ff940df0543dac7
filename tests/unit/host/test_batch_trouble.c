/* Batches and what an idle engine tends, where store, signer or clock are not as they should be. */
#include "batch_rig.h"

#include "batch/answers.h"
#include "failing_calls.h"
#include "licenses/endings.h"
#include "store/operators.h"

#include <stdlib.h>
#include <string.h>

static enum error_code trouble_of(const struct batch_rig *rig)
{
    assert_int_equal(rig->engine.metrics.trouble, rig->engine.trouble_logged);
    return rig->engine.trouble_logged;
}

/* As the engine has it that has just been started. */
static void give_memory_back(struct engine *engine, struct ledger *ledger)
{
    fetched_free(&engine->fetched);
    engine->roots = (struct roots){0};
    tile_memory_free(ledger->tiles);
    ledger->tiles = NULL;
    buffer_free(&engine->log_lines);
    buffer_free(&engine->denial);
    buffer_free(&engine->body);
    buffer_free(&engine->leaf);
    buffer_free(&ledger->texts);
}

/* ---- what is left to tend ---- */

static void an_engine_is_untended_as_long_as_any_of_these_is_so(void **state)
{
    struct batch_rig *const rig = *state;
    struct engine *const engine = &rig->engine;
    struct ledger *const ledger = ledger_of(rig);
    assert_false(batch_untended(engine));
    engine->trouble_logged = ERR_HOST_SIGNER;
    assert_true(batch_untended(engine));
    engine->trouble_logged = OK;
    bool *const each[] = {&engine->adoption_failed, &engine->store_untended, &ledger->unsaved, &ledger->stands,
                          &engine->clock_disagrees};
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        *each[i] = true;
        assert_true(batch_untended(engine));
        *each[i] = false;
        assert_false(batch_untended(engine));
    }
    ledger->unsaved = true; /* of a ledger that is not ready there is nothing that could be kept */
    ledger->ready = false;
    assert_false(batch_untended(engine));
}

static void a_checkpoint_is_kept_when_the_engine_is_idle(void **state)
{
    struct batch_rig *const rig = *state;
    assert_int_equal(ask_for(rig, 1, 1), OK);
    assert_int_equal(ask_for(rig, 2, 1), OK);
    assert_true(batch_untended(&rig->engine));
    failing_store_reset();
    for (size_t i = 0; i < 2; i++) {
        batch_tend(&rig->engine);
        assert_int_equal(failing_store.made[CALL_CHECKPOINT_PUT], 1);
        assert_int_equal(failing_store.made[CALL_COMMIT], 1);
        assert_false(batch_untended(&rig->engine));
    }
    CLEANUP_BUFFER struct buffer note = buffer_make(SIGNED_NOTE_MAX);
    struct checkpoint kept;
    assert_ok(store_checkpoint_get(rig->store, ledger_of(rig)->number, &note, NULL));
    assert_ok(checkpoint_open(buffer_slice(&note), &rig->fixture.host_key, &kept));
    assert_int_equal(kept.size, 2);
}

/* Whoever checks the ledger from then on expects one. */
static void the_first_checkpoint_is_kept_before_any_answer(void **state)
{
    struct batch_rig *const rig = *state;
    assert_int_equal(ask_for(rig, 1, 1), OK);
    assert_int_equal(failing_store.made[CALL_CHECKPOINT_PUT], 1);
    assert_false(ledger_of(rig)->unsaved);
    assert_int_equal(ask_for(rig, 2, 1), OK);
    assert_int_equal(failing_store.made[CALL_CHECKPOINT_PUT], 1);
    assert_true(ledger_of(rig)->unsaved);
    assert_int_equal(ask_for(rig, 3, 1), OK); /* with the next batch */
    assert_int_equal(failing_store.made[CALL_CHECKPOINT_PUT], 2);
}

static void a_first_checkpoint_that_the_store_refuses_is_kept_later(void **state)
{
    struct batch_rig *const rig = *state;
    failing_store.fails = CALL_CHECKPOINT_PUT;
    assert_int_equal(ask_for(rig, 1, 1), OK);
    assert_int_equal(failing_store.made[CALL_CHECKPOINT_PUT], 1);
    assert_int_equal(trouble_of(rig), OK);
    assert_true(batch_untended(&rig->engine));
    failing_store_reset();
    batch_tend(&rig->engine);
    assert_int_equal(failing_store.made[CALL_CHECKPOINT_PUT], 1);
    assert_false(batch_untended(&rig->engine));
}

static void the_store_is_tended_until_nothing_is_left(void **state)
{
    struct batch_rig *const rig = *state;
    assert_int_equal(ask_for(rig, 1, 1), OK);
    assert_true(rig->engine.store_untended);
    failing_store.tends = 2;
    batch_tend(&rig->engine);
    assert_int_equal(failing_store.made[CALL_TEND], 3);
    assert_false(batch_untended(&rig->engine));
    batch_tend(&rig->engine);
    assert_int_equal(failing_store.made[CALL_TEND], 3);
}

static void the_store_is_left_alone_as_long_as_somebody_waits(void **state)
{
    struct batch_rig *const rig = *state;
    assert_int_equal(ask_for(rig, 1, 1), OK);
    rig->engine.stopping = true;
    batch_tend(&rig->engine);
    assert_int_equal(failing_store.made[CALL_TEND], 0);
    assert_true(batch_untended(&rig->engine));
    assert_int_equal(trouble_of(rig), OK);
}

/* ---- trouble ---- */

static void what_is_wrong_is_said_when_it_begins_and_when_it_ends(void **state)
{
    struct batch_rig *const rig = *state;
    failing_store.fails = CALL_FETCH;
    for (uint64_t i = 1; i <= 2; i++) {
        assert_int_equal(ask_for(rig, 1, i), ERR_HOST_STORAGE);
        assert_int_equal(trouble_of(rig), ERR_HOST_STORAGE);
        assert_int_equal(logged(rig, "level=error event=trouble-began reason=host-storage message="), 1);
    }
    assert_int_equal(rig->engine.metrics.batches, 2);
    assert_int_equal(rig->engine.metrics.signatures, 0);
    assert_int_equal(logged(rig, error_info(ERR_HOST_STORAGE)->sentence), 1); /* where the store has said nothing */
    failing_store_reset();
    assert_int_equal(ask_for(rig, 1, 3), OK);
    assert_int_equal(trouble_of(rig), OK);
    assert_int_equal(logged(rig, "level=info event=trouble-ended was=host-storage\n"), 1);
    assert_int_equal(logged(rig, "event=trouble-"), 2);
    assert_int_equal(metrics_denials(&rig->engine.metrics, ERR_HOST_STORAGE), 2);
}

/* There may be nothing to write: whether the disk takes it again is found out by writing all the same. */
static void an_idle_engine_tries_whether_the_store_works_again(void **state)
{
    struct batch_rig *const rig = *state;
    assert_int_equal(ask_for(rig, 1, 1), OK);
    batch_tend(&rig->engine);
    failing_store.fails = CALL_COMMIT;
    assert_int_equal(ask_for(rig, 2, 1), ERR_HOST_STORAGE);
    assert_false(ledger_of(rig)->unsaved);
    batch_tend(&rig->engine);
    assert_int_equal(trouble_of(rig), ERR_HOST_STORAGE);
    failing_store_reset();
    batch_tend(&rig->engine);
    assert_int_equal(failing_store.made[CALL_CHECKPOINT_PUT], 1);
    assert_int_equal(trouble_of(rig), OK);
    assert_false(batch_untended(&rig->engine));
}

static void an_idle_engine_says_that_the_store_takes_no_checkpoint(void **state)
{
    struct batch_rig *const rig = *state;
    assert_int_equal(ask_for(rig, 1, 1), OK);
    assert_int_equal(ask_for(rig, 2, 1), OK);
    failing_store.fails = CALL_CHECKPOINT_PUT;
    batch_tend(&rig->engine);
    assert_int_equal(trouble_of(rig), ERR_HOST_STORAGE);
    assert_true(ledger_of(rig)->unsaved);
    assert_int_equal(failing_store.made[CALL_TEND], 0); /* nor is anything else asked of it */
}

static void an_idle_engine_says_that_the_store_cannot_be_tended(void **state)
{
    struct batch_rig *const rig = *state;
    assert_int_equal(ask_for(rig, 1, 1), OK);
    failing_store.fails = CALL_TEND;
    batch_tend(&rig->engine);
    assert_int_equal(trouble_of(rig), ERR_HOST_STORAGE);
    assert_int_equal(failing_store.made[CALL_TEND], 1);
    failing_store_reset();
    batch_tend(&rig->engine);
    assert_int_equal(trouble_of(rig), OK);
}

static void an_authority_that_cannot_be_taken_up_is_taken_up_later(void **state)
{
    struct batch_rig *const rig = *state;
    take_up(rig);
    failing_store.fails = CALL_BEGIN;
    batch_tend(&rig->engine);
    assert_int_equal(trouble_of(rig), ERR_HOST_STORAGE);
    assert_true(rig->engine.adoption_failed && batch_untended(&rig->engine));
    failing_store_reset();
    batch_tend(&rig->engine);
    assert_int_equal(trouble_of(rig), OK);
    assert_false(batch_untended(&rig->engine));
}

/* What a batch, and an idle engine, say of a signer that does not start. */
static void the_trouble_of_a_signer_says_whether_its_state_is_lost(void **state)
{
    struct batch_rig *const rig = *state;
    static const enum error_code codes[][2] = {
        {ERR_SIGNER_STATE, ERR_SIGNER_STATE}, {ERR_HOST_SIGNER, ERR_HOST_SIGNER}, {ERR_FILE_READ, ERR_HOST_SIGNER}};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        signer_drop(&rig->engine);
        rig->start_says = FAIL_CODE(codes[i][0]);
        rig->milliseconds += 60000;
        batch_tend(&rig->engine);
        assert_int_equal(trouble_of(rig), codes[i][1]);
        assert_false(ledger_of(rig)->state_lost); /* what it does not start of is another ledger's */
        assert_int_equal(ask_for(rig, 1, 1), ERR_HOST_SIGNER);
        assert_int_equal(trouble_of(rig), codes[i][1]);
        assert_int_equal(rig->engine.metrics.signatures, 0);
        rig->start_says = RESULT_OK;
        rig->milliseconds += 60000;
        batch_tend(&rig->engine);
        assert_int_equal(trouble_of(rig), OK);
    }
    assert_int_equal(ask_for(rig, 1, 1), OK);
}

/* The leaf is committed, and whoever asks again is answered with it. */
static void a_batch_that_is_not_signed_is_denied_and_its_leaves_stay(void **state)
{
    struct batch_rig *const rig = *state;
    struct asked asked[2];
    const struct request request = fixture_request(1, 1);
    struct request late = fixture_request(2, 1);
    late.time -= 5 * HOUR;
    ask(&asked[0], 1, &request);
    ask(&asked[1], 2, &late);
    rig->append_says = FAIL(HOST_SIGNER);
    run(rig, asked, 2);
    assert_int_equal(code_of(&asked[0]), ERR_HOST_SIGNER);
    assert_int_equal(code_of(&asked[1]), ERR_CLOCK_APART); /* which is no matter of the signer */
    assert_int_equal(trouble_of(rig), ERR_HOST_SIGNER);
    assert_int_equal(metrics_denials(&rig->engine.metrics, ERR_HOST_SIGNER), 1);
    assert_int_equal(rig->engine.metrics.granted, 0);
    assert_int_equal(rig->engine.metrics.signatures, 0);
    assert_int_equal(failing_store.made[CALL_CHECKPOINT_PUT], 0);
    free_answers(asked, 2);
    uint64_t size;
    assert_ok(store_ledger_size(rig->store, ledger_of(rig)->number, &size, NULL));
    assert_int_equal(size, 1);

    rig->append_says = RESULT_OK;
    struct asked again;
    ask(&again, 1, &request);
    run(rig, &again, 1);
    assert_int_equal(code_of(&again), OK);
    free_answers(&again, 1);
    assert_int_equal(rig->engine.metrics.repeated, 1);
    assert_int_equal(rig->signed_last.size, 1);
    assert_int_equal(trouble_of(rig), OK);
}

/* A ledger that cannot be read is its vendor's matter alone. */
static void one_vendor_without_its_ledger_does_not_stop_another(void **state)
{
    struct batch_rig *const rig = *state;
    CLEANUP_SIGNING_KEY struct signing_key *other = vendor_key("zeta.example");
    struct verifier_key host_key;
    fixture_enroll(&rig->fixture, other, &host_key);
    take_up(rig);
    batch_tend(&rig->engine);
    assert_int_equal(rig->engine.ledger_count, 2);
    assert_true(rig->engine.ledgers[1]->ready);
    rig->engine.ledgers[1]->ready = false;
    rig->engine.ledgers[1]->loaded = false;
    failing_store.fails = CALL_LEDGER_SIZE;
    assert_int_equal(ask_for(rig, 1, 1), OK);
    assert_int_equal(trouble_of(rig), ERR_HOST_SIGNER);
    batch_tend(&rig->engine);
    assert_int_equal(trouble_of(rig), ERR_HOST_SIGNER);
    failing_store_reset();
    batch_tend(&rig->engine);
    assert_int_equal(trouble_of(rig), OK);
}

/* ---- what machines have seen ---- */

static void ask_having_seen(struct asked *asked, uint64_t machine, uint64_t number, const struct checkpoint *seen)
{
    struct request request = fixture_request(machine, number);
    request.seen = fixture_seen(seen);
    ask(asked, machine, &request);
}

/* Where a tree cannot be read the machine is told so; only where the store itself fails is all of the batch refused. */
static void a_tree_that_the_store_cannot_show_is_a_matter_of_that_machine(void **state)
{
    struct batch_rig *const rig = *state;
    assert_int_equal(ask_for(rig, 1, 1), OK);
    const struct checkpoint first = rig->signed_last;
    assert_int_equal(ask_for(rig, 2, 1), OK);
    static const struct {
        uint64_t epoch; /* of the ledger now; what was seen is of the first */
        enum store_call call;
        enum error_code fails_with;
        enum error_code code;  /* of that machine */
        enum error_code other; /* of the one beside it */
    } rows[] = {
        {1, CALL_HASHES_GET, ERR_STORE_FAILED, ERR_HOST_STORAGE, ERR_HOST_STORAGE},
        {1, CALL_HASHES_GET, ERR_STORE_CORRUPT, ERR_HOST_STORAGE, ERR_RELEASE_NOTHING},
        {1, CALL_HASHES_GET, ERR_NOT_FOUND, ERR_HOST_STORAGE, ERR_RELEASE_NOTHING},
        {5, CALL_LEDGER, ERR_STORE_FAILED, ERR_HOST_STORAGE, ERR_HOST_STORAGE},
        {5, CALL_LEDGER, ERR_NOT_FOUND, OK, ERR_RELEASE_NOTHING}, /* it is testimony, of a ledger that is gone */
        {5, CALL_LEDGER_SIZE, ERR_STORE_FAILED, ERR_HOST_STORAGE, ERR_HOST_STORAGE},
        {5, CALL_LEDGER_SIZE, ERR_STORE_CORRUPT, ERR_HOST_STORAGE, ERR_RELEASE_NOTHING},
        {5, CALL_HASHES_GET, ERR_STORE_FAILED, ERR_HOST_STORAGE, ERR_HOST_STORAGE},
        {5, CALL_HASHES_GET, ERR_STORE_CORRUPT, ERR_HOST_STORAGE, ERR_RELEASE_NOTHING},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct asked asked[2];
        const struct release nothing = fixture_release(9, "unheard-of", 1 + i);
        ask_having_seen(&asked[0], 20 + i, 1, &first);
        give_back(&asked[1], 9, &nothing);
        give_memory_back(&rig->engine, ledger_of(rig));
        failing_store_reset();
        failing_store.fails = rows[i].call;
        failing_store.failure = FAIL_CODE(rows[i].fails_with);
        rig->engine.authority->vendors[0].epoch = rows[i].epoch;
        run(rig, asked, 2);
        assert_int_equal(failing_store.failed, rows[i].call);
        assert_int_equal(code_of(&asked[0]), rows[i].code);
        assert_int_equal(code_of(&asked[1]), rows[i].other);
        free_answers(asked, 2);
    }
}

/* Machines of one morning have mostly seen the same. */
static void a_root_that_was_looked_up_is_remembered(void **state)
{
    struct batch_rig *const rig = *state;
    assert_int_equal(ask_for(rig, 1, 1), OK);
    const struct checkpoint first = rig->signed_last;
    assert_int_equal(ask_for(rig, 2, 1), OK);
    rig->engine.authority->vendors[0].epoch = 5;
    for (uint64_t i = 0; i < 2; i++) {
        struct asked asked;
        ask_having_seen(&asked, 20 + i, 1, &first);
        failing_store_reset();
        run(rig, &asked, 1);
        assert_int_equal(code_of(&asked), OK);
        free_answers(&asked, 1);
        assert_int_equal(failing_store.made[CALL_LEDGER], 1);
        assert_int_equal(failing_store.made[CALL_HASHES_GET], 2 - i); /* once for the proof */
    }
}

/* What the running lease says to have been seen of an epoch before is looked up where its leaf stands: in the batch
 * under way, or in the store; and where it cannot be read it is said once more. Whoever has seen this epoch needs none
 * of it. */
static void a_lease_is_written_down_again_where_its_leaf_does_not_say_what_was_seen(void **state)
{
    struct batch_rig *const rig = *state;
    struct checkpoint ended = {.size = 7};
    strcpy(ended.origin, HOST "/" VENDOR "/epoch-3");
    assert_int_equal(ask_for(rig, 1, 1), OK);
    rig->engine.authority->vendors[0].epoch = 5;
    const struct {
        uint64_t size; /* that was seen */
        bool unread;
        uint64_t granted; /* by then, */
        uint64_t repeated;
    } rows[] = {{7, false, 2, 1}, {7, false, 2, 3}, {8, false, 3, 4}, {8, true, 4, 5}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct asked asked[2];
        ended.size = rows[i].size;
        ask_having_seen(&asked[0], 1, 2 + 2 * i, &ended);
        ask_having_seen(&asked[1], 1, 3 + 2 * i, &ended);
        failing_store_reset();
        failing_store.fails = rows[i].unread ? CALL_LEAVES : CALL_NONE;
        run(rig, asked, 2);
        assert_answered(rig, &asked[0], OK);
        assert_answered(rig, &asked[1], OK);
        free_answers(asked, 2);
        assert_int_equal(rig->engine.metrics.granted, rows[i].granted);
        assert_int_equal(rig->engine.metrics.repeated, rows[i].repeated);
    }
}

/* ---- memory ---- */

enum { JOBS = 5, OKAY = 3, REQUESTS_MAX = 200, RELEASING = 1000, GRANTED = 2000, APART = 3000 };

/* A grant, a lease given again, a release, a clock apart, a number that was used; all of them saw that tree. The first
 * of the batch is the `first` of those three that are granted. */
static void ask_all(struct asked asked[static JOBS], uint64_t round, const struct checkpoint *seen, unsigned first)
{
    struct release release = fixture_release(RELEASING + round, "main", 2);
    struct request requests[] = {fixture_request(GRANTED + round, 1), fixture_request(1, 1 + round),
                                 fixture_request(2, 1), fixture_request(APART + round, 1)};
    release.seen = fixture_seen(seen);
    for (size_t i = 0; i < 4; i++)
        requests[i].seen = release.seen;
    requests[2].time -= (seconds)round;
    requests[3].time += 5 * HOUR;
    ask(&asked[(OKAY - first) % OKAY], GRANTED + round, &requests[0]);
    ask(&asked[(OKAY + 1 - first) % OKAY], 1, &requests[1]);
    give_back(&asked[(OKAY + 2 - first) % OKAY], RELEASING + round, &release);
    ask(&asked[3], APART + round, &requests[3]);
    ask(&asked[4], 2, &requests[2]);
}

/* So that what is used and was not set is not what it was the last time. */
static __attribute__((noinline)) void spoil_stack(void)
{
    volatile uint8_t stack[32768];
    for (size_t i = 0; i < sizeof stack; i++)
        stack[i] = 0x5a;
}

/* Each answer is the one of a batch that had memory, or says that the host could not. */
static void let_memory_fail(struct batch_rig *rig, uint64_t nth, uint64_t round, const struct checkpoint *seen,
                            unsigned first)
{
    static const enum error_code expected[] = {OK, OK, OK, ERR_CLOCK_APART, ERR_NUMBER_USED};
    struct asked asked[JOBS];
    ask_all(asked, round, seen, first);
    give_memory_back(&rig->engine, ledger_of(rig));
    spoil_stack();
    failing_memory_plan(nth);
    run(rig, asked, JOBS);
    failing_memory_plan(0);
    for (size_t i = 0; i < JOBS; i++)
        if (asked[i].job.http_status != 503)
            assert_answered(rig, &asked[i], expected[i]);
        else
            assert_true(failing_memory_happened() && (asked[i].job.body != NULL) == (asked[i].job.body_size > 0));
    free_answers(asked, JOBS);
}

static void that_a_license_ends_is_said_later_where_there_is_no_memory_to_note_it(void **state)
{
    struct batch_rig *const rig = *state;
    rig->engine.now = fixture_license(&rig->fixture, "main").not_after - DAY;
    failing_memory_plan(1);
    endings_tend(&rig->engine);
    failing_memory_plan(0);
    assert_true(failing_memory_happened());
    assert_int_equal(logged(rig, "event=license-ends"), 0);
    rig->engine.now += HOUR;
    endings_tend(&rig->engine);
    assert_int_equal(logged(rig, "event=license-ends"), 1);
}

enum { LONG = 3 * USUAL_ANSWER_SIZE };

static void an_answer_of_any_length_is_whole_or_none(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, USUAL_ANSWER_SIZE, USUAL_ANSWER_SIZE + 1, LONG, 2};
    static char text[LONG];
    static struct job job;
    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) { /* each in the place of the one before */
        answer_text(&job, 200, slice_make(text, sizes[i]));
        assert_int_equal(job.http_status, 200);
        assert_true(slice_equal(slice_make(job.body, job.body_size), slice_make(text, sizes[i])));
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        failing_memory_plan(1);
        answer_text(&job, 200, slice_make(text, sizes[i]));
        failing_memory_plan(0);
        assert_int_equal(job.http_status, sizes[i] > USUAL_ANSWER_SIZE ? 503 : 200);
        assert_int_equal(job.body == NULL, sizes[i] > USUAL_ANSWER_SIZE);
        assert_int_equal(job.body_size, job.body == NULL ? 0 : sizes[i]);
    }
    job_drop_answer(&job);
    assert_null(job.body);
}

/* Whichever part of a batch is the first that needs it. */
static void whatever_memory_a_batch_does_not_get_its_answers_are_right_or_none(void **state)
{
    struct batch_rig *const rig = *state;
    uint64_t round = 1;
    struct license license = fixture_license(&rig->fixture, "main");
    license.seats = APART;
    fixture_put_license(&rig->fixture, &license);
    take_up(rig);
    assert_int_equal(ask_for(rig, 1, 1), OK);
    assert_int_equal(ask_for(rig, 2, 5), OK);
    const struct checkpoint earlier = rig->signed_last;
    for (unsigned which = 0; which < 2 * OKAY; which++) {
        bool happened = true;
        for (uint64_t nth = 1; happened; nth++, round++) {
            assert_int_equal(ask_for(rig, RELEASING + round, 1), OK);
            const struct checkpoint newest = rig->signed_last;
            let_memory_fail(rig, nth, round, which & 1 ? &newest : &earlier, which / 2);
            happened = failing_memory_happened();
            assert_true(nth < REQUESTS_MAX);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BATCH_TEST(an_engine_is_untended_as_long_as_any_of_these_is_so),
        BATCH_TEST(a_checkpoint_is_kept_when_the_engine_is_idle),
        BATCH_TEST(the_first_checkpoint_is_kept_before_any_answer),
        BATCH_TEST(a_first_checkpoint_that_the_store_refuses_is_kept_later),
        BATCH_TEST(the_store_is_tended_until_nothing_is_left),
        BATCH_TEST(the_store_is_left_alone_as_long_as_somebody_waits),
        BATCH_TEST(what_is_wrong_is_said_when_it_begins_and_when_it_ends),
        BATCH_TEST(an_idle_engine_tries_whether_the_store_works_again),
        BATCH_TEST(an_idle_engine_says_that_the_store_takes_no_checkpoint),
        BATCH_TEST(an_idle_engine_says_that_the_store_cannot_be_tended),
        BATCH_TEST(an_authority_that_cannot_be_taken_up_is_taken_up_later),
        BATCH_TEST(the_trouble_of_a_signer_says_whether_its_state_is_lost),
        BATCH_TEST(a_batch_that_is_not_signed_is_denied_and_its_leaves_stay),
        BATCH_TEST(one_vendor_without_its_ledger_does_not_stop_another),
        BATCH_TEST(a_tree_that_the_store_cannot_show_is_a_matter_of_that_machine),
        BATCH_TEST(a_root_that_was_looked_up_is_remembered),
        BATCH_TEST(a_lease_is_written_down_again_where_its_leaf_does_not_say_what_was_seen),
        BATCH_TEST(that_a_license_ends_is_said_later_where_there_is_no_memory_to_note_it),
        BATCH_TEST(an_answer_of_any_length_is_whole_or_none),
        BATCH_TEST(whatever_memory_a_batch_does_not_get_its_answers_are_right_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
