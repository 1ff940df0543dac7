/* What everybody may see of the ledgers of a host, and which ledger an operator means. */
#include "host/published.h"

#include "host_fixture.h"

#include "store/ledger.h"
#include "store/memory.h"
#include "system/clock.h"

#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#define OTHER "other.example"

struct rig {
    struct host_fixture fixture;
    struct store *store;
    struct store *reader;
    struct engine *engine;
};

static void start(struct rig *rig)
{
    struct authority *const authority = fixture_authority(&rig->fixture);
    const struct engine_options options = fixture_options(&rig->fixture, rig->store, authority);
    assert_ok(engine_start(&options, &rig->engine, NULL));
    authority_release(authority);
}

static int set_up(void **state)
{
    struct rig *const rig = calloc(1, sizeof *rig);
    host_fixture_make(&rig->fixture);
    const struct license license = fixture_license(&rig->fixture, "main");
    fixture_put_license(&rig->fixture, &license);
    assert_ok(store_open_memory(&rig->store));
    assert_ok(store_open_reader(rig->store, &rig->reader, NULL));
    *state = rig;
    return 0;
}

static int tear_down(void **state)
{
    struct rig *const rig = *state;
    engine_stop(rig->engine);
    store_close(rig->reader);
    store_close(rig->store);
    host_fixture_remove(&rig->fixture);
    free(rig);
    return 0;
}

static void enroll_other(struct rig *rig)
{
    CLEANUP_SIGNING_KEY struct signing_key *key = vendor_key(OTHER);
    struct verifier_key host_key;
    fixture_enroll(&rig->fixture, key, &host_key);
}

static void answered(struct job *job)
{
    sem_post(job->context);
}

static void grant(struct rig *rig, uint64_t machine)
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
    assert_int_equal(job.http_status, 200);
    job_drop_answer(&job);
}

static void the_only_ledger_need_not_be_named(void **state)
{
    struct rig *const rig = *state;
    start(rig);
    grant(rig, 1);
    static const char *const names[] = {NULL, VENDOR};
    for (size_t i = 0; i < 2; i++) {
        struct ledger_choice choice;
        assert_ok(ledger_choose(rig->engine, names[i], &choice, NULL));
        assert_string_equal(choice.vendor, VENDOR);
        assert_string_equal(choice.origin, HOST "/" VENDOR);
        assert_int_equal(choice.published.size, 1);
        struct checkpoint checkpoint;
        assert_ok(checkpoint_open(slice_of(choice.published.note), &rig->fixture.host_key, &checkpoint));
        assert_int_equal(checkpoint.size, 1);
    }
}

static void the_store_has_what_was_signed_last_once_that_is_saved(void **state)
{
    struct rig *const rig = *state;
    start(rig);
    for (uint64_t machine = 1; machine <= 3; machine++)
        grant(rig, machine);
    assert_ok(engine_save(rig->engine, NULL));
    uint32_t ledger;
    CLEANUP_BUFFER struct buffer note = buffer_make(SIGNED_NOTE_MAX);
    struct checkpoint checkpoint;
    assert_ok(store_ledger_find(rig->reader, HOST "/" VENDOR, &ledger, NULL));
    assert_ok(store_checkpoint_get(rig->reader, ledger, &note, NULL));
    assert_ok(checkpoint_open(buffer_slice(&note), &rig->fixture.host_key, &checkpoint));
    assert_int_equal(checkpoint.size, 3);
}

static void a_vendor_that_is_not_there_is_said_with_those_that_are(void **state)
{
    struct rig *const rig = *state;
    start(rig);
    struct ledger_choice choice;
    struct reason reason = {.text = ""};
    assert_fails(ledger_choose(rig->engine, OTHER, &choice, &reason), NOT_FOUND);
    assert_string_equal(reason.text, "no such vendor; there is: " VENDOR);
}

