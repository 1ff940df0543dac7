/*
 * The signer: what it remembers, what it refuses to sign, and what is left of both after a crash at any moment.
 */
#include "base/secret.h"
#include "mutate.h"
#include "signer/client.h"
#include "signer/signed_ledger.h"
#include "signer/state_files.h"
#include "system/files.h"
#include "temporary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ORIGIN "kms.uni.example/acme.example"

static void ok(struct result result)
{
    assert_string_equal(is_ok(result) ? "ok" : error_info(result_code(result))->name, "ok");
}

static void fails(struct result result, enum error_code code)
{
    assert_string_equal(error_info(result_code(result))->name, error_info(code)->name);
    assert_false(is_ok(result));
}

static struct signing_key *key_new(uint8_t fill)
{
    uint8_t seed[SEED_SIZE];
    memset(seed, fill, sizeof seed);
    struct signing_key *key = NULL;
    ok(signing_key_make(slice_of(ORIGIN), seed, &key));
    return key;
}

/* ---- a disk that loses what was not synced ---- */

struct disk {
    uint8_t durable[STATE_FILE_SIZE];
    uint8_t unsynced[STATE_FILE_SIZE];
    int calls;
    int fail_at; /* the call that fails, counted from when the ledger is open; 0: none */
};

static RESULT disk_call(struct disk *disk)
{
    disk->calls++;
    ENSURE(disk->calls != disk->fail_at, FILE_WRITE);
    return RESULT_OK;
}

static RESULT disk_write(void *context, size_t offset, const void *data, size_t size)
{
    struct disk *disk = context;
    assert_true(offset + size <= STATE_FILE_SIZE);
    const struct result result = disk_call(disk);
    /* A write that fails has written half. */
    memcpy(disk->unsynced + offset, data, is_ok(result) ? size : size / 2);
    return result;
}

static RESULT disk_sync(void *context)
{
    struct disk *disk = context;
    TRY(disk_call(disk));
    memcpy(disk->durable, disk->unsynced, sizeof disk->durable);
    return RESULT_OK;
}

static struct state_medium medium_of(struct disk *disk)
{
    return (struct state_medium){disk_write, disk_sync, disk};
}

/* A ledger on a new disk. */
static void ledger_new(struct disk *disk, struct signed_ledger *ret_ledger)
{
    struct signing_key *key = key_new(1);
    struct buffer first CLEANUP_BUFFER = buffer_make(STATE_FILE_SIZE);
    ok(signer_state_begin(signing_key_verifier(key), 1, &first));
    memcpy(disk->durable, first.data, STATE_FILE_SIZE);
    memcpy(disk->unsynced, first.data, STATE_FILE_SIZE);
    const int fail_at = disk->fail_at;
    disk->fail_at = 0;
    ok(signed_ledger_open(key, buffer_slice(&first), medium_of(disk), ret_ledger));
    disk->calls = 0;
    disk->fail_at = fail_at;
}

static struct hash leaf_of(uint64_t number)
{
    return merkle_leaf(slice_make(&number, sizeof number));
}

/* Leaves `first` and on, which are the bytes of their numbers, and the tree that they make. */
struct numbered_run {
    uint64_t numbers[16];
    struct slice leaves[16];
    struct leaf_run run;
};

static void number_run(uint64_t first, size_t count, struct numbered_run *ret_run)
{
    struct frontier frontier = {.size = 0};
    for (uint64_t number = 0; number < first + count; number++) {
        struct merkle_batch *batch = NULL;
        const struct hash hash = leaf_of(number);
        ok(merkle_append(&frontier, &hash, 1, &batch));
        merkle_batch_free(batch);
    }
    for (size_t i = 0; i < count; i++) {
        ret_run->numbers[i] = first + i;
        ret_run->leaves[i] = slice_make(&ret_run->numbers[i], sizeof ret_run->numbers[i]);
    }
    ret_run->run = (struct leaf_run){first, count, ret_run->leaves, frontier_root(&frontier)};
}

static RESULT append_some(struct signed_ledger *ledger, uint64_t first, size_t count, struct checkpoint *ret_checkpoint)
{
    struct numbered_run numbered;
    number_run(first, count, &numbered);
    struct buffer note CLEANUP_BUFFER = buffer_make(8192);
    TRY(signed_ledger_append(ledger, &numbered.run, &note));
    return checkpoint_open(buffer_slice(&note), signing_key_verifier(ledger->key), ret_checkpoint);
}

