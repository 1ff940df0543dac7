/* The data folder of a host: what is made once, what is taken from vendors, and what is refused. */
#include "host_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The note of that text, signed by a vendor. */
static void sign(const struct signing_key *key, const struct buffer *text, struct buffer *note)
{
    assert_ok(note_sign(buffer_slice(text), &key, 1, note));
}

static void license_note(const struct signing_key *key, const struct license *license, struct buffer *note)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    assert_ok(license_write(license, &text));
    sign(key, &text, note);
}

static void revocations_note(const struct signing_key *key, uint64_t sequence, const char *license, struct buffer *note)
{
    struct revocations *list = calloc(1, sizeof *list);
    assert_non_null(list);
    assert_ok(slice_copy_text(slice_of(signing_key_verifier(key)->name), list->vendor, NAME_SIZE));
    list->sequence = sequence;
    list->issued = TODAY;
    list->license_count = 1;
    assert_ok(slice_copy_text(slice_of(license), list->licenses[0], NAME_SIZE));
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    assert_ok(revocations_write(list, &text));
    free(list);
    sign(key, &text, note);
}

static bool exists(const struct host_fixture *fixture, const char *name)
{
    char path[PATH_SIZE];
    assert_ok(folder_vendor_path(fixture->folder, VENDOR, name, path));
    return file_exists(path);
}

static unsigned mode_of(const char *folder, const char *name)
{
    char path[PATH_SIZE];
    assert_ok(path_join(path, folder, name));
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    return about.st_mode & 0777u;
}

static void init_makes_a_host_once(void **state)
{
    const struct host_fixture *fixture = *state;
    char name[HOST_NAME_SIZE];
    assert_ok(folder_host_name(fixture->folder, name, NULL));
    assert_string_equal(name, HOST);
    assert_fails(folder_init(fixture->folder, slice_of("other.example"), NULL), FILE_EXISTS);
    assert_ok(folder_host_name(fixture->folder, name, NULL));
    assert_string_equal(name, HOST);
}

