/* A data folder with a vendor and licenses in it, and a machine that asks; see host_fixture.h. */
#include "host_fixture.h"

#include "base/secret.h"
#include "system/clock.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void fixture_expect(struct result result, enum error_code code, const char *file, int line)
{
    if (result_code(result) == code)
        return;
    print_error("%s:%d: %s, line %u\n", file, line, is_ok(result) ? "ok" : error_info(result_code(result))->name,
                result_place(result));
    _assert_int_equal(result_code(result), code, file, line);
}

struct signing_key *vendor_key(const char *vendor)
{
    const struct hash seed = hash_of(slice_of(vendor));
    struct signing_key *key = NULL;
    assert_ok(signing_key_make(slice_of(vendor), seed.bytes, &key));
    return key;
}

void fixture_enroll(const struct host_fixture *fixture, const struct signing_key *vendor,
                    struct verifier_key *ret_host_key)
{
    const struct verifier_key *const key = signing_key_verifier(vendor);
    const struct hash seed = hash_of(slice_make(key->public_key, PUBLIC_KEY_SIZE));
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    assert_ok(folder_enroll(fixture->folder, key, slice_of("University"), TODAY, seed.bytes, &note, NULL));
    struct host_request request;
    assert_ok(host_request_open(buffer_slice(&note), &request));
    *ret_host_key = request.host_key;
}

void host_fixture_make(struct host_fixture *fixture)
{
    assert_ok(secret_start());
    assert_true(temporary_folder(fixture->root, "host"));
    assert_ok(path_join(fixture->folder, fixture->root, "data"));
    assert_ok(folder_init(fixture->folder, slice_of(HOST), NULL));
    fixture->log = (struct log){LOG_ERROR, LOG_FORMAT_TEXT, fixture_now, open("/dev/null", O_WRONLY | O_CLOEXEC)};
    fixture_set_now(TODAY);
    fixture->vendor = vendor_key(VENDOR);
    fixture_enroll(fixture, fixture->vendor, &fixture->host_key);
}

void host_fixture_remove(struct host_fixture *fixture)
{
    signing_key_free(fixture->vendor);
    close(fixture->log.descriptor);
    assert_true(temporary_remove(fixture->root));
}

int host_fixture_setup(void **state)
{
    struct host_fixture *const fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    host_fixture_make(fixture);
    *state = fixture;
    return 0;
}

int host_fixture_teardown(void **state)
{
    host_fixture_remove(*state);
    free(*state);
    return 0;
}

struct license fixture_license(const struct host_fixture *fixture, const char *id)
{
    struct license license = {.vendor = VENDOR,
                              .customer = "University",
                              .host_key_count = 1,
                              .host_keys = {fixture->host_key},
                              .product = PRODUCT,
                              .edition = EDITION,
                              .threshold = 1,
                              .seats = 100,
                              .lease = (seconds)180 * DAY,
                              .renew = (seconds)7 * DAY,
                              .retry = MINUTE,
                              .issued = TODAY - DAY,
                              .not_before = TODAY - DAY,
                              .not_after = TODAY + (seconds)365 * DAY};
    assert_ok(slice_copy_text(slice_of(id), license.id, sizeof license.id));
    return license;
}

static void put_signed(const struct host_fixture *fixture, const char *name, struct slice text)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    const struct signing_key *const keys[] = {fixture->vendor};
    assert_ok(note_sign(text, keys, 1, &note));
    char path[PATH_SIZE];
    assert_ok(folder_vendor_path(fixture->folder, VENDOR, name, path));
    assert_ok(file_write(path, buffer_slice(&note), 0644, NULL));
}

void fixture_put_license(const struct host_fixture *fixture, const struct license *license)
{
    char folder[PATH_SIZE];
    assert_ok(folder_vendor_path(fixture->folder, VENDOR, FOLDER_LICENSES, folder));
    assert_ok(folder_make(folder, 0755, NULL));
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    assert_ok(license_write(license, &text));
    char name[PATH_SIZE];
    assert_ok(path_join(name, FOLDER_LICENSES, license->id));
    put_signed(fixture, name, buffer_slice(&text));
}

void fixture_put_revocations(const struct host_fixture *fixture, uint64_t sequence, const char *license_id)
{
    struct revocations *const list = calloc(1, sizeof *list);
    assert_non_null(list);
    strcpy(list->vendor, VENDOR);
    list->sequence = sequence;
    list->issued = TODAY;
    list->license_count = 1;
    assert_ok(slice_copy_text(slice_of(license_id), list->licenses[0], NAME_SIZE));
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    assert_ok(revocations_write(list, &text));
    free(list);
    put_signed(fixture, FOLDER_REVOCATIONS, buffer_slice(&text));
}

struct authority *fixture_authority(const struct host_fixture *fixture)
{
    struct authority *authority = NULL;
    assert_ok(authority_load(fixture->folder, &fixture->log, &authority, NULL));
    return authority;
}

static _Atomic seconds clock_of_host;

seconds fixture_now(void)
{
    return atomic_load(&clock_of_host);
}

void fixture_set_now(seconds now)
{
    atomic_store(&clock_of_host, now);
}

struct engine_options fixture_options(const struct host_fixture *fixture, struct store *store,
                                      struct authority *authority)
{
    return (struct engine_options){.store = store,
                                   .signer = signer_process(fixture->folder),
                                   .authority = authority,
                                   .log = &fixture->log,
                                   .now = fixture_now,
                                   .milliseconds = clock_monotonic_ms,
                                   .about = true,
                                   .queue = 1000,
                                   .batch = 64};
}