static void a_slot_reads_back_as_it_was_written_and_no_other_way(void **unused)
{
    (void)unused;
    struct signing_key *key CLEANUP_SIGNING_KEY = key_new(1);
    struct signer_state state = {.key = *signing_key_verifier(key), .sequence = 41};
    struct hash leaves[5];
    for (size_t i = 0; i < 5; i++)
        leaves[i] = leaf_of(i);
    struct merkle_batch *batch = NULL;
    ok(merkle_append(&state.frontier, leaves, 5, &batch));
    merkle_batch_free(batch);

    struct buffer slot CLEANUP_BUFFER = buffer_make(STATE_SLOT_SIZE);
    ok(signer_state_write(&state, &slot));
    assert_int_equal(slot.size, STATE_SLOT_SIZE);
    struct signer_state again;
    ok(signer_state_read(buffer_slice(&slot), &again));
    assert_int_equal(again.sequence, 41);
    const struct hash root = frontier_root(&state.frontier);
    const struct hash root_again = frontier_root(&again.frontier);
    assert_true(hash_equal(&root, &root_again));
}

/* 2^62 - 1 leaves: a frontier in which every node is there. */
static void the_largest_tree_is_remembered_and_no_larger_one(void **unused)
{
    (void)unused;
    struct signing_key *key CLEANUP_SIGNING_KEY = key_new(1);
    struct signer_state state = {.key = *signing_key_verifier(key), .epoch = 1, .sequence = UINT64_MAX};
    struct signer_state again;
    state.frontier.size = (UINT64_C(1) << 62) - 1;
    for (size_t i = 0; i < FRONTIER_MAX; i++)
        state.frontier.levels[i] = leaf_of(i);
    struct buffer slot CLEANUP_BUFFER = buffer_make(STATE_SLOT_SIZE);
    ok(signer_state_write(&state, &slot));
    ok(signer_state_read(buffer_slice(&slot), &again));
    assert_int_equal(again.frontier.size, state.frontier.size);
    assert_int_equal(again.sequence, UINT64_MAX);
    const struct hash root = frontier_root(&state.frontier);
    const struct hash root_again = frontier_root(&again.frontier);
    assert_true(hash_equal(&root, &root_again));
    state.frontier.size++;
    buffer_clear(&slot);
    ok(signer_state_write(&state, &slot));
    fails(signer_state_read(buffer_slice(&slot), &again), ERR_SIGNER_STATE);
}

static void a_new_file_holds_the_empty_ledger_of_its_key_and_epoch(void **unused)
{
    (void)unused;
    struct signing_key *key CLEANUP_SIGNING_KEY = key_new(1);
    struct buffer file CLEANUP_BUFFER = buffer_make(STATE_FILE_SIZE);
    struct signer_state state;
    ok(signer_state_begin(signing_key_verifier(key), 3, &file));
    assert_int_equal(file.size, STATE_FILE_SIZE);
    ok(signer_state_load(buffer_slice(&file), signing_key_verifier(key), &state));
    assert_true(verifier_key_equal(&state.key, signing_key_verifier(key)));
    assert_int_equal(state.epoch, 3);
    assert_int_equal(state.sequence, 0);
    assert_int_equal(state.frontier.size, 0);
    file.size--;
    fails(signer_state_load(buffer_slice(&file), signing_key_verifier(key), &state), ERR_SIGNER_STATE);
}

static bool slot_accepted(void *context, struct slice mutant)
{
    (void)context;
    struct signer_state state;
    return is_ok(signer_state_read(mutant, &state));
}

static void a_slot_with_a_flipped_bit_or_cut_short_is_refused(void **unused)
{
    (void)unused;
    struct signing_key *key CLEANUP_SIGNING_KEY = key_new(1);
    struct signer_state state = {.key = *signing_key_verifier(key), .epoch = 12, .sequence = 2};
    state.frontier.size = 3;
    state.frontier.levels[0] = leaf_of(1);
    state.frontier.levels[1] = leaf_of(2);
    struct buffer slot CLEANUP_BUFFER = buffer_make(STATE_SLOT_SIZE);
    ok(signer_state_write(&state, &slot));
    assert_int_equal(mutate_each_bit(buffer_slice(&slot), slot_accepted, NULL), 0);
    assert_int_equal(mutate_each_truncation(buffer_slice(&slot), slot_accepted, NULL), 0);
}

static void only_the_tree_that_extends_the_last_is_signed(void **unused)
{
    (void)unused;
    struct disk disk = {0};
    struct signed_ledger ledger;
    ledger_new(&disk, &ledger);
    struct checkpoint checkpoint;
    ok(append_some(&ledger, 0, 3, &checkpoint));
    assert_int_equal(checkpoint.size, 3);
    fails(append_some(&ledger, 0, 3, &checkpoint), ERR_STORE_ROLLED_BACK);
    fails(append_some(&ledger, 2, 1, &checkpoint), ERR_STORE_ROLLED_BACK);
    fails(append_some(&ledger, 4, 1, &checkpoint), ERR_STORE_ROLLED_BACK);
    ok(append_some(&ledger, 3, 0, &checkpoint));
    assert_int_equal(checkpoint.size, 3);
    ok(append_some(&ledger, 3, 4, &checkpoint));
    assert_int_equal(checkpoint.size, 7);
    signed_ledger_close(&ledger);
}

