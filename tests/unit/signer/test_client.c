/*
 * avald's side of the signer, with a signer (fake_signer.c) that says what the test wants: what is sent to it, and that
 * nothing it says is taken for a signature that it did not give.
 */
#include "base/secret.h"
#include "signer/client.h"
#include "signer/protocol.h"
#include "system/clock.h"
#include "system/files.h"
#include "temporary.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ORIGIN "kms.uni.example/acme.example"
#define OTHER  "kms.uni.example/other.example"

enum { SAID_MAX = 4 * 1024 * 1024, PROGRAM_MAX = 64 * 1024 * 1024 };

static char folder[TEMPORARY_SIZE];

static void ok(struct result result)
{
    assert_string_equal(is_ok(result) ? "ok" : error_info(result_code(result))->name, "ok");
}

static void fails(struct result result, enum error_code code)
{
    assert_false(is_ok(result));
    assert_string_equal(error_info(result_code(result))->name, error_info(code)->name);
}

static int set_up(void **unused)
{
    (void)unused;
    char keys[PATH_SIZE];
    const bool made = temporary_folder(folder, "client") && is_ok(path_join(keys, folder, "signer")) &&
                      is_ok(folder_make(keys, 0700, NULL));
    return made ? 0 : -1;
}

static int tear_down(void **unused)
{
    (void)unused;
    return temporary_remove(folder) ? 0 : -1;
}

/* ---- what the signer says ---- */

static void path_of(const char *name, char ret_path[static PATH_SIZE])
{
    char keys[PATH_SIZE];
    ok(path_join(keys, folder, "signer"));
    ok(path_join(ret_path, keys, name));
}

static void put(const char *name, const struct buffer *bytes)
{
    char path[PATH_SIZE];
    ok(buffer_status(bytes));
    path_of(name, path);
    ok(file_write(path, buffer_slice(bytes), 0600, NULL));
}

static void add_answer(struct buffer *out, struct result result, struct slice note)
{
    const struct signer_answer head = {.result = result.bits, .size = (uint32_t)note.size};
    buffer_append(out, &head, sizeof head);
    buffer_append_slice(out, note);
}

/* The note of a tree of that size. */
static void add_note(struct buffer *out, const char *origin, uint64_t size)
{
    uint8_t seed[SEED_SIZE] = {3};
    CLEANUP_SIGNING_KEY struct signing_key *key = NULL;
    ok(signing_key_make(slice_of(origin), seed, &key));
    struct checkpoint checkpoint = {.size = size, .root = hash_of(slice_make(&size, sizeof size))};
    ok(slice_copy_text(slice_of(origin), checkpoint.origin, sizeof checkpoint.origin));
    ok(checkpoint_sign(&checkpoint, key, out));
}

static void add_note_answer(struct buffer *out, const char *origin, uint64_t size)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(SIGNED_NOTE_MAX);
    add_note(&note, origin, size);
    add_answer(out, RESULT_OK, buffer_slice(&note));
}

/* A greeting with two ledgers of 7 and 5 leaves. */
static void greet_well(void)
{
    CLEANUP_BUFFER struct buffer greeting = buffer_make(SAID_MAX);
    add_note_answer(&greeting, ORIGIN, 7);
    add_note_answer(&greeting, OTHER, 5);
    add_answer(&greeting, RESULT_OK, slice_of(""));
    put("greeting", &greeting);
}

static struct signer *start(void)
{
    struct signer *signer = NULL;
    greet_well();
    ok(signer_start(folder, &signer));
    return signer;
}

static uint64_t size_of(struct signer *signer, const char *origin)
{
    struct checkpoint last;
    ok(signer_last(signer, origin, &last));
    assert_string_equal(last.origin, origin);
    return last.size;
}

