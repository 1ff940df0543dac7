/*
 * The nth call to the system fails while a host's folder is made, enrolled or given a file, for every n until nothing
 * does: the failure is reported, the next try works, and what stands there then is what would have without the failure.
 */
#include "failing_calls.h"
#include "host_fixture.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CALLS_MAX = 300 };

/* Something done to a folder; it can be done again where it failed. */
typedef struct result deed(const struct host_fixture *fixture);

static RESULT init(const struct host_fixture *fixture)
{
    return folder_init(fixture->folder, slice_of(HOST), NULL);
}

static uint8_t tries;

/* With a new seed each time, as the command does it. */
static RESULT enroll(const struct host_fixture *fixture)
{
    uint8_t seed[SEED_SIZE] = {++tries};
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    struct host_request request;
    TRY(folder_enroll(fixture->folder, signing_key_verifier(fixture->vendor), slice_of("University"), TODAY, seed,
                      &note, NULL));
    assert_ok(host_request_open(buffer_slice(&note), &request));
    return RESULT_OK;
}

/* The host key as it stands in the folder. */
static void read_host_key(const struct host_fixture *fixture, struct verifier_key *ret_key)
{
    char path[PATH_SIZE];
    CLEANUP_BUFFER struct buffer text = buffer_make(1000);
    assert_ok(folder_vendor_path(fixture->folder, VENDOR, FOLDER_HOST_KEY, path));
    assert_ok(file_read(path, &text, NULL));
    assert_ok(verifier_key_read(key_file_text(buffer_slice(&text)), ret_key));
}

/* The note that is imported, and where it is kept. */
static RESULT import(const struct host_fixture *fixture, const struct buffer *text, const char *name)
{
    const struct signing_key *const keys[] = {fixture->vendor};
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    CLEANUP_BUFFER struct buffer kept = buffer_make(NOTE_MAX);
    char path[PATH_SIZE];
    struct import_report report;
    assert_ok(note_sign(buffer_slice(text), keys, 1, &note));
    TRY(folder_import(fixture->folder, buffer_slice(&note), &report, NULL));
    failing_plan(0, 0);
    assert_ok(folder_vendor_path(fixture->folder, VENDOR, name, path));
    assert_ok(file_read(path, &kept, NULL));
    assert_true(slice_equal(buffer_slice(&note), buffer_slice(&kept)));
    return RESULT_OK;
}

static RESULT import_license(const struct host_fixture *fixture)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    const struct license license = fixture_license(fixture, "main");
    assert_ok(license_write(&license, &text));
    return import(fixture, &text, FOLDER_LICENSES "/main");
}

static RESULT import_revocations(const struct host_fixture *fixture)
{
    struct revocations *const list = calloc(1, sizeof *list);
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    assert_non_null(list);
    strcpy(list->vendor, VENDOR);
    list->sequence = 1;
    list->issued = TODAY;
    list->license_count = 1;
    strcpy(list->licenses[0], "main");
    assert_ok(revocations_write(list, &text));
    free(list);
    return import(fixture, &text, FOLDER_REVOCATIONS);
}

static size_t temporary_files;
static int count_temporary(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status;
    (void)type;
    temporary_files += strncmp(path + at->base, ".aval-", 6) == 0;
    return 0;
}

static deed *const deeds[] = {init, enroll, import_license, import_revocations};
enum { DO_INIT, DO_ENROLL, DO_LICENSE, DO_REVOCATIONS, DEEDS };

/* Does the deeds from `first` up to `end`. */
static void do_deeds(struct host_fixture *fixture, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        if (i > DO_ENROLL)
            read_host_key(fixture, &fixture->host_key);
        assert_ok(deeds[i](fixture));
    }
}

/* A host's folder with all in it, one deed of which met a failure at the nth call. Returns whether the call came. */
static bool fail_at(struct host_fixture *fixture, size_t which, uint64_t nth, int reason)
{
    assert_true(temporary_remove(fixture->folder));
    do_deeds(fixture, 0, which);
    if (which > DO_ENROLL)
        read_host_key(fixture, &fixture->host_key);
    failing_plan(nth, reason);
    const struct result result = deeds[which](fixture);
    failing_plan(0, 0);
    temporary_files = 0;
    nftw(fixture->folder, count_temporary, 16, FTW_PHYS);
    assert_int_equal(temporary_files, 0);
    if (!is_ok(result)) {
        assert_true(failing_happened());
        if (result_code(result) != ERR_FILE_READ)
            assert_fails(result, FILE_WRITE);
        do_deeds(fixture, which, which + 1);
    }
    do_deeds(fixture, which + 1, DEEDS);
    return failing_happened();
}