/* Of the leaves, of the root that the host has, of what the signer remembers: whichever bit it is. */
static void where_one_bit_differs_nothing_is_signed(void **unused)
{
    (void)unused;
    struct disk disk = {.fail_at = 0};
    struct signed_ledger ledger;
    ledger_new(&disk, &ledger);
    struct checkpoint checkpoint;
    ok(append_some(&ledger, 0, 3, &checkpoint));
    const int calls = disk.calls;
    const struct frontier before = ledger.state.frontier;
    struct numbered_run numbered;
    number_run(3, 2, &numbered);
    const struct {
        uint8_t *bytes;
        size_t size;
    } places[] = {{(uint8_t *)numbered.numbers, 2 * sizeof numbered.numbers[0]},
                  {numbered.run.root.bytes, HASH_SIZE},
                  {ledger.state.frontier.levels[0].bytes, HASH_SIZE},
                  {ledger.state.frontier.levels[1].bytes, HASH_SIZE}};
    struct buffer note CLEANUP_BUFFER = buffer_make(8192);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        for (size_t bit = 0; bit < 8 * places[i].size; bit++) {
            places[i].bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
            fails(signed_ledger_append(&ledger, &numbered.run, &note), ERR_SIGNER_ROOT);
            places[i].bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
    assert_int_equal(note.size, 0);
    assert_int_equal(disk.calls, calls);
    assert_memory_equal(&ledger.state.frontier, &before, sizeof before);
    ok(signed_ledger_append(&ledger, &numbered.run, &note));
    signed_ledger_close(&ledger);
}

static void the_last_tree_is_signed_again_for_who_has_its_root(void **unused)
{
    (void)unused;
    struct disk disk = {.fail_at = 0};
    struct signed_ledger ledger;
    ledger_new(&disk, &ledger);
    struct checkpoint checkpoint;
    ok(append_some(&ledger, 0, 3, &checkpoint));
    const int calls = disk.calls;
    ok(append_some(&ledger, 3, 0, &checkpoint));
    assert_int_equal(disk.calls, calls); /* for which nothing is to be remembered */
    struct numbered_run numbered;
    number_run(3, 0, &numbered);
    numbered.run.root.bytes[0] ^= 1;
    struct buffer note CLEANUP_BUFFER = buffer_make(8192);
    fails(signed_ledger_append(&ledger, &numbered.run, &note), ERR_SIGNER_ROOT);
    signed_ledger_close(&ledger);
}

/* For every call of the medium that can fail: nothing is signed then, the next try is, and what a power cut at that
 * moment leaves on the disk is the last tree that was signed, or that one and the next. */
static void whatever_call_fails_nothing_is_signed_that_is_not_on_disk(void **unused)
{
    (void)unused;
    for (int fail_at = 1; fail_at <= 7; fail_at++) {
        struct disk disk = {.fail_at = fail_at};
        struct signed_ledger ledger;
        ledger_new(&disk, &ledger);
        uint64_t signed_size = 0;
        for (int step = 0; step < 3; step++) {
            struct checkpoint checkpoint;
            const struct result result = append_some(&ledger, signed_size, 2, &checkpoint);
            if (is_ok(result))
                signed_size = checkpoint.size;
            else
                assert_int_equal(result_code(result), ERR_FILE_WRITE);

            struct signer_state after_power_cut;
            ok(signer_state_load(slice_make(disk.durable, sizeof disk.durable), signing_key_verifier(ledger.key),
                                 &after_power_cut));
            assert_true(after_power_cut.frontier.size >= signed_size);
        }
        assert_int_equal(signed_size, fail_at <= 6 ? 4 : 6);
        signed_ledger_close(&ledger);
    }
}

/* The system shows what a signer has written that was killed, or failed, before its sync. */
static void what_the_one_before_did_not_sync_is_on_disk_before_anything_is_signed_for_it(void **unused)
{
    (void)unused;
    struct disk disk = {.fail_at = 4};
    struct signed_ledger ledger;
    struct checkpoint checkpoint;
    ledger_new(&disk, &ledger);
    ok(append_some(&ledger, 0, 2, &checkpoint));
    fails(append_some(&ledger, 2, 2, &checkpoint), ERR_FILE_WRITE);
    signed_ledger_close(&ledger);

    const struct slice shown = slice_make(disk.unsynced, sizeof disk.unsynced);
    struct signing_key *key CLEANUP_SIGNING_KEY = key_new(1);
    for (disk.calls = 0, disk.fail_at = 1; disk.fail_at <= 2; disk.calls = 0, disk.fail_at++)
        fails(signed_ledger_open(key, shown, medium_of(&disk), &ledger), ERR_FILE_WRITE);
    disk.fail_at = 0;
    ok(signed_ledger_open(key, shown, medium_of(&disk), &ledger));
    key = NULL;
    ok(append_some(&ledger, 4, 0, &checkpoint));
    assert_int_equal(checkpoint.size, 4);
    struct signer_state durable;
    ok(signer_state_load(slice_make(disk.durable, sizeof disk.durable), signing_key_verifier(ledger.key), &durable));
    assert_int_equal(durable.frontier.size, 4);
    signed_ledger_close(&ledger);
}

static void a_torn_newest_slot_falls_back_to_the_one_before(void **unused)
{
    (void)unused;
    struct disk disk = {0};
    struct signed_ledger ledger;
    ledger_new(&disk, &ledger);
    struct checkpoint checkpoint;
    ok(append_some(&ledger, 0, 2, &checkpoint));
    ok(append_some(&ledger, 2, 2, &checkpoint));
    struct signer_state state;
    disk.durable[0] ^= 1; /* slot 0 holds the second write */
    ok(signer_state_load(slice_make(disk.durable, sizeof disk.durable), signing_key_verifier(ledger.key), &state));
    assert_int_equal(state.frontier.size, 2);
    disk.durable[STATE_SLOT_SIZE] ^= 1;
    fails(signer_state_load(slice_make(disk.durable, sizeof disk.durable), signing_key_verifier(ledger.key), &state),
          ERR_SIGNER_STATE);
    signed_ledger_close(&ledger);
}

static void a_ledger_whose_origin_would_be_too_long_is_not_opened(void **unused)
{
    (void)unused;
    char name[KEY_NAME_SIZE];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    const uint8_t seed[SEED_SIZE] = {9};
    for (uint64_t epoch = 1; epoch <= 2; epoch++) {
        struct signing_key *key CLEANUP_SIGNING_KEY = NULL;
        struct buffer file CLEANUP_BUFFER = buffer_make(STATE_FILE_SIZE);
        struct disk disk = {.calls = 0};
        struct signed_ledger ledger = {.key = NULL};
        ok(signing_key_make(slice_of(name), seed, &key));
        ok(signer_state_begin(signing_key_verifier(key), epoch, &file));
        const struct result opened = signed_ledger_open(key, buffer_slice(&file), medium_of(&disk), &ledger);
        if (epoch == 1) {
            ok(opened);
            assert_string_equal(ledger.origin, name);
        } else {
            fails(opened, ERR_TEXT_TOO_LONG); /* NAME/epoch-2 */
            assert_null(ledger.key);
        }
    }
}

static void the_state_of_another_key_is_refused(void **unused)
{
    (void)unused;
    struct disk disk = {0};
    struct signed_ledger ledger;
    ledger_new(&disk, &ledger);
    struct checkpoint checkpoint;
    ok(append_some(&ledger, 0, 2, &checkpoint));
    ok(append_some(&ledger, 2, 2, &checkpoint));
    struct signing_key *other CLEANUP_SIGNING_KEY = key_new(2);
    struct signer_state state;
    fails(signer_state_load(slice_make(disk.durable, sizeof disk.durable), signing_key_verifier(other), &state),
          ERR_SIGNER_STATE);
    signed_ledger_close(&ledger);
}

/* ---- the process ---- */

static char folder[TEMPORARY_SIZE];

static int folder_set_up(void **unused)
{
    (void)unused;
    char keys[PATH_SIZE];
    char path[PATH_SIZE];
    if (!temporary_folder(folder, "signer") || !is_ok(path_join(keys, folder, "signer")) ||
        !is_ok(folder_make(keys, 0700, NULL)) || !is_ok(path_join(path, keys, "acme.example.key")))
        return 1;
    struct signing_key *key CLEANUP_SIGNING_KEY = key_new(7);
    struct buffer text CLEANUP_BUFFER = buffer_make(1024);
    signing_key_write(key, &text);
    buffer_append_byte(&text, '\n');
    return is_ok(file_create(path, buffer_slice(&text), 0600, NULL)) ? 0 : 1;
}

static int folder_tear_down(void **unused)
{
    (void)unused;
    return temporary_remove(folder) ? 0 : -1;
}

/* Process id of the one child of this process, or 0. */
static pid_t child_of_ours(void)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char line[64] = "";
    char *got = fgets(line, sizeof line, file);
    fclose(file);
    return got == NULL ? 0 : (pid_t)strtol(line, NULL, 10);
}

