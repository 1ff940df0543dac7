/*
 * The engine with a signer of the test's own, over the real one: one that does not start, or does not answer, or signs
 * notes that are too long to be shown. Time passes only where the test says so.
 */
#include "host_fixture.h"

#include "grown_ledger.h"
#include "store/ledger.h"
#include "store/memory.h"
#include "system/clock.h"

#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What goes wrong with the signer, and how often it was asked. */
struct faults {
    struct signer_service real;
    _Atomic(bool) no_start;
    _Atomic(bool) no_append;
    _Atomic(size_t) padding; /* bytes behind each note */
    _Atomic(bool) flip;      /* a bit of the last leaf, on its way to the signer */
    _Atomic(unsigned) starts;
    _Atomic(unsigned) appends;
};

struct faulty_signer {
    struct faults *faults;
    void *real;
};

static RESULT start_faulty(const struct signer_service *service, void **ret_signer)
{
    struct faults *const faults = service->context;
    atomic_fetch_add(&faults->starts, 1);
    ENSURE(!faults->no_start, HOST_SIGNER);
    struct faulty_signer *const signer = calloc(1, sizeof *signer);
    assert_non_null(signer);
    signer->faults = faults;
    const struct result result = faults->real.start(&faults->real, &signer->real);
    if (!is_ok(result)) {
        free(signer);
        return result;
    }
    *ret_signer = signer;
    return RESULT_OK;
}

static void stop_faulty(void *context)
{
    struct faulty_signer *const signer = context;
    if (signer != NULL)
        signer->faults->real.stop(signer->real);
    free(signer);
}

/* Has the real one append the run with one bit of its last leaf flipped. */
static RESULT append_flipped(struct faulty_signer *signer, const char *origin, const struct leaf_run *run,
                             struct buffer *out)
{
    static struct slice leaves[SIGNER_LEAVES_MAX];
    static uint8_t text[LEAF_MAX];
    memcpy(leaves, run->leaves, run->count * sizeof *leaves);
    struct slice *const last = &leaves[run->count - 1];
    memcpy(text, last->data, last->size);
    text[last->size / 2] ^= 1;
    *last = slice_make(text, last->size);
    const struct leaf_run flipped = {run->first, run->count, leaves, run->root};
    return signer->faults->real.append(signer->real, origin, &flipped, out);
}

static RESULT append_faulty(void *context, const char *origin, const struct leaf_run *run, struct buffer *out)
{
    struct faulty_signer *const signer = context;
    atomic_fetch_add(&signer->faults->appends, 1);
    ENSURE(!signer->faults->no_append, HOST_SIGNER);
    if (signer->faults->flip && run->count > 0)
        return append_flipped(signer, origin, run, out);
    TRY(signer->faults->real.append(signer->real, origin, run, out));
    for (size_t i = 0; i < signer->faults->padding; i++)
        buffer_append_byte(out, 'x');
    return buffer_status(out);
}

static RESULT last_faulty(void *context, const char *origin, struct checkpoint *ret_checkpoint)
{
    struct faulty_signer *const signer = context;
    return signer->faults->real.last(signer->real, origin, ret_checkpoint);
}

static _Atomic(int64_t) milliseconds;

static int64_t milliseconds_now(void)
{
    return milliseconds;
}

struct rig {
    struct host_fixture fixture;
    struct store *store;
    struct engine *engine;
    struct faults faults;
};

static RESULT start(struct rig *rig)
{
    struct authority *const authority = fixture_authority(&rig->fixture);
    struct engine_options options = fixture_options(&rig->fixture, rig->store, authority);
    options.milliseconds = milliseconds_now;
    options.signer = (struct signer_service){.folder = rig->fixture.folder,
                                             .context = &rig->faults,
                                             .start = start_faulty,
                                             .stop = stop_faulty,
                                             .append = append_faulty,
                                             .last = last_faulty};
    const struct result result = engine_start(&options, &rig->engine, NULL);
    authority_release(authority);
    return result;
}