/* Leaves of eight bytes, their numbers, and the root that add_note() gives to a tree of that size. */
static RESULT append(struct signer *signer, uint64_t first, size_t count, struct buffer *out)
{
    static uint64_t numbers[SIGNER_LEAVES_MAX + 1];
    static struct slice leaves[SIGNER_LEAVES_MAX + 1];
    const uint64_t size = first + count;
    for (size_t i = 0; i < count; i++) {
        numbers[i] = first + i;
        leaves[i] = slice_make(&numbers[i], sizeof numbers[i]);
    }
    const struct leaf_run run = {first, count, leaves, hash_of(slice_make(&size, sizeof size))};
    return signer_append(signer, ORIGIN, &run, out);
}

static bool was_asked(unsigned number)
{
    char name[32];
    char path[PATH_SIZE];
    snprintf(name, sizeof name, "request-%u", number);
    path_of(name, path);
    return file_exists(path);
}

static void assert_no_child(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

/* ---- the greeting ---- */

static void what_it_signed_last_is_known_from_its_greeting(void **unused)
{
    (void)unused;
    struct signer *const signer = start();
    struct checkpoint last;
    assert_int_equal(size_of(signer, ORIGIN), 7);
    assert_int_equal(size_of(signer, OTHER), 5);
    fails(signer_last(signer, "kms.uni.example", &last), ERR_NOT_FOUND);
    signer_stop(signer);
    assert_no_child();
}

static void a_greeting_without_ledgers_is_one(void **unused)
{
    (void)unused;
    struct signer *signer = NULL;
    struct checkpoint last;
    CLEANUP_BUFFER struct buffer greeting = buffer_make(SAID_MAX);
    add_answer(&greeting, RESULT_OK, slice_of(""));
    put("greeting", &greeting);
    ok(signer_start(folder, &signer));
    fails(signer_last(signer, ORIGIN, &last), ERR_NOT_FOUND);
    signer_stop(signer);
}

static void refuse_greeting(const struct buffer *greeting, enum error_code code)
{
    struct signer *signer = NULL;
    put("greeting", greeting);
    fails(signer_start(folder, &signer), code);
    assert_null(signer);
    assert_no_child();
}

/* What stands in AVALD_SIGNER, and how the start fails. */
static void a_program_that_is_not_there_is_not_started(void **unused)
{
    (void)unused;
    char long_path[PATH_SIZE + 1];
    memset(long_path, '/', PATH_SIZE);
    long_path[PATH_SIZE] = 0;
    const struct {
        const char *program;
        enum error_code code;
    } rows[] = {{"/nowhere/avald-signer", ERR_HOST_SIGNER}, {long_path, ERR_TEXT_TOO_LONG}};
    char before[PATH_SIZE];
    ok(slice_copy_text(slice_of(getenv("AVALD_SIGNER")), before, sizeof before));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct signer *signer = NULL;
        assert_int_equal(setenv("AVALD_SIGNER", rows[i].program, 1), 0);
        fails(signer_start(folder, &signer), rows[i].code);
        assert_null(signer);
        assert_no_child();
    }
    assert_int_equal(setenv("AVALD_SIGNER", before, 1), 0);
}

/* ---- where the program stands ---- */

static void copy_program(const char *from, const char *place)
{
    CLEANUP_BUFFER struct buffer bytes = buffer_make(PROGRAM_MAX);
    char path[PATH_SIZE];
    ok(path_join(path, folder, place));
    ok(file_read(from, &bytes, NULL));
    ok(file_write(path, buffer_slice(&bytes), 0700, NULL));
}

/* Does as avald does at its start, from the place where it has been put: the exit status is 0, or the error's code. */
static int start_from_here(const char *data)
{
    struct signer *signer = NULL;
    const struct result result = signer_start(data, &signer);
    signer_stop(signer);
    return (int)result_code(result);
}