static void a_name_that_is_none_makes_nothing(void **state)
{
    const struct host_fixture *fixture = *state;
    char path[PATH_SIZE];
    assert_ok(path_join(path, fixture->folder, "inner"));
    static const char *const names[] = {"", "Upper.example", "two words", "a/b", "..", "-a", "a+b"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_fails(folder_init(path, slice_of(names[i]), NULL), DOCUMENT_VALUE);
    assert_false(file_exists(path));
}

static void what_the_system_said_of_a_file_is_in_the_reason(void **state)
{
    const struct host_fixture *fixture = *state;
    char file[PATH_SIZE];
    char below[PATH_SIZE];
    assert_ok(path_join(file, fixture->folder, "file"));
    assert_ok(path_join(below, file, "below"));
    assert_ok(file_write(file, slice_of("x"), 0600, NULL));
    struct reason reason = {.text = ""};
    assert_fails(folder_init(below, slice_of(HOST), &reason), FILE_WRITE);
    assert_non_null(strstr(reason.text, file));

    char folder[PATH_SIZE];
    char name[HOST_NAME_SIZE];
    struct import_report report;
    struct authority *authority = NULL;
    assert_ok(path_join(folder, fixture->folder, "other"));
    assert_ok(path_join(file, folder, FOLDER_HOST));
    assert_ok(folder_make(file, 0700, NULL));
    reason.text[0] = 0;
    assert_fails(folder_host_name(folder, name, &reason), FILE_READ);
    assert_non_null(strstr(reason.text, file));
    reason.text[0] = 0;
    assert_fails(folder_import(folder, slice_of("x"), &report, &reason), FILE_READ);
    assert_non_null(strstr(reason.text, file));
    reason.text[0] = 0;
    assert_fails(authority_load(folder, &fixture->log, &authority, &reason), FILE_READ);
    assert_non_null(strstr(reason.text, file));
    assert_null(authority);
}

static void a_folder_that_is_no_host_is_told_apart(void **state)
{
    (void)state;
    char name[HOST_NAME_SIZE];
    assert_fails(folder_host_name("/tmp", name, NULL), NOT_SET_UP);
    assert_fails(folder_host_name("/nonexistent/folder", name, NULL), NOT_SET_UP);
    struct import_report report;
    assert_fails(folder_import("/nonexistent/folder", slice_of("x"), &report, NULL), NOT_SET_UP);
}

static void enrolling_proves_possession_of_a_key_that_only_the_owner_reads(void **state)
{
    const struct host_fixture *fixture = *state;
    char path[PATH_SIZE];
    assert_ok(folder_vendor_path(fixture->folder, VENDOR, FOLDER_HOST_REQUEST, path));
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    assert_ok(file_read(path, &note, NULL));
    struct host_request request;
    assert_ok(host_request_open(buffer_slice(&note), &request));
    assert_string_equal(request.host, HOST);
    assert_string_equal(request.vendor, VENDOR);
    assert_string_equal(request.host_key.name, HOST "/" VENDOR);
    assert_true(verifier_key_equal(&request.host_key, &fixture->host_key));
    assert_int_equal(mode_of(fixture->folder, "signer/" VENDOR ".key"), 0600);
    assert_int_equal(mode_of(fixture->folder, FOLDER_SIGNER), 0700);
    assert_int_equal(mode_of(fixture->folder, ""), 0700);
}

static RESULT enroll(const struct host_fixture *fixture, const struct verifier_key *key, uint8_t fill,
                     struct buffer *note)
{
    uint8_t seed[SEED_SIZE];
    memset(seed, fill, sizeof seed);
    return folder_enroll(fixture->folder, key, slice_of("University"), TODAY + 1, seed, note, NULL);
}

static void enrolling_again_gives_the_same_request(void **state)
{
    const struct host_fixture *fixture = *state;
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    assert_ok(enroll(fixture, signing_key_verifier(fixture->vendor), 9, &note));
    struct host_request request;
    assert_ok(host_request_open(buffer_slice(&note), &request));
    assert_true(verifier_key_equal(&request.host_key, &fixture->host_key));
    assert_int_equal(request.created, TODAY);
}

static void another_key_of_an_enrolled_vendor_is_refused(void **state)
{
    const struct host_fixture *fixture = *state;
    const uint8_t seed[SEED_SIZE] = {1};
    CLEANUP_SIGNING_KEY struct signing_key *other = NULL;
    assert_ok(signing_key_make(slice_of(VENDOR), seed, &other));
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    assert_fails(enroll(fixture, signing_key_verifier(other), 9, &note), FILE_EXISTS);
    assert_int_equal(note.size, 0);
}

static void a_vendor_whose_name_is_no_id_is_refused(void **state)
{
    const struct host_fixture *fixture = *state;
    static const char *const names[] = {"Upper", "a/b", "..", "\xc3\xa9"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const uint8_t seed[SEED_SIZE] = {1};
        CLEANUP_SIGNING_KEY struct signing_key *key = NULL;
        assert_ok(signing_key_make(slice_of(names[i]), seed, &key));
        CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
        assert_fails(enroll(fixture, signing_key_verifier(key), 9, &note), KEY_FORM);
    }
}

/* Whatever file of an enrolment a crash did not come to. */
static void an_enrolment_that_was_cut_off_is_taken_up_with_the_same_key(void **state)
{
    const struct host_fixture *fixture = *state;
    static const char *const lost[] = {FOLDER_VENDOR_KEY, FOLDER_HOST_REQUEST, FOLDER_HOST_KEY};
    for (size_t count = 1; count <= sizeof lost / sizeof lost[0]; count++) {
        for (size_t i = 0; i < count; i++) {
            char path[PATH_SIZE];
            assert_ok(folder_vendor_path(fixture->folder, VENDOR, lost[i], path));
            assert_ok(file_remove(path, NULL));
        }
        CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
        assert_ok(enroll(fixture, signing_key_verifier(fixture->vendor), 9, &note));
        struct host_request request;
        assert_ok(host_request_open(buffer_slice(&note), &request));
        assert_true(verifier_key_equal(&request.host_key, &fixture->host_key));
        assert_true(exists(fixture, FOLDER_VENDOR_KEY));
    }
}

static void a_license_is_kept_as_signed_and_known_the_second_time(void **state)
{
    const struct host_fixture *fixture = *state;
    const struct license license = fixture_license(fixture, "l-1");
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    license_note(fixture->vendor, &license, &note);
    struct import_report report;
    assert_ok(folder_import(fixture->folder, buffer_slice(&note), &report, NULL));
    assert_int_equal(report.kind, IMPORT_LICENSE);
    assert_false(report.known_already);
    assert_string_equal(report.license.id, "l-1");
    assert_string_equal(report.vendor, VENDOR);

    char path[PATH_SIZE];
    CLEANUP_BUFFER struct buffer kept = buffer_make(NOTE_MAX);
    assert_ok(folder_vendor_path(fixture->folder, VENDOR, FOLDER_LICENSES "/l-1", path));
    assert_ok(file_read(path, &kept, NULL));
    assert_true(slice_equal(buffer_slice(&kept), buffer_slice(&note)));
    assert_ok(folder_import(fixture->folder, buffer_slice(&note), &report, NULL));
    assert_true(report.known_already);
}

static void another_license_of_the_same_id_is_refused(void **state)
{
    const struct host_fixture *fixture = *state;
    struct license license = fixture_license(fixture, "l-1");
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    license_note(fixture->vendor, &license, &note);
    struct import_report report;
    assert_ok(folder_import(fixture->folder, buffer_slice(&note), &report, NULL));
    license.seats = 1000;
    buffer_clear(&note);
    license_note(fixture->vendor, &license, &note);
    assert_fails(folder_import(fixture->folder, buffer_slice(&note), &report, NULL), FILE_EXISTS);
}

static void a_license_of_a_vendor_that_is_not_enrolled_is_refused(void **state)
{
    const struct host_fixture *fixture = *state;
    CLEANUP_SIGNING_KEY struct signing_key *stranger = vendor_key("stranger.example");
    const struct license license = fixture_license(fixture, "l-1");
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    license_note(stranger, &license, &note);
    struct import_report report;
    assert_fails(folder_import(fixture->folder, buffer_slice(&note), &report, NULL), SIGNER_UNKNOWN);
    assert_false(exists(fixture, FOLDER_LICENSES "/l-1"));
}

static void of_a_key_of_an_enrolled_vendor_that_is_not_known_the_way_back_is_said(void **state)
{
    const struct host_fixture *fixture = *state;
    const uint8_t seed[SEED_SIZE] = {1};
    CLEANUP_SIGNING_KEY struct signing_key *other = NULL;
    CLEANUP_SIGNING_KEY struct signing_key *stranger = vendor_key("stranger.example");
    assert_ok(signing_key_make(slice_of(VENDOR), seed, &other));
    const struct signing_key *const keys[] = {stranger, other};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const struct license license = fixture_license(fixture, "l-1");
        CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
        license_note(keys[i], &license, &note);
        struct import_report report;
        struct reason reason = {.text = ""};
        assert_fails(folder_import(fixture->folder, buffer_slice(&note), &report, &reason), SIGNER_UNKNOWN);
        assert_true((keys[i] == other) == (strstr(reason.text, "product --again") != NULL));
    }
}