static int set_up(void **state)
{
    struct rig *const rig = calloc(1, sizeof *rig);
    milliseconds = 1000000;
    host_fixture_make(&rig->fixture);
    rig->faults.real = signer_process(rig->fixture.folder);
    const struct license license = fixture_license(&rig->fixture, "main");
    fixture_put_license(&rig->fixture, &license);
    assert_ok(store_open_memory(&rig->store));
    *state = rig;
    return 0;
}

static int tear_down(void **state)
{
    struct rig *const rig = *state;
    engine_stop(rig->engine);
    store_close(rig->store);
    host_fixture_remove(&rig->fixture);
    free(rig);
    return 0;
}

static void answered(struct job *job)
{
    sem_post(job->context);
}

/* Asks as that machine, and returns what it was denied with, or OK. */
static enum error_code ask(struct rig *rig, uint64_t machine)
{
    sem_t done;
    sem_init(&done, 0, 0);
    const struct request request = fixture_request(machine, 1);
    struct job job = {.done = answered, .context = &done};
    fixture_ask(&job, machine, &request);
    assert_ok(engine_submit(rig->engine, &job));
    while (sem_wait(&done) != 0)
        continue;
    sem_destroy(&done);
    assert_non_null(job.body);
    struct denial denial = {.code = OK};
    if (job.http_status != 200)
        assert_ok(denial_read(slice_make(job.body, job.body_size), &denial));
    job_drop_answer(&job);
    return denial.code;
}

static struct published published_of(struct rig *rig)
{
    struct published published;
    assert_ok(engine_published(rig->engine, HOST "/" VENDOR, &published));
    return published;
}

static void an_engine_without_a_signer_does_not_start(void **state)
{
    struct rig *const rig = *state;
    rig->faults.no_start = true;
    assert_fails(start(rig), HOST_SIGNER);
    assert_null(rig->engine);
    assert_int_equal(rig->faults.starts, 1);
}

/* Not even where there is no ledger yet, whose vendor may come at any time. */
static void an_engine_without_ledgers_needs_a_signer_as_well(void **state)
{
    struct rig *const rig = *state;
    char path[PATH_SIZE];
    assert_ok(folder_vendor_path(rig->fixture.folder, VENDOR, FOLDER_VENDOR_KEY, path));
    assert_ok(file_remove(path, NULL));
    rig->faults.no_start = true;
    assert_fails(start(rig), HOST_SIGNER);
    rig->faults.no_start = false;
    assert_ok(start(rig));
}

static void a_signer_that_does_not_start_is_tried_after_pauses_that_double_up_to_five_seconds(void **state)
{
    struct rig *const rig = *state;
    static const int64_t pauses[] = {250, 500, 1000, 2000, 4000, 5000, 5000};
    assert_ok(start(rig));
    rig->faults.no_start = true;
    rig->faults.no_append = true;
    assert_int_equal(ask(rig, 1),
                     ERR_HOST_SIGNER); /* the one that ran does not answer: the next one is tried at once */
    unsigned starts = 2;
    assert_int_equal(rig->faults.starts, starts);
    for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
        milliseconds += pauses[i] - 1;
        assert_int_equal(ask(rig, 2 + i), ERR_HOST_SIGNER);
        assert_int_equal(rig->faults.starts, starts);
        milliseconds++;
        assert_int_equal(ask(rig, 2 + i), ERR_HOST_SIGNER);
        assert_int_equal(rig->faults.starts, ++starts);
    }
    rig->faults.no_start = false;
    rig->faults.no_append = false;
    milliseconds += 5000;
    assert_int_equal(ask(rig, 1), OK);
    assert_int_equal(rig->faults.starts, ++starts);
}

static void after_a_start_that_went_well_the_pauses_begin_anew(void **state)
{
    struct rig *const rig = *state;
    assert_ok(start(rig));
    for (uint64_t round = 0; round < 2; round++) {
        rig->faults.no_start = true;
        rig->faults.no_append = true;
        assert_int_equal(ask(rig, round + 1), ERR_HOST_SIGNER);
        rig->faults.no_start = false;
        rig->faults.no_append = false;
        milliseconds += 250;
        assert_int_equal(ask(rig, round + 1), OK);
    }
    assert_int_equal(published_of(rig).size, 2);
}