static RESULT process_append(struct signer *signer, uint64_t first, size_t count, struct checkpoint *ret_checkpoint)
{
    struct numbered_run numbered;
    number_run(first, count, &numbered);
    struct buffer note CLEANUP_BUFFER = buffer_make(8192);
    TRY(signer_append(signer, ORIGIN, &numbered.run, &note));
    struct signing_key *key CLEANUP_SIGNING_KEY = key_new(7);
    return checkpoint_open(buffer_slice(&note), signing_key_verifier(key), ret_checkpoint);
}

static void the_process_signs_and_remembers_across_its_restarts(void **unused)
{
    (void)unused;
    struct signer *signer = NULL;
    ok(signer_start(folder, &signer));
    struct checkpoint checkpoint;
    ok(signer_last(signer, ORIGIN, &checkpoint));
    assert_int_equal(checkpoint.size, 0);
    ok(process_append(signer, 0, 5, &checkpoint));
    assert_int_equal(checkpoint.size, 5);
    fails(process_append(signer, 4, 1, &checkpoint), ERR_STORE_ROLLED_BACK);
    signer_stop(signer);

    ok(signer_start(folder, &signer));
    struct checkpoint again;
    ok(signer_last(signer, ORIGIN, &again));
    assert_int_equal(again.size, 5);
    assert_true(hash_equal(&again.root, &checkpoint.root));
    ok(process_append(signer, 5, 2, &checkpoint));
    assert_int_equal(checkpoint.size, 7);
    signer_stop(signer);
}