static void an_enrolled_vendor_cannot_sign_for_another(void **state)
{
    const struct host_fixture *fixture = *state;
    CLEANUP_SIGNING_KEY struct signing_key *second = vendor_key("second.example");
    struct verifier_key second_host_key;
    fixture_enroll(fixture, second, &second_host_key);
    const struct license license = fixture_license(fixture, "l-1");
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    license_note(second, &license, &note);
    struct import_report report;
    assert_fails(folder_import(fixture->folder, buffer_slice(&note), &report, NULL), LICENSE_OTHER_VENDOR);
    assert_false(exists(fixture, FOLDER_LICENSES "/l-1"));
}

static void a_license_for_another_host_is_refused(void **state)
{
    const struct host_fixture *fixture = *state;
    const uint8_t seed[SEED_SIZE] = {77};
    CLEANUP_SIGNING_KEY struct signing_key *other = NULL;
    assert_ok(signing_key_make(slice_of(HOST "/" VENDOR), seed, &other));
    struct license license = fixture_license(fixture, "l-1");
    license.host_keys[0] = *signing_key_verifier(other);
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    license_note(fixture->vendor, &license, &note);
    struct import_report report;
    assert_fails(folder_import(fixture->folder, buffer_slice(&note), &report, NULL), LICENSE_OTHER_HOST);
    assert_false(exists(fixture, FOLDER_LICENSES "/l-1"));
}

static void a_changed_license_is_refused(void **state)
{
    const struct host_fixture *fixture = *state;
    const struct license license = fixture_license(fixture, "l-1");
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    license_note(fixture->vendor, &license, &note);
    char *seats = strstr(buffer_text(&note), "seats 100");
    assert_non_null(seats);
    seats[6] = '9';
    struct import_report report;
    assert_fails(folder_import(fixture->folder, buffer_slice(&note), &report, NULL), SIGNATURE_WRONG);
}