/* What was committed in the meantime is fed to the signer once it is there again, and given to who asks again. */
static void what_was_committed_without_a_signature_is_signed_later(void **state)
{
    struct rig *const rig = *state;
    assert_ok(start(rig));
    rig->faults.no_start = true;
    rig->faults.no_append = true;
    assert_int_equal(ask(rig, 1), ERR_HOST_SIGNER);
    assert_int_equal(published_of(rig).size, 0);
    uint32_t ledger;
    uint64_t size;
    engine_stop(rig->engine);
    rig->engine = NULL;
    assert_ok(store_ledger_find(rig->store, HOST "/" VENDOR, &ledger, NULL));
    assert_ok(store_ledger_size(rig->store, ledger, &size, NULL));
    assert_int_equal(size, 1);
    rig->faults.no_start = false;
    rig->faults.no_append = false;
    assert_ok(start(rig));
    assert_int_equal(published_of(rig).size, 1);
    assert_int_equal(ask(rig, 1), OK);
    assert_int_equal(published_of(rig).size, 1); /* the leaf of then */
}

static void a_note_that_is_too_long_to_be_shown_is_not_published_and_nothing_is_answered_with_it(void **state)
{
    struct rig *const rig = *state;
    assert_ok(start(rig));
    assert_int_equal(ask(rig, 1), OK);
    const struct published before = published_of(rig);
    assert_int_equal(before.size, 1);
    rig->faults.padding = PUBLISHED_NOTE_SIZE - strlen(before.note);
    assert_int_equal(ask(rig, 2), ERR_HOST_SIGNER);
    const struct published after = published_of(rig);
    assert_int_equal(after.size, before.size);
    assert_string_equal(after.note, before.note);
    struct metrics metrics;
    engine_metrics(rig->engine, &metrics);
    assert_int_equal(metrics.trouble, ERR_HOST_SIGNER);

    rig->faults.padding = 0;
    assert_int_equal(ask(rig, 2), OK);
    assert_int_equal(published_of(rig).size, 2);
    engine_metrics(rig->engine, &metrics);
    assert_int_equal(metrics.trouble, OK);
}

static enum error_code trouble_of(struct rig *rig)
{
    struct metrics metrics;
    engine_metrics(rig->engine, &metrics);
    return metrics.trouble;
}

/* What the signer remembers after the engine has ended, and with it its signer. */
static uint64_t signed_size(struct rig *rig)
{
    void *signer = NULL;
    struct checkpoint last;
    engine_stop(rig->engine);
    rig->engine = NULL;
    assert_ok(rig->faults.real.start(&rig->faults.real, &signer));
    assert_ok(rig->faults.real.last(signer, HOST "/" VENDOR, &last));
    rig->faults.real.stop(signer);
    return last.size;
}

static void where_a_bit_flips_on_the_way_to_the_signer_nothing_is_signed_and_nothing_answered(void **state)
{
    struct rig *const rig = *state;
    assert_ok(start(rig));
    assert_int_equal(ask(rig, 1), OK);
    const struct published before = published_of(rig);
    rig->faults.flip = true;
    assert_int_equal(ask(rig, 2), ERR_HOST_SIGNER);
    assert_int_equal(ask(rig, 2), ERR_HOST_SIGNER); /* the leaf is in the store: fed, and flipped again */
    assert_int_equal(trouble_of(rig), ERR_HOST_SIGNER);
    assert_string_equal(published_of(rig).note, before.note);
    assert_int_equal(signed_size(rig), 1);

    assert_fails(start(rig), SIGNER_ROOT);
    rig->faults.flip = false;
    assert_ok(start(rig));
    assert_int_equal(ask(rig, 2), OK);
    assert_int_equal(trouble_of(rig), OK);
    assert_int_equal(published_of(rig).size, 2);
}