static void the_process_signs_no_tree_whose_root_the_host_has_not_got(void **unused)
{
    (void)unused;
    struct signer *signer = NULL;
    ok(signer_start(folder, &signer));
    struct checkpoint checkpoint;
    ok(process_append(signer, 0, 2, &checkpoint));
    struct numbered_run numbered;
    number_run(2, 2, &numbered);
    numbered.numbers[1] ^= 1;
    struct buffer note CLEANUP_BUFFER = buffer_make(8192);
    fails(signer_append(signer, ORIGIN, &numbered.run, &note), ERR_SIGNER_ROOT);
    ok(signer_last(signer, ORIGIN, &checkpoint));
    assert_int_equal(checkpoint.size, 2);
    signer_stop(signer);
    ok(signer_start(folder, &signer)); /* nor has it remembered it */
    ok(signer_last(signer, ORIGIN, &checkpoint));
    assert_int_equal(checkpoint.size, 2);
    ok(process_append(signer, 2, 2, &checkpoint));
    signer_stop(signer);
}

/* 32 MiB in one message, through the sandbox. */
static void the_process_takes_as_many_leaves_of_the_greatest_size_as_there_can_be(void **unused)
{
    (void)unused;
    static uint8_t text[LEAF_MAX];
    static struct slice leaves[SIGNER_LEAVES_MAX];
    static struct hash hashes[SIGNER_LEAVES_MAX];
    const struct slice leaf = slice_make(text, sizeof text);
    const struct hash hash = merkle_leaf(leaf);
    for (size_t i = 0; i < SIGNER_LEAVES_MAX; i++) {
        leaves[i] = leaf;
        hashes[i] = hash;
    }
    struct frontier frontier = {.size = 0};
    struct merkle_batch *batch = NULL;
    ok(merkle_append(&frontier, hashes, SIGNER_LEAVES_MAX, &batch));
    merkle_batch_free(batch);
    struct signer *signer = NULL;
    ok(signer_start(folder, &signer));
    const struct leaf_run run = {0, SIGNER_LEAVES_MAX, leaves, frontier_root(&frontier)};
    struct buffer note CLEANUP_BUFFER = buffer_make(8192);
    ok(signer_append(signer, ORIGIN, &run, &note));
    signer_stop(signer);
}

static void an_origin_without_a_key_is_not_signed_for(void **unused)
{
    (void)unused;
    struct signer *signer = NULL;
    ok(signer_start(folder, &signer));
    struct buffer note CLEANUP_BUFFER = buffer_make(8192);
    struct numbered_run numbered;
    number_run(0, 1, &numbered);
    fails(signer_append(signer, "kms.uni.example/other.example", &numbered.run, &note), ERR_NOT_FOUND);
    signer_stop(signer);
}

/* Makes the state file of an epoch, as `avald recover` does. */
static void begin_epoch(uint64_t number, uint64_t written)
{
    char keys[PATH_SIZE];
    char path[PATH_SIZE];
    struct signing_key *key CLEANUP_SIGNING_KEY = key_new(7);
    struct buffer first CLEANUP_BUFFER = buffer_make(STATE_FILE_SIZE);
    ok(signer_state_begin(signing_key_verifier(key), written, &first));
    ok(path_join(keys, folder, "signer"));
    ok(epoch_state_path(keys, "acme.example", number, path));
    ok(file_create(path, buffer_slice(&first), 0600, NULL));
}