static int start_from(const char *place, const char *told)
{
    char path[PATH_SIZE];
    int status = 0;
    ok(path_join(path, folder, place));
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if ((told == NULL ? unsetenv("AVALD_SIGNER") : setenv("AVALD_SIGNER", told, 1)) == 0)
            execl(path, path, "start", folder, (char *)NULL);
        _exit(99);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Beside avald, or else in the folder of private programs beside avald's; what is no program there is not passed over.
 */
static void the_program_is_found_from_where_avald_stands(void **unused)
{
    (void)unused;
    static const struct {
        const char *program; /* where the signer stands */
        const char *other;   /* where a text stands in its place; NULL: nowhere */
        const char *told;    /* in AVALD_SIGNER; NULL: it is not set */
        int status;
    } rows[] = {
        {"bin/avald-signer", NULL, NULL, 0},
        {"bin/avald-signer", NULL, "", 0},
        {"libexec/aval/avald-signer", NULL, NULL, 0},
        {"bin/avald-signer", "libexec/aval/avald-signer", NULL, 0},
        {"libexec/aval/avald-signer", "bin/avald-signer", NULL, ERR_HOST_SIGNER},
    };
    static const char *const folders[] = {"bin", "libexec", "libexec/aval"};
    char path[PATH_SIZE];
    char fake[PATH_SIZE];
    ok(slice_copy_text(slice_of(getenv("AVALD_SIGNER")), fake, sizeof fake));
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        ok(path_join(path, folder, folders[i]));
        ok(folder_make(path, 0700, NULL));
    }
    greet_well();
    copy_program("/proc/self/exe", "bin/avald");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        copy_program(fake, rows[i].program);
        if (rows[i].other != NULL) {
            ok(path_join(path, folder, rows[i].other));
            ok(file_write(path, slice_of("no program\n"), 0600, NULL));
        }
        assert_int_equal(start_from("bin/avald", rows[i].told), rows[i].status);
        ok(path_join(path, folder, rows[i].program));
        ok(file_remove(path, NULL));
        if (rows[i].other != NULL) {
            ok(path_join(path, folder, rows[i].other));
            ok(file_remove(path, NULL));
        }
    }
}

static void a_greeting_that_says_why_it_cannot_start_is_a_failure_to_start(void **unused)
{
    (void)unused;
    CLEANUP_BUFFER struct buffer first = buffer_make(SAID_MAX);
    add_answer(&first, FAIL(STORE_CORRUPT), slice_of(""));
    refuse_greeting(&first, ERR_STORE_CORRUPT);
    CLEANUP_BUFFER struct buffer second = buffer_make(SAID_MAX);
    add_note_answer(&second, ORIGIN, 7);
    add_answer(&second, FAIL(FILE_WRITE), slice_of(""));
    refuse_greeting(&second, ERR_FILE_WRITE);
}

static void a_greeting_cut_off_anywhere_is_refused(void **unused)
{
    (void)unused;
    CLEANUP_BUFFER struct buffer whole = buffer_make(SAID_MAX);
    add_note_answer(&whole, ORIGIN, 7);
    const size_t note_end = whole.size;
    add_answer(&whole, RESULT_OK, slice_of(""));
    const size_t cuts[] = {0, 1, sizeof(struct signer_answer), note_end / 2, note_end - 1, note_end, whole.size - 1};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        CLEANUP_BUFFER struct buffer part = buffer_make(SAID_MAX);
        buffer_append(&part, whole.data, cuts[i]);
        refuse_greeting(&part, ERR_HOST_SIGNER);
    }
}

static void a_greeting_with_a_note_longer_than_any_is_refused(void **unused)
{
    (void)unused;
    static const char blanks[SIGNED_NOTE_MAX + 1];
    CLEANUP_BUFFER struct buffer greeting = buffer_make(SAID_MAX);
    add_answer(&greeting, RESULT_OK, slice_make(blanks, sizeof blanks));
    add_answer(&greeting, RESULT_OK, slice_of(""));
    refuse_greeting(&greeting, ERR_HOST_SIGNER);
}