/* It was the way to the signer alone, once: what lies in the store is right. */
static void after_one_wrong_bit_the_ledger_goes_on_from_what_is_stored(void **state)
{
    struct rig *const rig = *state;
    assert_ok(start(rig));
    assert_int_equal(ask(rig, 1), OK);
    rig->faults.flip = true;
    assert_int_equal(ask(rig, 2), ERR_HOST_SIGNER);
    rig->faults.flip = false;
    assert_int_equal(ask(rig, 2), OK);
    assert_int_equal(ask(rig, 3), OK);
    assert_int_equal(published_of(rig).size, 3);
}

/* A leaf in the store that is not the one whose hash stands beside it. */
static void what_was_stored_with_a_wrong_bit_is_not_signed(void **state)
{
    struct rig *const rig = *state;
    uint32_t ledger;
    const struct slice leaf = slice_of("a leaf");
    const struct hash hash = merkle_leaf(slice_of("a leav"));
    assert_ok(store_begin(rig->store, NULL));
    assert_ok(store_ledger_make(rig->store, HOST "/" VENDOR, &ledger, NULL));
    assert_ok(store_leaves_append(rig->store, ledger, 0, &leaf, 1, NULL));
    assert_ok(store_hashes_append(rig->store, ledger, 0, 0, &hash, 1, NULL));
    assert_ok(store_commit(rig->store, NULL));
    assert_fails(start(rig), SIGNER_ROOT);
}

static void a_note_that_just_fits_is_published(void **state)
{
    struct rig *const rig = *state;
    assert_ok(start(rig));
    assert_int_equal(ask(rig, 1), OK);
    rig->faults.padding = PUBLISHED_NOTE_SIZE - 1 - strlen(published_of(rig).note);
    assert_int_equal(ask(rig, 2), OK);
    assert_int_equal(strlen(published_of(rig).note), PUBLISHED_NOTE_SIZE - 1);
}

static void an_engine_whose_first_note_is_too_long_does_not_start(void **state)
{
    struct rig *const rig = *state;
    rig->faults.padding = PUBLISHED_NOTE_SIZE;
    assert_fails(start(rig), TEXT_TOO_LONG);
    assert_null(rig->engine);
}

static void the_signer_is_asked_once_for_a_batch(void **state)
{
    struct rig *const rig = *state;
    assert_ok(start(rig));
    for (uint64_t machine = 1; machine <= 3; machine++) {
        const unsigned before = rig->faults.appends;
        assert_int_equal(ask(rig, machine), OK);
        assert_int_equal(rig->faults.appends, before + 1);
    }
    const unsigned before = rig->faults.appends;
    assert_int_equal(ask(rig, 1), OK); /* the same again: no new leaf, and nothing to sign */
    assert_int_equal(rig->faults.appends, before);
    assert_int_equal(rig->faults.starts, 1);
}

/* Hashes go to the signer a tile at a time, each place once, whatever the database is ahead. */
static void a_signer_that_is_behind_is_fed_tile_by_tile(void **state)
{
    struct rig *const rig = *state;
    struct grown_ledger ledger;
    grown_ledger_make(&ledger, rig->store, HOST "/" VENDOR);
    grown_ledger_append(&ledger, 2 * TILE_WIDTH + 1);
    assert_ok(start(rig));
    assert_int_equal(rig->faults.appends, 3 + 1); /* and once more for the checkpoint */
    const struct published published = published_of(rig);
    struct checkpoint checkpoint;
    const struct hash root = frontier_root(&ledger.frontier);
    assert_int_equal(published.size, 2 * TILE_WIDTH + 1);
    assert_ok(checkpoint_open(slice_of(published.note), &rig->fixture.host_key, &checkpoint));
    assert_true(hash_equal(&checkpoint.root, &root));

    engine_stop(rig->engine);
    rig->engine = NULL;
    grown_ledger_append(&ledger, 3);
    rig->faults.appends = 0;
    assert_ok(start(rig));
    assert_int_equal(rig->faults.appends, 1 + 1);
    assert_int_equal(published_of(rig).size, 2 * TILE_WIDTH + 4);
}