static void once_an_epoch_has_begun_no_earlier_one_is_signed_for(void **unused)
{
    (void)unused;
    struct signer *signer = NULL;
    struct checkpoint checkpoint;
    ok(signer_start(folder, &signer));
    ok(process_append(signer, 0, 5, &checkpoint));
    signer_stop(signer);
    begin_epoch(2, 2);
    begin_epoch(10, 10);

    ok(signer_start(folder, &signer));
    fails(signer_last(signer, ORIGIN, &checkpoint), ERR_NOT_FOUND);
    fails(signer_last(signer, ORIGIN "/epoch-2", &checkpoint), ERR_NOT_FOUND);
    fails(process_append(signer, 5, 1, &checkpoint), ERR_NOT_FOUND);
    ok(signer_last(signer, ORIGIN "/epoch-10", &checkpoint));
    assert_int_equal(checkpoint.size, 0);
    struct buffer note CLEANUP_BUFFER = buffer_make(8192);
    struct numbered_run numbered;
    number_run(0, 1, &numbered);
    ok(signer_append(signer, ORIGIN "/epoch-10", &numbered.run, &note));
    signer_stop(signer);

    ok(signer_start(folder, &signer));
    ok(signer_last(signer, ORIGIN "/epoch-10", &checkpoint));
    assert_int_equal(checkpoint.size, 1);
    signer_stop(signer);
}

static void the_state_of_another_epoch_is_not_taken_for_that_of_the_newest(void **unused)
{
    (void)unused;
    struct signer *signer = NULL;
    begin_epoch(3, 2);
    fails(signer_start(folder, &signer), ERR_SIGNER_STATE);
}

static void the_newest_epoch_is_that_of_the_highest_number_and_of_no_other_vendor(void **unused)
{
    (void)unused;
    static const char *const names[] = {"acme.example.state",       "acme.example+2.state", "acme.example+03.state",
                                        "acme.example+4.statement", "acme.example+.state",  "acme.example.org+5.state",
                                        "acme.example+6",           "acme.example7.state"};
    char keys[PATH_SIZE];
    uint64_t epoch = 0;
    ok(path_join(keys, folder, "signer"));
    ok(epoch_newest(keys, "acme.example", &epoch));
    assert_int_equal(epoch, 1);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[PATH_SIZE];
        ok(path_join(path, keys, names[i]));
        ok(file_create(path, slice_of(""), 0600, NULL));
    }
    ok(epoch_newest(keys, "acme.example", &epoch));
    assert_int_equal(epoch, 2);
    ok(epoch_newest(keys, "acme.example.org", &epoch));
    assert_int_equal(epoch, 5);
    ok(path_join(keys, folder, "signer/acme.example.key")); /* no folder */
    fails(epoch_newest(keys, "acme.example", &epoch), ERR_FILE_READ);
    assert_int_equal(epoch, 5);
}

static void the_state_file_of_an_epoch_has_its_number_in_its_name(void **unused)
{
    (void)unused;
    char path[PATH_SIZE];
    char longest[NAME_SIZE];
    char expected[PATH_SIZE];
    ok(epoch_state_path("/k", "acme.example", 1, path));
    assert_string_equal(path, "/k/acme.example.state");
    ok(epoch_state_path("/k", "acme.example", 2, path));
    assert_string_equal(path, "/k/acme.example+2.state");
    memset(longest, 'v', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    ok(epoch_state_path("/k", longest, EPOCH_LAST, path));
    snprintf(expected, sizeof expected, "/k/%s+9223372036854775807.state", longest);
    assert_string_equal(path, expected);
    char too_long[4 * NAME_SIZE];
    memset(too_long, 'v', sizeof too_long - 1);
    too_long[sizeof too_long - 1] = 0;
    fails(epoch_state_path("/k", too_long, 1, path), ERR_TEXT_TOO_LONG);
    too_long[NAME_SIZE + 32 - strlen(".state")] = 0; /* one byte too many */
    fails(epoch_state_path("/k", too_long, 1, path), ERR_TEXT_TOO_LONG);
    fails(epoch_state_path("/k", too_long, 2, path), ERR_TEXT_TOO_LONG);
    assert_string_equal(path, expected);
}

static void an_epoch_beyond_the_last_or_below_the_second_has_no_file_of_its_own(void **unused)
{
    (void)unused;
    static const struct {
        const char *name;
        uint64_t newest;
    } files[] = {{"acme.example+0.state", 1},
                 {"acme.example+1.state", 1},
                 {"acme.example+9223372036854775808.state", 1},
                 {"acme.example+10.state", 10},
                 {"acme.example+9.state", 10}, /* whose name comes later */
                 {"acme.example+9223372036854775807.state", EPOCH_LAST},
                 {"acme.example+7.state", EPOCH_LAST}};
    char keys[PATH_SIZE];
    uint64_t epoch = 0;
    ok(path_join(keys, folder, "signer"));
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[PATH_SIZE];
        ok(path_join(path, keys, files[i].name));
        ok(file_create(path, slice_of(""), 0600, NULL));
        ok(epoch_newest(keys, "acme.example", &epoch));
        assert_int_equal(epoch, files[i].newest);
    }
}