static void a_greeting_with_what_is_no_checkpoint_is_refused(void **unused)
{
    (void)unused;
    CLEANUP_BUFFER struct buffer no_note = buffer_make(SAID_MAX);
    add_answer(&no_note, RESULT_OK, slice_of("not a note"));
    add_answer(&no_note, RESULT_OK, slice_of(""));
    refuse_greeting(&no_note, ERR_NOTE_FORM);

    uint8_t seed[SEED_SIZE] = {3};
    CLEANUP_SIGNING_KEY struct signing_key *key = NULL;
    ok(signing_key_make(slice_of(ORIGIN), seed, &key));
    CLEANUP_BUFFER struct buffer note = buffer_make(SIGNED_NOTE_MAX);
    const struct signing_key *const keys[] = {key};
    ok(note_sign(slice_of("another text\n"), keys, 1, &note));
    CLEANUP_BUFFER struct buffer no_checkpoint = buffer_make(SAID_MAX);
    add_answer(&no_checkpoint, RESULT_OK, buffer_slice(&note));
    add_answer(&no_checkpoint, RESULT_OK, slice_of(""));
    refuse_greeting(&no_checkpoint, ERR_CHECKPOINT_FORM);
}

static void a_greeting_may_have_as_many_ledgers_as_there_can_be_and_no_more(void **unused)
{
    (void)unused;
    CLEANUP_BUFFER struct buffer note = buffer_make(SIGNED_NOTE_MAX);
    add_note(&note, ORIGIN, 7);
    CLEANUP_BUFFER struct buffer greeting = buffer_make(SAID_MAX);
    for (size_t i = 0; i < SIGNER_LEDGERS_MAX; i++)
        add_answer(&greeting, RESULT_OK, buffer_slice(&note));
    const size_t size = greeting.size;
    add_answer(&greeting, RESULT_OK, slice_of(""));
    put("greeting", &greeting);
    struct signer *signer = NULL;
    ok(signer_start(folder, &signer));
    signer_stop(signer);

    greeting.size = size;
    add_answer(&greeting, RESULT_OK, buffer_slice(&note));
    add_answer(&greeting, RESULT_OK, slice_of(""));
    refuse_greeting(&greeting, ERR_HOST_SIGNER);
}

/* ---- requests ---- */

static void a_request_says_ledger_place_and_leaves_and_its_answer_is_handed_out(void **unused)
{
    (void)unused;
    CLEANUP_BUFFER struct buffer answer = buffer_make(SAID_MAX);
    CLEANUP_BUFFER struct buffer note = buffer_make(SIGNED_NOTE_MAX);
    add_note(&note, ORIGIN, 10);
    add_answer(&answer, RESULT_OK, buffer_slice(&note));
    put("answer-1", &answer);
    struct signer *const signer = start();
    CLEANUP_BUFFER struct buffer out = buffer_make(SIGNED_NOTE_MAX);
    buffer_append_text(&out, "before ");
    ok(append(signer, 7, 3, &out));
    assert_int_equal(out.size, strlen("before ") + note.size);
    assert_memory_equal(out.data + strlen("before "), note.data, note.size);
    assert_int_equal(size_of(signer, ORIGIN), 10);
    assert_int_equal(size_of(signer, OTHER), 5);
    signer_stop(signer);

    char path[PATH_SIZE];
    CLEANUP_BUFFER struct buffer bytes = buffer_make(SAID_MAX);
    path_of("request-1", path);
    ok(file_read(path, &bytes, NULL));
    struct signer_request request;
    assert_int_equal(bytes.size, sizeof request + 3 * (sizeof(uint32_t) + sizeof(uint64_t)));
    memcpy(&request, bytes.data, sizeof request);
    const uint64_t size = 10;
    const struct hash root = hash_of(slice_make(&size, sizeof size));
    assert_true(hash_equal(&request.root, &root));
    assert_int_equal(request.size, bytes.size - sizeof request);
    assert_string_equal(request.origin, ORIGIN);
    assert_int_equal(request.first, 7);
    assert_int_equal(request.count, 3);
    static struct slice leaves[SIGNER_LEAVES_MAX];
    struct leaf_run run;
    ok(signer_request_run(&request, bytes.data + sizeof request, leaves, &run));
    assert_int_equal(run.count, 3);
    for (uint64_t number = 7; number < size; number++) {
        assert_int_equal(run.leaves[number - 7].size, sizeof number);
        assert_memory_equal(run.leaves[number - 7].data, &number, sizeof number);
    }
    assert_false(was_asked(2));
}