/* It knows the keys that were there when it started. */
static void the_signer_is_started_anew_for_a_new_ledger_and_for_no_other_change(void **state)
{
    struct rig *const rig = *state;
    assert_ok(start(rig));
    assert_int_equal(ask(rig, 1), OK);
    struct license license = fixture_license(&rig->fixture, "second");
    fixture_put_license(&rig->fixture, &license);
    engine_set_authority(rig->engine, fixture_authority(&rig->fixture));
    assert_int_equal(ask(rig, 2), OK);
    assert_int_equal(rig->faults.starts, 1);

    CLEANUP_SIGNING_KEY struct signing_key *vendor = vendor_key("other.example");
    struct verifier_key host_key;
    fixture_enroll(&rig->fixture, vendor, &host_key);
    engine_set_authority(rig->engine, fixture_authority(&rig->fixture));
    assert_int_equal(ask(rig, 3), OK);
    assert_int_equal(rig->faults.starts, 2);
    assert_int_equal(published_of(rig).size, 3);
}

/* What the store had of the checkpoint when an answer was given: looked at on the engine's thread, between batches. */
struct witness {
    struct rig *rig;
    struct store *reader;
    uint64_t size; /* 0: there was none */
    sem_t done;
};

static void look_at_checkpoint(struct job *job)
{
    struct witness *const witness = job->context;
    CLEANUP_BUFFER struct buffer note = buffer_make(SIGNED_NOTE_MAX);
    uint32_t ledger = 0;
    struct checkpoint checkpoint = {.size = 0};
    if (is_ok(store_ledger_find(witness->reader, HOST "/" VENDOR, &ledger, NULL)) &&
        is_ok(store_checkpoint_get(witness->reader, ledger, &note, NULL)))
        result_ignore(checkpoint_open(buffer_slice(&note), &witness->rig->fixture.host_key, &checkpoint));
    witness->size = checkpoint.size;
    sem_post(&witness->done);
}

static uint64_t stored_when_answered(struct rig *rig, struct store *reader, uint64_t machine)
{
    struct witness witness = {.rig = rig, .reader = reader};
    sem_init(&witness.done, 0, 0);
    const struct request request = fixture_request(machine, 1);
    struct job job = {.done = look_at_checkpoint, .context = &witness};
    fixture_ask(&job, machine, &request);
    assert_ok(engine_submit(rig->engine, &job));
    while (sem_wait(&witness.done) != 0)
        continue;
    sem_destroy(&witness.done);
    assert_int_equal(job.http_status, 200);
    job_drop_answer(&job);
    return witness.size;
}

/* The first: from then on whoever checks the ledger expects one. The others go with the batch behind them. */
static void the_first_checkpoint_is_stored_before_its_answer_and_the_others_with_the_next_batch(void **state)
{
    struct rig *const rig = *state;
    struct store *reader = NULL;
    assert_ok(start(rig));
    assert_ok(engine_open_reader(rig->engine, &reader, NULL));
    assert_int_equal(stored_when_answered(rig, reader, 1), 1);
    assert_int_equal(stored_when_answered(rig, reader, 2), 1);
    assert_int_equal(stored_when_answered(rig, reader, 3), 2);
    store_close(reader);
}

/* Or, where none comes, by itself. */
static void the_last_checkpoint_is_stored_while_nobody_asks(void **state)
{
    struct rig *const rig = *state;
    struct witness witness = {.rig = rig};
    struct job nobody = {.context = &witness};
    assert_ok(start(rig));
    assert_ok(engine_open_reader(rig->engine, &witness.reader, NULL));
    sem_init(&witness.done, 0, 0);
    assert_int_equal(ask(rig, 1), OK);
    assert_int_equal(ask(rig, 2), OK);
    const int64_t end = clock_monotonic_ms() + 20000;
    while (witness.size < 2 && clock_monotonic_ms() < end) {
        sched_yield();
        look_at_checkpoint(&nobody);
    }
    assert_int_equal(witness.size, 2);
    sem_destroy(&witness.done);
    store_close(witness.reader);
}