/* A state as text with one line changed or added, and a checksum that fits. */
static RESULT read_changed(const char *before, const char *after)
{
    struct signing_key *key CLEANUP_SIGNING_KEY = key_new(7);
    struct signer_state state = {.key = *signing_key_verifier(key), .epoch = 2, .sequence = 5};
    struct buffer text CLEANUP_BUFFER = buffer_make(STATE_SLOT_SIZE);
    struct buffer slot CLEANUP_BUFFER = buffer_make(STATE_SLOT_SIZE);
    ok(signer_state_write(&state, &text));
    const char *const written = buffer_text(&text);
    const char *const at = strstr(written, before);
    const char *const checksum = strstr(written, "checksum ");
    assert_non_null(at);
    assert_non_null(checksum);
    buffer_append(&slot, written, (size_t)(at - written));
    buffer_append_text(&slot, after);
    buffer_append(&slot, at + strlen(before), (size_t)(checksum - at) - strlen(before));
    const struct hash hash = hash_of(buffer_slice(&slot));
    buffer_append_text(&slot, "checksum ");
    buffer_append_base64(&slot, hash.bytes, HASH_SIZE);
    buffer_append_byte(&slot, '\n');
    while (slot.size < STATE_SLOT_SIZE - 1)
        buffer_append_byte(&slot, ' ');
    buffer_append_byte(&slot, '\n');
    ok(buffer_status(&slot));
    return signer_state_read(buffer_slice(&slot), &state);
}

static void a_slot_with_a_good_checksum_and_another_spelling_is_refused(void **unused)
{
    (void)unused;
    ok(read_changed("epoch 2\n", "epoch 2\n"));
    ok(read_changed("epoch 2\n", "epoch 9223372036854775807\n"));
    ok(read_changed("epoch 2\n", ""));
    fails(read_changed("epoch 2\n", "epoch 1\n"), ERR_SIGNER_STATE);
    fails(read_changed("epoch 2\n", "epoch 0\n"), ERR_SIGNER_STATE);
    fails(read_changed("epoch 2\n", "epoch 02\n"), ERR_SIGNER_STATE);
    fails(read_changed("epoch 2\n", "epoch 9223372036854775808\n"), ERR_SIGNER_STATE);
    fails(read_changed("sequence 5\n", "sequence \n"), ERR_SIGNER_STATE);
    fails(read_changed("sequence 5\n", "sequence 18446744073709551616\n"), ERR_SIGNER_STATE);
    ok(read_changed("sequence 5\n", "sequence 18446744073709551615\n"));
    fails(read_changed("size 0\n", "size 1\n"), ERR_SIGNER_STATE);                   /* a node is missing */
    fails(read_changed("size 0\n", "size 0\nnode \n"), ERR_SIGNER_STATE);            /* one too many */
    fails(read_changed("size 0\n", "size 9223372036854775808\n"), ERR_SIGNER_STATE); /* larger than any tree */
    fails(read_changed("size 0\n", "size 0 \n"), ERR_SIGNER_STATE);
    fails(read_changed("aval signer-state v1\n", "aval signer-state v2\n"), ERR_SIGNER_STATE);
}

static void a_killed_process_is_reported_and_starts_again(void **unused)
{
    (void)unused;
    struct signer *signer = NULL;
    ok(signer_start(folder, &signer));
    struct checkpoint checkpoint;
    ok(process_append(signer, 0, 3, &checkpoint));
    assert_int_equal(kill(child_of_ours(), SIGKILL), 0);
    fails(process_append(signer, 3, 1, &checkpoint), ERR_HOST_SIGNER);
    fails(process_append(signer, 3, 1, &checkpoint), ERR_HOST_SIGNER);
    signer_stop(signer);
    ok(signer_start(folder, &signer));
    ok(process_append(signer, 3, 1, &checkpoint));
    assert_int_equal(checkpoint.size, 4);
    signer_stop(signer);
    assert_int_equal(child_of_ours(), 0);
}

/* The sandbox is on: the kernel says so, and no descriptor is open but the socket, standard output and error, the
 * state. */