static void fail_each(struct host_fixture *fixture, size_t which)
{
    const int reasons[] = {EIO, ENOSPC, EINVAL};
    for (size_t r = 0; r < sizeof reasons / sizeof *reasons; r++)
        for (uint64_t nth = 1;; nth++) {
            assert_true(nth < CALLS_MAX);
            const bool happened = fail_at(fixture, which, nth, reasons[r]);
            struct authority *const authority = fixture_authority(fixture);
            assert_int_equal(authority->vendor_count, 1);
            assert_int_equal(authority->vendors[0].license_count, 1);
            assert_int_equal(authority->vendors[0].revocations_sequence, 1);
            assert_true(verifier_key_equal(&authority->vendors[0].host_key, &fixture->host_key));
            authority_release(authority);
            if (!happened)
                break;
        }
}

static void a_folder_whose_making_failed_is_made_by_the_next_try(void **state)
{
    fail_each(*state, DO_INIT);
}

static void an_enrolment_that_failed_is_done_by_the_next_try(void **state)
{
    fail_each(*state, DO_ENROLL);
}

static void a_license_that_could_not_be_kept_is_kept_by_the_next_try(void **state)
{
    fail_each(*state, DO_LICENSE);
}

static void revocations_that_could_not_be_kept_are_kept_by_the_next_try(void **state)
{
    fail_each(*state, DO_REVOCATIONS);
}

static RESULT put_site_key(const struct host_fixture *fixture, uint8_t number)
{
    struct site_key key;
    struct site_key_change change = {.put = SITE_KEY_KNOWN};
    memset(key.bytes, number, sizeof key.bytes);
    return site_keys_put(fixture->folder, &key, &change, NULL);
}

/* The number of the one in use. */
static uint8_t site_key_in_use(const struct host_fixture *fixture)
{
    struct site_keys *keys = NULL;
    assert_ok(site_keys_load(fixture->folder, NULL, NULL, &keys));
    assert_non_null(keys);
    assert_int_equal(keys->current, 1);
    const uint8_t number = keys->keys[0].bytes[0];
    site_keys_free(keys);
    return number;
}

static void a_site_key_stays_in_use_until_the_next_one_is(void **state)
{
    struct host_fixture *const fixture = *state;
    bool happened = true;
    for (uint64_t nth = 1; happened; nth++) {
        bool changed = false;
        assert_true(nth < CALLS_MAX);
        assert_ok(site_keys_end(fixture->folder, true, &changed, NULL));
        assert_ok(put_site_key(fixture, 1));
        assert_ok(put_site_key(fixture, 2));
        failing_plan(nth, ENOSPC);
        const struct result result = put_site_key(fixture, 3);
        failing_plan(0, 0);
        happened = failing_happened();
        if (!happened)
            assert_ok(result);
        /* What failed last may have been to bring to the disk what is there by then. */
        const uint8_t in_use = site_key_in_use(fixture);
        assert_true(in_use == 3 || (in_use == 2 && !is_ok(result)));
        assert_ok(put_site_key(fixture, 3));
        assert_int_equal(site_key_in_use(fixture), 3);
    }
}

static int drop(void **state)
{
    failing_plan(0, 0);
    return host_fixture_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_folder_whose_making_failed_is_made_by_the_next_try, host_fixture_setup, drop),
        cmocka_unit_test_setup_teardown(an_enrolment_that_failed_is_done_by_the_next_try, host_fixture_setup, drop),
        cmocka_unit_test_setup_teardown(a_license_that_could_not_be_kept_is_kept_by_the_next_try, host_fixture_setup,
                                        drop),
        cmocka_unit_test_setup_teardown(revocations_that_could_not_be_kept_are_kept_by_the_next_try, host_fixture_setup,
                                        drop),
        cmocka_unit_test_setup_teardown(a_site_key_stays_in_use_until_the_next_one_is, host_fixture_setup, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