static void revocations_only_go_forward(void **state)
{
    const struct host_fixture *fixture = *state;
    struct import_report report;
    static const struct {
        uint64_t sequence;
        const char *license;
        enum error_code code;
        bool known;
    } steps[] = {{2, "l-1", OK, false}, {1, "l-1", ERR_REVOCATIONS_OLDER, false},
                 {2, "l-1", OK, true},  {2, "l-2", ERR_FILE_EXISTS, false},
                 {7, "l-2", OK, false}, {2, "l-1", ERR_REVOCATIONS_OLDER, false}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
        revocations_note(fixture->vendor, steps[i].sequence, steps[i].license, &note);
        const struct result result = folder_import(fixture->folder, buffer_slice(&note), &report, NULL);
        assert_int_equal(result_code(result), steps[i].code);
        if (!is_ok(result))
            continue;
        assert_int_equal(report.kind, IMPORT_REVOCATIONS);
        assert_int_equal(report.sequence, steps[i].sequence);
        assert_int_equal(report.known_already, steps[i].known);
    }
}

static void revocations_of_a_stranger_are_refused(void **state)
{
    const struct host_fixture *fixture = *state;
    CLEANUP_SIGNING_KEY struct signing_key *stranger = vendor_key("stranger.example");
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    revocations_note(stranger, 1, "l-1", &note);
    struct import_report report;
    assert_fails(folder_import(fixture->folder, buffer_slice(&note), &report, NULL), SIGNER_UNKNOWN);
}

static void junk_is_refused_by_its_form(void **state)
{
    const struct host_fixture *fixture = *state;
    static const struct {
        const char *text;
        enum error_code code;
    } junk[] = {{"", ERR_TEXT_EMPTY},
                {"hello\n", ERR_NOTE_FORM},
                {"aval license v1\n", ERR_NOTE_FORM},
                {"\xff\xfe\n", ERR_TEXT_NOT_UTF8}};
    struct import_report report;
    for (size_t i = 0; i < sizeof junk / sizeof junk[0]; i++) {
        const struct result result = folder_import(fixture->folder, slice_of(junk[i].text), &report, NULL);
        assert_int_equal(result_code(result), junk[i].code);
    }
}

static void another_kind_of_document_is_refused(void **state)
{
    const struct host_fixture *fixture = *state;
    char path[PATH_SIZE];
    assert_ok(folder_vendor_path(fixture->folder, VENDOR, FOLDER_HOST_REQUEST, path));
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    assert_ok(file_read(path, &note, NULL));
    struct import_report report;
    assert_fails(folder_import(fixture->folder, buffer_slice(&note), &report, NULL), DOCUMENT_TYPE);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, host_fixture_setup, host_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(init_makes_a_host_once),
        WITH_FOLDER(a_name_that_is_none_makes_nothing),
        cmocka_unit_test(a_folder_that_is_no_host_is_told_apart),
        WITH_FOLDER(what_the_system_said_of_a_file_is_in_the_reason),
        WITH_FOLDER(enrolling_proves_possession_of_a_key_that_only_the_owner_reads),
        WITH_FOLDER(enrolling_again_gives_the_same_request),
        WITH_FOLDER(another_key_of_an_enrolled_vendor_is_refused),
        WITH_FOLDER(a_vendor_whose_name_is_no_id_is_refused),
        WITH_FOLDER(an_enrolment_that_was_cut_off_is_taken_up_with_the_same_key),
        WITH_FOLDER(a_license_is_kept_as_signed_and_known_the_second_time),
        WITH_FOLDER(another_license_of_the_same_id_is_refused),
        WITH_FOLDER(a_license_of_a_vendor_that_is_not_enrolled_is_refused),
        WITH_FOLDER(of_a_key_of_an_enrolled_vendor_that_is_not_known_the_way_back_is_said),
        WITH_FOLDER(an_enrolled_vendor_cannot_sign_for_another),
        WITH_FOLDER(a_license_for_another_host_is_refused),
        WITH_FOLDER(a_changed_license_is_refused),
        WITH_FOLDER(revocations_only_go_forward),
        WITH_FOLDER(revocations_of_a_stranger_are_refused),
        WITH_FOLDER(junk_is_refused_by_its_form),
        WITH_FOLDER(another_kind_of_document_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