/* ---- machines ---- */

struct signing_key *fixture_host_key(void)
{
    CLEANUP_SIGNING_KEY struct signing_key *vendor = vendor_key(VENDOR);
    const struct hash seed = hash_of(slice_make(signing_key_verifier(vendor)->public_key, PUBLIC_KEY_SIZE));
    struct signing_key *key = NULL;
    assert_ok(signing_key_make(slice_of(HOST "/" VENDOR), seed.bytes, &key));
    return key;
}

struct seen fixture_seen(const struct checkpoint *checkpoint)
{
    CLEANUP_SIGNING_KEY struct signing_key *key = fixture_host_key();
    CLEANUP_BUFFER struct buffer note = buffer_make(PUBLISHED_NOTE_SIZE);
    struct seen seen;
    assert_ok(checkpoint_sign(checkpoint, key, &note));
    assert_ok(seen_make(checkpoint, buffer_slice(&note), signing_key_verifier(key), &seen));
    return seen;
}

/* What every machine has seen of a new host. */
struct introduced {
    struct verifier_key host_key;
    struct seen empty;
};

static pthread_once_t introduced_once = PTHREAD_ONCE_INIT;
static struct introduced introduced_to_all;

static void introduce(void)
{
    CLEANUP_SIGNING_KEY struct signing_key *key = fixture_host_key();
    const struct frontier nothing = {0};
    const struct checkpoint empty = {.origin = HOST "/" VENDOR, .root = frontier_root(&nothing)};
    introduced_to_all = (struct introduced){*signing_key_verifier(key), fixture_seen(&empty)};
}

static const struct introduced *introduced(void)
{
    pthread_once(&introduced_once, introduce);
    return &introduced_to_all;
}

struct signing_key *fixture_machine_key(uint64_t machine)
{
    const struct hash seed = hash_of(slice_make(&machine, sizeof machine));
    struct signing_key *key = NULL;
    assert_ok(machine_key_make(seed.bytes, &key));
    return key;
}

struct machine_id fixture_machine(uint64_t machine)
{
    CLEANUP_SIGNING_KEY struct signing_key *key = fixture_machine_key(machine);
    return machine_id_of(signing_key_verifier(key)->public_key);
}

struct request fixture_request(uint64_t machine, uint64_t number)
{
    CLEANUP_SIGNING_KEY struct signing_key *key = fixture_machine_key(machine);
    return (struct request){
        .vendor = VENDOR,
        .product = PRODUCT,
        .edition = EDITION,
        .machine_key = *signing_key_verifier(key),
        .machine = machine_id_of(signing_key_verifier(key)->public_key),
        .host_key = introduced()->host_key,
        .number = number,
        .time = fixture_now(),
        .state = STATE_UNLICENSED,
        .hardware = {.count = 2, .digests = {{.kind = "board", .digest = {7}}, {.kind = "disk", .digest = {8}}}},
        .seen = introduced()->empty};
}

struct release fixture_release(uint64_t machine, const char *license, uint64_t number)
{
    CLEANUP_SIGNING_KEY struct signing_key *key = fixture_machine_key(machine);
    struct release release = {.machine_key = *signing_key_verifier(key),
                              .machine = machine_id_of(signing_key_verifier(key)->public_key),
                              .host_key = introduced()->host_key,
                              .number = number,
                              .time = fixture_now(),
                              .seen = introduced()->empty};
    assert_ok(slice_copy_text(slice_of(license), release.license, sizeof release.license));
    return release;
}

static void sign(uint64_t machine, struct slice text, struct buffer *note)
{
    CLEANUP_SIGNING_KEY struct signing_key *key = fixture_machine_key(machine);
    assert_ok(machine_note_sign(text, key, note));
}

void fixture_sign_request(uint64_t machine, const struct request *request, struct buffer *note)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(MACHINE_NOTE_MAX);
    assert_ok(request_write(request, &text));
    sign(machine, buffer_slice(&text), note);
}

void fixture_sign_release(uint64_t machine, const struct release *release, struct buffer *note)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(MACHINE_NOTE_MAX);
    assert_ok(release_write(release, &text));
    sign(machine, buffer_slice(&text), note);
}

static void keep_note(struct job *job, struct slice note)
{
    assert_true(note.size <= sizeof job->note);
    memcpy(job->note, note.data, note.size);
    job->note_size = note.size;
    job->note_hash = hash_of(note);
    job->about = NULL;
}

void fixture_ask(struct job *job, uint64_t machine, const struct request *request)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(MACHINE_NOTE_MAX);
    fixture_sign_request(machine, request, &note);
    job->kind = JOB_ACTIVATE;
    job->request = *request;
    job->from = address_of_ipv4((const uint8_t[]){192, 0, 2, 7});
    job->own = false;
    job->offline = false;
    keep_note(job, buffer_slice(&note));
}

void fixture_give_back(struct job *job, uint64_t machine, const struct release *release)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(MACHINE_NOTE_MAX);
    fixture_sign_release(machine, release, &note);
    job->kind = JOB_RELEASE;
    job->release = *release;
    job->from = address_of_ipv4((const uint8_t[]){192, 0, 2, 7});
    job->own = false;
    job->offline = false;
    keep_note(job, buffer_slice(&note));
}