static void a_request_may_have_as_many_leaves_as_there_can_be_and_no_more(void **unused)
{
    (void)unused;
    CLEANUP_BUFFER struct buffer answer = buffer_make(SAID_MAX);
    add_note_answer(&answer, ORIGIN, 7 + SIGNER_LEAVES_MAX);
    put("answer-1", &answer);
    struct signer *const signer = start();
    CLEANUP_BUFFER struct buffer out = buffer_make(SIGNED_NOTE_MAX);
    fails(append(signer, 7, SIGNER_LEAVES_MAX + 1, &out), ERR_TEXT_TOO_LONG);
    assert_false(was_asked(1));
    ok(append(signer, 7, SIGNER_LEAVES_MAX, &out));
    assert_int_equal(size_of(signer, ORIGIN), 7 + SIGNER_LEAVES_MAX);
    signer_stop(signer);
}

static void a_ledger_that_it_has_no_key_for_is_not_asked_about(void **unused)
{
    (void)unused;
    struct signer *const signer = start();
    CLEANUP_BUFFER struct buffer out = buffer_make(SIGNED_NOTE_MAX);
    const struct leaf_run none = {.count = 0};
    fails(signer_append(signer, "kms.uni.example", &none, &out), ERR_NOT_FOUND);
    assert_int_equal(out.size, 0);
    signer_stop(signer);
    assert_false(was_asked(1));
}

static void after_a_refusal_the_conversation_goes_on(void **unused)
{
    (void)unused;
    CLEANUP_BUFFER struct buffer refusal = buffer_make(SAID_MAX);
    CLEANUP_BUFFER struct buffer answer = buffer_make(SAID_MAX);
    add_answer(&refusal, FAIL(FILE_WRITE), slice_of(""));
    put("answer-1", &refusal);
    add_note_answer(&answer, ORIGIN, 8);
    put("answer-2", &answer);
    struct signer *const signer = start();
    CLEANUP_BUFFER struct buffer out = buffer_make(SIGNED_NOTE_MAX);
    fails(append(signer, 7, 1, &out), ERR_FILE_WRITE);
    assert_int_equal(out.size, 0);
    assert_int_equal(size_of(signer, ORIGIN), 7);
    ok(append(signer, 7, 1, &out));
    assert_int_equal(size_of(signer, ORIGIN), 8);
    signer_stop(signer);
}

/* It has signed something, and what that is nobody knows. */
static void after_an_answer_that_is_no_checkpoint_nothing_is_asked_any_more(void **unused)
{
    (void)unused;
    CLEANUP_BUFFER struct buffer answer = buffer_make(SAID_MAX);
    add_answer(&answer, RESULT_OK, slice_of("not a note"));
    put("answer-1", &answer);
    struct signer *const signer = start();
    CLEANUP_BUFFER struct buffer out = buffer_make(SIGNED_NOTE_MAX);
    fails(append(signer, 7, 1, &out), ERR_NOTE_FORM);
    fails(append(signer, 7, 1, &out), ERR_HOST_SIGNER);
    assert_int_equal(out.size, 0);
    assert_int_equal(size_of(signer, ORIGIN), 7);
    signer_stop(signer);
    assert_false(was_asked(2));
}

static void a_leaf_longer_than_any_is_not_asked_about(void **unused)
{
    (void)unused;
    static const char blanks[LEAF_MAX + 1];
    struct signer *const signer = start();
    CLEANUP_BUFFER struct buffer out = buffer_make(SIGNED_NOTE_MAX);
    const struct slice leaf = slice_make(blanks, sizeof blanks);
    const struct leaf_run run = {.first = 7, .count = 1, .leaves = &leaf};
    fails(signer_append(signer, ORIGIN, &run, &out), ERR_TEXT_TOO_LONG);
    signer_stop(signer);
    assert_false(was_asked(1));
}