/* ---- the log ---- */

/* Has the engine log to a file of the test's. */
static void log_to_file(struct rig *rig)
{
    close(rig->fixture.log.descriptor);
    rig->fixture.log.descriptor = memfd_create("log", MFD_CLOEXEC);
    rig->fixture.log.least = LOG_INFO;
    assert_true(rig->fixture.log.descriptor >= 0);
}

/* A line of the log, without its time. */
struct logged {
    const char *text;    /* up to the machine, if there is one */
    uint64_t machine;    /* 0: none */
    const char *license; /* and what follows */
};

static void write_line(const struct logged *line, char *out, size_t size)
{
    char id[MACHINE_ID_TEXT_SIZE];
    const struct machine_id machine = fixture_machine(line->machine);
    machine_id_write(&machine, id);
    if (line->machine == 0)
        snprintf(out, size, "%s", line->text);
    else
        snprintf(out, size, "%s machine=%s address=\"\" license=%s", line->text, id, line->license);
}

/* The test fails unless the log holds these lines, one behind the other. */
static void expect_logged(struct rig *rig, const struct logged *lines, size_t count)
{
    static char text[64 * 1024];
    const ssize_t size = pread(rig->fixture.log.descriptor, text, sizeof text - 1, 0);
    assert_true(size > 0);
    text[size] = 0;
    const char *at = text;
    for (size_t i = 0; i < count; i++) {
        char line[512];
        write_line(&lines[i], line, sizeof line);
        const char *const found = strstr(at, line);
        if (found == NULL) {
            fail_msg("no \"%s\" in what is left of the log:\n%s", line, at);
            return;
        }
        at = found + strlen(line);
        assert_int_equal(*at, '\n');
    }
}

static size_t count_of(struct rig *rig, const char *words)
{
    static char text[64 * 1024];
    const ssize_t size = pread(rig->fixture.log.descriptor, text, sizeof text - 1, 0);
    size_t count = 0;
    assert_true(size >= 0);
    text[size] = 0;
    for (const char *at = text; (at = strstr(at, words)) != NULL; at++)
        count++;
    return count;
}

static void what_was_answered_stands_in_the_log(void **state)
{
    struct rig *const rig = *state;
    log_to_file(rig);
    assert_ok(start(rig));
    assert_int_equal(ask(rig, 1), OK);
    assert_int_equal(ask(rig, 1), OK);
    struct license license = fixture_license(&rig->fixture, "main");
    license.threshold = 5;
    fixture_put_license(&rig->fixture, &license);
    engine_set_authority(rig->engine, fixture_authority(&rig->fixture));
    assert_int_equal(ask(rig, 2), ERR_BELOW_THRESHOLD);
    assert_int_equal(ask(rig, 2), ERR_NUMBER_USED);
    engine_stop(rig->engine);
    rig->engine = NULL;
    static const struct logged lines[] = {
        {"level=info event=granted", 1, "main leaf=0"},
        {"level=info event=denied", 2, "main code=below-threshold"},
    };
    expect_logged(rig, lines, sizeof lines / sizeof *lines);
    assert_int_equal(count_of(rig, "event=denied"), 1); /* nothing of what was sent again */
    assert_int_equal(count_of(rig, "event=repeated"), 0);
}

static enum error_code ask_with(struct rig *rig, const struct seen *seen)
{
    sem_t done;
    sem_init(&done, 0, 0);
    struct request request = fixture_request(3, 1);
    struct job job = {.done = answered, .context = &done};
    struct denial denial;
    request.seen = *seen;
    fixture_ask(&job, 3, &request);
    assert_ok(engine_submit(rig->engine, &job));
    while (sem_wait(&done) != 0)
        continue;
    sem_destroy(&done);
    assert_ok(denial_read(slice_make(job.body, job.body_size), &denial));
    job_drop_answer(&job);
    return denial.code;
}