static void the_process_runs_in_its_sandbox_with_nothing_else_open(void **unused)
{
    (void)unused;
    const int stray = open("/etc/passwd", O_RDONLY); /* NOLINT: without O_CLOEXEC, it must not reach the signer */
    struct signer *signer = NULL;
    ok(signer_start(folder, &signer));
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/status", (int)child_of_ours());
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char line[256];
    bool filtered = false;
    bool no_new_privileges = false;
    while (fgets(line, sizeof line, file) != NULL) {
        filtered |= strncmp(line, "Seccomp:\t2", 10) == 0;
        no_new_privileges |= strncmp(line, "NoNewPrivs:\t1", 13) == 0;
    }
    fclose(file);
    assert_true(filtered);
    assert_true(no_new_privileges);

    snprintf(path, sizeof path, "/proc/%d/fd", (int)child_of_ours());
    DIR *descriptors = opendir(path);
    if (descriptors == NULL) {
        /* Part of the sandbox: not even the user whose process it is may look, but for root. */
        assert_int_equal(errno, EACCES);
        assert_int_not_equal(geteuid(), 0);
    } else {
        size_t count = 0;
        while (readdir(descriptors) != NULL)
            count++;
        closedir(descriptors);
        assert_int_equal(count, 2 + 4); /* ., .., 0, 1, 2 and the state file */
    }
    signer_stop(signer);
    close(stray);
}

static void a_state_file_with_both_slots_broken_stops_the_start(void **unused)
{
    (void)unused;
    struct signer *signer = NULL;
    ok(signer_start(folder, &signer));
    struct checkpoint checkpoint;
    ok(process_append(signer, 0, 1, &checkpoint));
    ok(process_append(signer, 1, 1, &checkpoint));
    signer_stop(signer);

    char path[PATH_SIZE];
    ok(path_join(path, folder, "signer/acme.example.state"));
    uint8_t junk[STATE_FILE_SIZE];
    memset(junk, 'x', sizeof junk);
    ok(file_write(path, slice_make(junk, sizeof junk), 0600, NULL));
    signer = NULL;
    fails(signer_start(folder, &signer), ERR_SIGNER_STATE);
    assert_null(signer);
}

int main(void)
{
    if (!is_ok(secret_start()))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slot_reads_back_as_it_was_written_and_no_other_way),
        cmocka_unit_test(the_largest_tree_is_remembered_and_no_larger_one),
        cmocka_unit_test(a_new_file_holds_the_empty_ledger_of_its_key_and_epoch),
        cmocka_unit_test(a_slot_with_a_flipped_bit_or_cut_short_is_refused),
        cmocka_unit_test(only_the_tree_that_extends_the_last_is_signed),
        cmocka_unit_test(where_one_bit_differs_nothing_is_signed),
        cmocka_unit_test(the_last_tree_is_signed_again_for_who_has_its_root),
        cmocka_unit_test(whatever_call_fails_nothing_is_signed_that_is_not_on_disk),
        cmocka_unit_test(what_the_one_before_did_not_sync_is_on_disk_before_anything_is_signed_for_it),
        cmocka_unit_test(a_torn_newest_slot_falls_back_to_the_one_before),
        cmocka_unit_test(the_state_of_another_key_is_refused),
        cmocka_unit_test(a_ledger_whose_origin_would_be_too_long_is_not_opened),
        cmocka_unit_test_setup_teardown(the_process_signs_and_remembers_across_its_restarts, folder_set_up,
                                        folder_tear_down),
        cmocka_unit_test_setup_teardown(the_process_signs_no_tree_whose_root_the_host_has_not_got, folder_set_up,
                                        folder_tear_down),
        cmocka_unit_test_setup_teardown(the_process_takes_as_many_leaves_of_the_greatest_size_as_there_can_be,
                                        folder_set_up, folder_tear_down),
        cmocka_unit_test_setup_teardown(an_origin_without_a_key_is_not_signed_for, folder_set_up, folder_tear_down),
        cmocka_unit_test_setup_teardown(once_an_epoch_has_begun_no_earlier_one_is_signed_for, folder_set_up,
                                        folder_tear_down),
        cmocka_unit_test_setup_teardown(the_state_of_another_epoch_is_not_taken_for_that_of_the_newest, folder_set_up,
                                        folder_tear_down),
        cmocka_unit_test_setup_teardown(the_newest_epoch_is_that_of_the_highest_number_and_of_no_other_vendor,
                                        folder_set_up, folder_tear_down),
        cmocka_unit_test(the_state_file_of_an_epoch_has_its_number_in_its_name),
        cmocka_unit_test(a_slot_with_a_good_checksum_and_another_spelling_is_refused),
        cmocka_unit_test_setup_teardown(an_epoch_beyond_the_last_or_below_the_second_has_no_file_of_its_own,
                                        folder_set_up, folder_tear_down),
        cmocka_unit_test_setup_teardown(a_killed_process_is_reported_and_starts_again, folder_set_up, folder_tear_down),
        cmocka_unit_test_setup_teardown(the_process_runs_in_its_sandbox_with_nothing_else_open, folder_set_up,
                                        folder_tear_down),
        cmocka_unit_test_setup_teardown(a_state_file_with_both_slots_broken_stops_the_start, folder_set_up,
                                        folder_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