static void of_several_ledgers_one_must_be_named(void **state)
{
    struct rig *const rig = *state;
    enroll_other(rig);
    start(rig);
    grant(rig, 1);
    struct ledger_choice choice;
    struct reason reason = {.text = ""};
    assert_fails(ledger_choose(rig->engine, NULL, &choice, &reason), USAGE);
    assert_string_equal(reason.text, "one of several vendors must be named; there are: " VENDOR ", " OTHER);
    assert_ok(ledger_choose(rig->engine, VENDOR, &choice, NULL));
    assert_int_equal(choice.published.size, 1);
    assert_ok(ledger_choose(rig->engine, OTHER, &choice, NULL));
    assert_string_equal(choice.vendor, OTHER);
    assert_string_equal(choice.origin, HOST "/" OTHER);
    assert_int_equal(choice.published.size, 0);
}

static void without_a_vendor_there_is_no_ledger(void **state)
{
    struct rig *const rig = *state;
    char path[PATH_SIZE];
    assert_ok(folder_vendor_path(rig->fixture.folder, VENDOR, FOLDER_VENDOR_KEY, path));
    assert_ok(file_remove(path, NULL));
    start(rig);
    struct ledger_choice choice;
    struct reason reason = {.text = ""};
    assert_fails(ledger_choose(rig->engine, NULL, &choice, &reason), NOT_FOUND);
    assert_string_equal(reason.text, "");
    struct published published;
    assert_fails(engine_published(rig->engine, HOST "/" VENDOR, &published), NOT_FOUND);
}

/* The engine adopts it by itself, though nobody asks for anything. */
static void the_ledger_of_a_vendor_that_comes_later_is_published_without_a_request(void **state)
{
    struct rig *const rig = *state;
    start(rig);
    grant(rig, 1);
    struct published published;
    assert_fails(engine_published(rig->engine, HOST "/" OTHER, &published), NOT_FOUND);
    enroll_other(rig);
    engine_set_authority(rig->engine, fixture_authority(&rig->fixture));
    const int64_t end = clock_monotonic_ms() + 20000;
    while (!is_ok(engine_published(rig->engine, HOST "/" OTHER, &published)) && clock_monotonic_ms() < end)
        sched_yield();
    assert_ok(engine_published(rig->engine, HOST "/" OTHER, &published));
    assert_int_equal(published.size, 0);
    assert_ok(engine_published(rig->engine, HOST "/" VENDOR, &published));
    assert_int_equal(published.size, 1);
}

static RESULT page_at(struct rig *rig, const char *address, struct buffer *out)
{
    struct ledger_page page = {NULL, NULL};
    return published_page(rig->engine, rig->reader, address, out, &page, NULL);
}

static void a_page_is_of_the_ledger_of_its_vendor(void **state)
{
    struct rig *const rig = *state;
    enroll_other(rig);
    start(rig);
    grant(rig, 1);
    grant(rig, 2);
    struct published published;
    assert_ok(engine_published(rig->engine, HOST "/" VENDOR, &published));
    CLEANUP_BUFFER struct buffer out = buffer_make(LEDGER_PAGE_MAX);
    assert_ok(page_at(rig, VENDOR "/checkpoint", &out));
    assert_true(slice_is(buffer_slice(&out), published.note));
    buffer_clear(&out);
    assert_ok(page_at(rig, VENDOR "/tile/0/000.p/2", &out));
    assert_int_equal(out.size, 2 * sizeof(struct hash));
    assert_fails(page_at(rig, VENDOR "/tile/0/000.p/3", &out), NO_SUCH_PAGE);
    assert_fails(page_at(rig, OTHER "/tile/0/000.p/2", &out), NO_SUCH_PAGE);
    assert_fails(page_at(rig, "third.example/checkpoint", &out), NO_SUCH_PAGE);
    static const char *const none[] = {VENDOR "/nothing", ""};
    for (size_t i = 0; i < 2; i++) { /* nor the one that was asked for before */
        assert_ok(page_at(rig, VENDOR "/checkpoint", &out));
        assert_fails(page_at(rig, none[i], &out), NO_SUCH_PAGE);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_only_ledger_need_not_be_named),
        TEST(the_store_has_what_was_signed_last_once_that_is_saved),
        TEST(a_vendor_that_is_not_there_is_said_with_those_that_are),
        TEST(of_several_ledgers_one_must_be_named),
        TEST(without_a_vendor_there_is_no_ledger),
        TEST(the_ledger_of_a_vendor_that_comes_later_is_published_without_a_request),
        TEST(a_page_is_of_the_ledger_of_its_vendor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