/* What anybody could send leaves nothing there. */
static void that_the_host_is_an_old_copy_is_logged_once_and_a_forgery_never(void **state)
{
    struct rig *const rig = *state;
    log_to_file(rig);
    assert_ok(start(rig));
    const struct checkpoint later = {.origin = HOST "/" VENDOR, .size = 7};
    struct seen seen = fixture_seen(&later);
    seen.signature[0] ^= 1;
    assert_int_equal(ask_with(rig, &seen), ERR_REQUEST_REFUSED);
    seen.signature[0] ^= 1;
    assert_int_equal(ask_with(rig, &seen), ERR_HOST_RESTORED);
    assert_int_equal(ask_with(rig, &seen), ERR_HOST_RESTORED);
    engine_stop(rig->engine);
    rig->engine = NULL;
    assert_int_equal(count_of(rig, "code=request-refused"), 0);
    assert_int_equal(count_of(rig, "event=denied"), 1);
    assert_int_equal(count_of(rig, "level=error event=ledger-restored ledger=" HOST "/" VENDOR), 1);
    assert_int_equal(count_of(rig, " shown_size=7 command=\"avald recover --restored " VENDOR " --yes\"\n"), 1);
}

static void trouble_with_the_signer_is_logged_when_it_begins_and_when_it_ends(void **state)
{
    struct rig *const rig = *state;
    log_to_file(rig);
    assert_ok(start(rig));
    assert_int_equal(ask(rig, 1), OK);
    rig->faults.no_start = true;
    rig->faults.no_append = true;
    assert_int_equal(ask(rig, 2), ERR_HOST_SIGNER);
    assert_int_equal(ask(rig, 2), ERR_HOST_SIGNER);
    rig->faults.no_start = false;
    rig->faults.no_append = false;
    milliseconds += 1000;
    assert_int_equal(ask(rig, 2), OK);
    engine_stop(rig->engine);
    rig->engine = NULL;
    static const struct logged lines[] = {
        {.text = "level=warning event=signer-failed ledger=" HOST "/" VENDOR " reason=host-signer"},
        {.text = "level=error event=signer-not-started reason=host-signer"},
        {.text = "level=error event=trouble-began reason=host-signer "
                 "message=\"The host's signer is not answering, so it grants nothing; it is being restarted. Try again "
                 "later.\""},
        {"event=denied", 2, "main code=host-signer"},
        {.text = "event=signer-fed ledger=" HOST "/" VENDOR " from=1 to=2"},
        {.text = "level=info event=trouble-ended was=host-signer"},
    };
    expect_logged(rig, lines, sizeof lines / sizeof *lines);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_engine_without_a_signer_does_not_start),
        TEST(an_engine_without_ledgers_needs_a_signer_as_well),
        TEST(a_signer_that_does_not_start_is_tried_after_pauses_that_double_up_to_five_seconds),
        TEST(after_a_start_that_went_well_the_pauses_begin_anew),
        TEST(what_was_committed_without_a_signature_is_signed_later),
        TEST(a_note_that_is_too_long_to_be_shown_is_not_published_and_nothing_is_answered_with_it),
        TEST(where_a_bit_flips_on_the_way_to_the_signer_nothing_is_signed_and_nothing_answered),
        TEST(after_one_wrong_bit_the_ledger_goes_on_from_what_is_stored),
        TEST(what_was_stored_with_a_wrong_bit_is_not_signed),
        TEST(a_note_that_just_fits_is_published),
        TEST(an_engine_whose_first_note_is_too_long_does_not_start),
        TEST(the_signer_is_asked_once_for_a_batch),
        TEST(a_signer_that_is_behind_is_fed_tile_by_tile),
        TEST(the_first_checkpoint_is_stored_before_its_answer_and_the_others_with_the_next_batch),
        TEST(the_last_checkpoint_is_stored_while_nobody_asks),
        TEST(the_signer_is_started_anew_for_a_new_ledger_and_for_no_other_change),
        TEST(what_was_answered_stands_in_the_log),
        TEST(that_the_host_is_an_old_copy_is_logged_once_and_a_forgery_never),
        TEST(trouble_with_the_signer_is_logged_when_it_begins_and_when_it_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
