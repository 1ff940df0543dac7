/*
 * The nth request for memory gets none, for every n until all get it: the signer's rooms say NO_MEMORY, hold nothing
 * back and leave no process behind. The process is fake_signer.c.
 */
#include "base/secret.h"
#include "failing_calls.h"
#include "signer/client.h"
#include "signer/protocol.h"
#include "signer/signed_ledger.h"
#include "system/files.h"
#include "temporary.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>

#include <cmocka.h>

#define ORIGIN "kms.uni.example/acme.example"

enum { REQUESTS_MAX = 100, TEXT_MAX = 64 * 1024 };

/* What every function under test works with; made while there is memory. */
static char folder[TEMPORARY_SIZE];
static struct signing_key *key;
static struct buffer file; /* the state of an empty ledger */
static struct buffer note; /* the checkpoint of the tree of `run` */
static uint64_t numbers[3];
static struct slice leaves[3];
static struct leaf_run run;

static void ok(struct result result)
{
    assert_string_equal(is_ok(result) ? "ok" : error_info(result_code(result))->name, "ok");
}

static void make_run(void)
{
    struct hash hashes[3];
    struct frontier frontier = {.size = 0};
    struct merkle_batch *batch = NULL;
    for (size_t i = 0; i < 3; i++) {
        numbers[i] = i;
        leaves[i] = slice_make(&numbers[i], sizeof numbers[i]);
        hashes[i] = merkle_leaf(leaves[i]);
    }
    ok(merkle_append(&frontier, hashes, 3, &batch));
    merkle_batch_free(batch);
    run = (struct leaf_run){0, 3, leaves, frontier_root(&frontier)};
}

static void put(const char *name, struct slice said, bool and_no_more)
{
    char path[PATH_SIZE];
    struct buffer bytes CLEANUP_BUFFER = buffer_make(TEXT_MAX);
    const struct signer_answer head = {.result = RESULT_OK.bits, .size = (uint32_t)said.size};
    const struct signer_answer end = {.result = RESULT_OK.bits};
    buffer_append(&bytes, &head, sizeof head);
    buffer_append_slice(&bytes, said);
    if (and_no_more)
        buffer_append(&bytes, &end, sizeof end);
    ok(buffer_status(&bytes));
    ok(path_join(path, folder, name));
    ok(file_create(path, buffer_slice(&bytes), 0600, NULL));
}

static int set_up(void **unused)
{
    (void)unused;
    static const uint8_t seed[SEED_SIZE] = {3};
    char keys[PATH_SIZE];
    struct checkpoint checkpoint = {.origin = ORIGIN, .size = 3};
    ok(secret_start());
    assert_true(temporary_folder(folder, "no-memory"));
    ok(path_join(keys, folder, "signer"));
    ok(folder_make(keys, 0700, NULL));
    ok(signing_key_make(slice_of(ORIGIN), seed, &key));
    file = buffer_make(STATE_FILE_SIZE);
    ok(signer_state_begin(signing_key_verifier(key), 1, &file));
    make_run();
    checkpoint.root = run.root;
    note = buffer_make(SIGNED_NOTE_MAX);
    ok(checkpoint_sign(&checkpoint, key, &note));
    put("signer/greeting", buffer_slice(&note), true);
    put("signer/answer-1", buffer_slice(&note), false);
    return 0;
}

static int tear_down(void **unused)
{
    (void)unused;
    signing_key_free(key);
    buffer_free(&file);
    buffer_free(&note);
    return temporary_remove(folder) ? 0 : -1;
}

/* Returns how many requests for memory the deed makes, which gives back all that it took. */
static uint64_t fail_each(struct result (*deed)(void))
{
    for (uint64_t nth = 1;; nth++) {
        assert_true(nth < REQUESTS_MAX);
        failing_memory_plan(nth);
        const struct result result = deed();
        failing_memory_plan(0);
        assert_int_equal(failing_memory_held(), 0);
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
        assert_int_equal(errno, ECHILD);
        if (!failing_memory_happened()) {
            ok(result);
            return nth - 1;
        }
        assert_string_equal(error_info(result_code(result))->name, error_info(ERR_NO_MEMORY)->name);
    }
}

/* ---- what is remembered ---- */

static RESULT begin_state(void)
{
    struct buffer out CLEANUP_BUFFER = buffer_make(STATE_FILE_SIZE);
    return signer_state_begin(signing_key_verifier(key), 1, &out);
}

static RESULT read_state(void)
{
    struct signer_state state;
    return signer_state_read(slice_make(file.data, STATE_SLOT_SIZE), &state);
}

static RESULT write_nowhere(void *context, size_t offset, const void *data, size_t size)
{
    (void)context;
    (void)offset;
    (void)data;
    assert_int_equal(size, STATE_SLOT_SIZE);
    return RESULT_OK;
}

static RESULT sync_nothing(void *context)
{
    (void)context;
    return RESULT_OK;
}

static const struct state_medium nowhere = {write_nowhere, sync_nothing, NULL};

static RESULT append_to_ledger(void)
{
    struct buffer out CLEANUP_BUFFER = buffer_make(SIGNED_NOTE_MAX);
    struct signed_ledger ledger;
    struct signed_ledger before;
    failing_memory_spare(true);
    ok(signed_ledger_open(key, buffer_slice(&file), nowhere, &ledger));
    failing_memory_spare(false);
    before = ledger;
    const struct result result = signed_ledger_append(&ledger, &run, &out);
    /* Either nothing of the run is remembered, or it is all signed, or could be again. */
    if (ledger.state.frontier.size != run.count)
        assert_memory_equal(&ledger.state, &before.state, sizeof before.state);
    return result;
}

static RESULT confirm_state(void)
{
    struct signer_state state;
    failing_memory_spare(true);
    ok(signer_state_load(buffer_slice(&file), signing_key_verifier(key), &state));
    failing_memory_spare(false);
    return signer_state_confirm(&state, &nowhere);
}

static void what_the_signer_remembers_needs_memory_or_says_so(void **unused)
{
    (void)unused;
    assert_int_not_equal(fail_each(begin_state), 0);
    assert_int_not_equal(fail_each(read_state), 0);
    assert_int_not_equal(fail_each(confirm_state), 0);
    assert_int_not_equal(fail_each(append_to_ledger), 0);
}

/* ---- avald's side ---- */

static RESULT write_request(void)
{
    struct buffer out CLEANUP_BUFFER = buffer_make(TEXT_MAX);
    return signer_request_write(ORIGIN, &run, &out);
}

static RESULT start_and_stop(void)
{
    struct signer *signer = NULL;
    const struct result result = signer_start(folder, &signer);
    assert_true(is_ok(result) == (signer != NULL));
    signer_stop(signer);
    return result;
}

static RESULT start_and_append(void)
{
    struct signer *signer = NULL;
    struct buffer out CLEANUP_BUFFER = buffer_make(SIGNED_NOTE_MAX);
    failing_memory_spare(true);
    ok(signer_start(folder, &signer));
    failing_memory_spare(false);
    const struct result result = signer_append(signer, ORIGIN, &run, &out);
    assert_int_equal(out.size, is_ok(result) ? note.size : 0);
    signer_stop(signer);
    return result;
}

static void asking_the_signer_needs_memory_or_says_so(void **unused)
{
    (void)unused;
    assert_int_not_equal(fail_each(write_request), 0);
    assert_int_not_equal(fail_each(start_and_stop), 0);
    assert_int_not_equal(fail_each(start_and_append), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_signer_remembers_needs_memory_or_says_so),
        cmocka_unit_test(asking_the_signer_needs_memory_or_says_so),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