static void after_it_got_another_root_the_conversation_goes_on(void **unused)
{
    (void)unused;
    CLEANUP_BUFFER struct buffer refusal = buffer_make(SAID_MAX);
    CLEANUP_BUFFER struct buffer answer = buffer_make(SAID_MAX);
    add_answer(&refusal, FAIL(SIGNER_ROOT), slice_of(""));
    put("answer-1", &refusal);
    add_note_answer(&answer, ORIGIN, 8);
    put("answer-2", &answer);
    struct signer *const signer = start();
    CLEANUP_BUFFER struct buffer out = buffer_make(SIGNED_NOTE_MAX);
    fails(append(signer, 7, 1, &out), ERR_SIGNER_ROOT);
    assert_int_equal(size_of(signer, ORIGIN), 7);
    ok(append(signer, 7, 1, &out));
    signer_stop(signer);
}

/* Another size, and (of the size that was asked for) another ledger. */
static void a_signature_on_another_tree_than_was_asked_for_is_not_taken(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < 2; i++) {
        CLEANUP_BUFFER struct buffer answer = buffer_make(SAID_MAX);
        add_note_answer(&answer, i == 0 ? ORIGIN : OTHER, i == 0 ? 9 : 8);
        put("answer-1", &answer);
        struct signer *const signer = start();
        CLEANUP_BUFFER struct buffer out = buffer_make(SIGNED_NOTE_MAX);
        fails(append(signer, 7, 1, &out), ERR_HOST_SIGNER);
        assert_int_equal(out.size, 0);
        assert_int_equal(size_of(signer, ORIGIN), 7);
        signer_stop(signer);
    }
}

static void a_signature_on_another_root_than_was_asked_for_is_not_taken(void **unused)
{
    (void)unused;
    CLEANUP_BUFFER struct buffer answer = buffer_make(SAID_MAX);
    add_note_answer(&answer, ORIGIN, 8);
    put("answer-1", &answer);
    struct signer *const signer = start();
    CLEANUP_BUFFER struct buffer out = buffer_make(SIGNED_NOTE_MAX);
    const struct slice leaf = slice_of("leaf");
    const struct leaf_run run = {.first = 7, .count = 1, .leaves = &leaf, .root = hash_of(leaf)};
    fails(signer_append(signer, ORIGIN, &run, &out), ERR_HOST_SIGNER);
    assert_int_equal(out.size, 0);
    signer_stop(signer);
}

/* What would come later must not be taken for the answer to the next request. */
static void after_half_an_answer_nothing_is_asked_any_more(void **unused)
{
    (void)unused;
    CLEANUP_BUFFER struct buffer whole = buffer_make(SAID_MAX);
    add_note_answer(&whole, ORIGIN, 8);
    static const size_t cuts[] = {0, 3, sizeof(struct signer_answer), sizeof(struct signer_answer) + 40};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        CLEANUP_BUFFER struct buffer half = buffer_make(SAID_MAX);
        buffer_append(&half, whole.data, cuts[i]);
        put("answer-1", &half);
        struct signer *const signer = start();
        CLEANUP_BUFFER struct buffer out = buffer_make(SIGNED_NOTE_MAX);
        fails(append(signer, 7, 1, &out), ERR_HOST_SIGNER);
        fails(append(signer, 7, 1, &out), ERR_HOST_SIGNER);
        assert_int_equal(out.size, 0);
        assert_int_equal(size_of(signer, ORIGIN), 7);
        signer_stop(signer);
        assert_false(was_asked(2));
    }
}

static void an_answer_longer_than_any_ends_the_conversation(void **unused)
{
    (void)unused;
    static const char blanks[SIGNED_NOTE_MAX + 1];
    CLEANUP_BUFFER struct buffer answer = buffer_make(SAID_MAX);
    add_answer(&answer, RESULT_OK, slice_make(blanks, sizeof blanks));
    put("answer-1", &answer);
    put("answer-2", &answer);
    struct signer *const signer = start();
    CLEANUP_BUFFER struct buffer out = buffer_make(SIGNED_NOTE_MAX);
    fails(append(signer, 7, 1, &out), ERR_HOST_SIGNER);
    fails(append(signer, 7, 1, &out), ERR_HOST_SIGNER);
    signer_stop(signer);
    assert_false(was_asked(2));
}

