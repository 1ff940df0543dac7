/* The sample documents as structs; see samples.h. */
#include "samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct signing_key *sample_key(const char *name, uint8_t letter)
{
    uint8_t seed[SEED_SIZE];
    memset(seed, letter, sizeof seed);
    struct signing_key *key = NULL;
    assert_true(is_ok(signing_key_make(slice_of(name), seed, &key)));
    return key;
}

struct signing_key *sample_machine_key(uint8_t letter)
{
    uint8_t seed[SEED_SIZE];
    memset(seed, letter, sizeof seed);
    struct signing_key *key = NULL;
    assert_true(is_ok(machine_key_make(seed, &key)));
    return key;
}

struct license sample_license(void)
{
    struct license license;
    assert_true(is_ok(license_read(slice_of(SAMPLE_LICENSE), &license)));
    return license;
}

struct request sample_request(void)
{
    struct request request;
    assert_true(is_ok(request_read(slice_of(SAMPLE_REQUEST), &request)));
    return request;
}

struct lease sample_lease(void)
{
    struct lease lease;
    struct slice note;
    assert_true(is_ok(lease_read(slice_of(SAMPLE_LEASE), &lease, &note)));
    return lease;
}

struct release sample_release(void)
{
    struct release release;
    assert_true(is_ok(release_read(slice_of(SAMPLE_RELEASE), &release)));
    return release;
}

static struct buffer sign(struct slice text, uint8_t letter)
{
    struct signing_key *key CLEANUP_SIGNING_KEY = sample_machine_key(letter);
    struct buffer note = buffer_make(MACHINE_NOTE_MAX);
    assert_true(is_ok(machine_note_sign(text, key, &note)));
    return note;
}

struct buffer sample_request_note(const struct request *request, uint8_t letter)
{
    struct buffer text CLEANUP_BUFFER = buffer_make(DOCUMENT_MAX);
    assert_true(is_ok(request_write(request, &text)));
    return sign(buffer_slice(&text), letter);
}

struct buffer sample_release_note(const struct release *release, uint8_t letter)
{
    struct buffer text CLEANUP_BUFFER = buffer_make(DOCUMENT_MAX);
    assert_true(is_ok(release_write(release, &text)));
    return sign(buffer_slice(&text), letter);
}

seconds sample_time(const char *text)
{
    seconds time = 0;
    assert_true(is_ok(time_read(slice_of(text), &time)));
    return time;
}