static void a_note_that_has_no_room_where_it_is_wanted_is_an_error(void **unused)
{
    (void)unused;
    CLEANUP_BUFFER struct buffer answer = buffer_make(SAID_MAX);
    add_note_answer(&answer, ORIGIN, 8);
    put("answer-1", &answer);
    struct signer *const signer = start();
    CLEANUP_BUFFER struct buffer out = buffer_make(20);
    fails(append(signer, 7, 1, &out), ERR_TEXT_TOO_LONG);
    signer_stop(signer);
}

/* ---- the end ---- */

static void nothing_is_stopped_where_nothing_was_started(void **unused)
{
    (void)unused;
    signer_stop(NULL);
    assert_no_child();
}

/* Whoever waits for all children of the process may have waited for this one. */
static void a_process_that_somebody_else_has_waited_for_is_not_waited_for(void **unused)
{
    (void)unused;
    const struct sigaction no_zombies = {.sa_handler = SIG_IGN};
    struct sigaction before;
    struct signer *const signer = start();
    assert_int_equal(sigaction(SIGCHLD, &no_zombies, &before), 0);
    const int64_t began = clock_monotonic_ms();
    signer_stop(signer);
    sigaction(SIGCHLD, &before, NULL);
    assert_true(clock_monotonic_ms() - began < 1900);
    assert_no_child();
}

/* The one test that waits: two seconds. What errno was before means nothing. */
static void a_process_that_does_not_end_is_killed(void **unused)
{
    (void)unused;
    CLEANUP_BUFFER struct buffer nothing = buffer_make(1);
    put("stays", &nothing);
    struct signer *const signer = start();
    const int64_t began = clock_monotonic_ms();
    errno = EINTR;
    signer_stop(signer);
    assert_in_range(clock_monotonic_ms() - began, 1900, 20000);
    assert_no_child();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    ok(secret_start());
    if (argc == 3 && strcmp(argv[1], "start") == 0)
        return start_from_here(argv[2]);
    const struct CMUnitTest tests[] = {
        TEST(what_it_signed_last_is_known_from_its_greeting),
        TEST(a_greeting_without_ledgers_is_one),
        TEST(a_program_that_is_not_there_is_not_started),
        TEST(the_program_is_found_from_where_avald_stands),
        TEST(a_greeting_that_says_why_it_cannot_start_is_a_failure_to_start),
        TEST(a_greeting_cut_off_anywhere_is_refused),
        TEST(a_greeting_with_a_note_longer_than_any_is_refused),
        TEST(a_greeting_with_what_is_no_checkpoint_is_refused),
        TEST(a_greeting_may_have_as_many_ledgers_as_there_can_be_and_no_more),
        TEST(a_request_says_ledger_place_and_leaves_and_its_answer_is_handed_out),
        TEST(a_request_may_have_as_many_leaves_as_there_can_be_and_no_more),
        TEST(a_ledger_that_it_has_no_key_for_is_not_asked_about),
        TEST(after_a_refusal_the_conversation_goes_on),
        TEST(a_leaf_longer_than_any_is_not_asked_about),
        TEST(after_it_got_another_root_the_conversation_goes_on),
        TEST(a_signature_on_another_tree_than_was_asked_for_is_not_taken),
        TEST(a_signature_on_another_root_than_was_asked_for_is_not_taken),
        TEST(after_an_answer_that_is_no_checkpoint_nothing_is_asked_any_more),
        TEST(after_half_an_answer_nothing_is_asked_any_more),
        TEST(an_answer_longer_than_any_ends_the_conversation),
        TEST(a_note_that_has_no_room_where_it_is_wanted_is_an_error),
        TEST(nothing_is_stopped_where_nothing_was_started),
        TEST(a_process_that_somebody_else_has_waited_for_is_not_waited_for),
        TEST(a_process_that_does_not_end_is_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
