/*
 * What a machine signs: its key, the notes around a request and a release, what they say of a host, and their size.
 */
#include "base/hash.h"
#include "base/secret.h"
#include "core/documents/leaf.h"
#include "mutate.h"
#include "samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_machine_key_is_named_after_its_public_half(void **state)
{
    (void)state;
    struct signing_key *key CLEANUP_SIGNING_KEY = sample_machine_key(MACHINE_SEED);
    const struct verifier_key *verifier = signing_key_verifier(key);
    char text[VERIFIER_KEY_TEXT_SIZE];
    verifier_key_write(verifier, text);
    assert_string_equal(text, SAMPLE_MACHINE_KEY);
    const struct hash hash = hash_of(slice_make(verifier->public_key, PUBLIC_KEY_SIZE));
    const struct machine_id id = machine_id_of(verifier->public_key);
    char name[MACHINE_ID_TEXT_SIZE];
    machine_id_write(&id, name);
    assert_memory_equal(id.bytes, hash.bytes, MACHINE_ID_SIZE);
    assert_string_equal(name, SAMPLE_MACHINE);
}

static void a_machine_signs_its_samples_as_they_stand(void **state)
{
    (void)state;
    const struct request request = sample_request();
    const struct release release = sample_release();
    struct buffer asked CLEANUP_BUFFER = sample_request_note(&request, MACHINE_SEED);
    struct buffer released CLEANUP_BUFFER = sample_release_note(&release, MACHINE_SEED);
    assert_string_equal(buffer_text(&asked), SAMPLE_REQUEST_NOTE);
    assert_string_equal(buffer_text(&released), SAMPLE_RELEASE_NOTE);
}

static void what_is_read_from_a_note_is_what_its_text_says(void **state)
{
    (void)state;
    const struct request request = sample_request();
    const struct release release = sample_release();
    struct request asked;
    struct release released;
    assert_int_equal(request_parse(slice_of(SAMPLE_REQUEST_NOTE), NULL, &asked).bits, 0);
    assert_int_equal(release_parse(slice_of(SAMPLE_RELEASE_NOTE), NULL, &released).bits, 0);
    assert_memory_equal(&asked, &request, sizeof asked);
    assert_memory_equal(&released, &release, sizeof released);
    assert_int_equal(request_open(slice_of(SAMPLE_REQUEST_NOTE), &asked).bits, 0);
    assert_int_equal(release_open(slice_of(SAMPLE_RELEASE_NOTE), &released).bits, 0);
    assert_memory_equal(&asked, &request, sizeof asked);
    assert_memory_equal(&released, &release, sizeof released);
    assert_int_equal(asked.number, 7);
    assert_int_equal(released.number, 8);
    assert_memory_equal(&asked.machine, &released.machine, sizeof asked.machine);
    assert_memory_equal(asked.machine_key.name, SAMPLE_MACHINE, sizeof SAMPLE_MACHINE);
}

static bool request_opened(void *context, struct slice mutant)
{
    (void)context;
    struct request request;
    return is_ok(request_open(mutant, &request));
}

static bool release_opened(void *context, struct slice mutant)
{
    (void)context;
    struct release release;
    return is_ok(release_open(mutant, &release));
}

static void no_flipped_bit_and_no_truncation_is_opened(void **state)
{
    (void)state;
    assert_int_equal(mutate_each_bit(slice_of(SAMPLE_REQUEST_NOTE), request_opened, NULL), 0);
    assert_int_equal(mutate_each_truncation(slice_of(SAMPLE_REQUEST_NOTE), request_opened, NULL), 0);
    assert_int_equal(mutate_each_bit(slice_of(SAMPLE_RELEASE_NOTE), release_opened, NULL), 0);
    assert_int_equal(mutate_each_truncation(slice_of(SAMPLE_RELEASE_NOTE), release_opened, NULL), 0);
}

#define SIGNATURE_LINE(name, base64) "— " name " " base64 "\n"
#define OWN_BASE64                   "M77LenEDTVXgQAh4wcCtAavL8dbd9U1dZBCqLbAVYhevs7IdS+kcEJL/Pmhi13AIkh8y6G2J8/tD0xn1VCPVNVZDjwY="
#define RELEASE_BASE64               "M77LeiA0Zshe7/DwTa7n9qtrumpdXpTCuVTyoR8mYrZipWDNZc9hQXsk5s+AEd9iZ1yVzzDBI7q0GUxKUbNrBAubxAI="

static const struct {
    const char *what;
    const char *note;
    enum error_code parse; /* of its form alone */
    enum error_code open;
} forms[] = {
    {"as the machine signs it", SAMPLE_REQUEST_NOTE, OK, OK},
    {"its text alone", SAMPLE_REQUEST, ERR_NOTE_FORM, ERR_NOTE_FORM},
    {"no signature", SAMPLE_REQUEST "\n", ERR_NOTE_FORM, ERR_NOTE_FORM},
    {"its signature twice", SAMPLE_REQUEST_NOTE SIGNATURE_LINE(SAMPLE_MACHINE, OWN_BASE64), ERR_NOTE_FORM,
     ERR_NOTE_FORM},
    {"a signature of somebody beside it", SAMPLE_REQUEST_NOTE SIGNATURE_LINE("somebody", "AAAAAAAA"), ERR_NOTE_FORM,
     ERR_NOTE_FORM},
    {"somebody's signature before it",
     SAMPLE_REQUEST "\n" SIGNATURE_LINE("somebody", "AAAAAAAA") SIGNATURE_LINE(SAMPLE_MACHINE, OWN_BASE64),
     ERR_NOTE_FORM, ERR_NOTE_FORM},
    {"signed in another's name", SAMPLE_REQUEST "\n" SIGNATURE_LINE(OTHER_MACHINE, OWN_BASE64), ERR_SIGNER_UNKNOWN,
     ERR_SIGNER_UNKNOWN},
    {"a signature of another size", SAMPLE_REQUEST "\n" SIGNATURE_LINE(SAMPLE_MACHINE, "M77LenED"), ERR_NOTE_FORM,
     ERR_NOTE_FORM},
    {"the signature of something else", SAMPLE_REQUEST "\n" SIGNATURE_LINE(SAMPLE_MACHINE, RELEASE_BASE64), OK,
     ERR_SIGNATURE_WRONG},
    {"a release", SAMPLE_RELEASE_NOTE, ERR_DOCUMENT_TYPE, ERR_DOCUMENT_TYPE},
    {"nothing", "", ERR_TEXT_EMPTY, ERR_TEXT_EMPTY},
};

static void a_note_has_one_signature_by_the_key_that_it_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct request request;
        memset(&request, 7, sizeof request);
        const struct request before = request;
        const enum error_code parsed = result_code(request_parse(slice_of(forms[i].note), NULL, &request));
        if (parsed != forms[i].parse)
            fail_msg("%s is parsed as %s", forms[i].what, parsed == OK ? "good" : error_info(parsed)->name);
        memcpy(&request, &before, sizeof request);
        const enum error_code opened = result_code(request_open(slice_of(forms[i].note), &request));
        if (opened != forms[i].open)
            fail_msg("%s is opened as %s", forms[i].what, opened == OK ? "good" : error_info(opened)->name);
        if (opened != OK)
            assert_memory_equal(&request, &before, sizeof request);
    }
}

/* Another machine's key signs the same text: it is not the key that the text names. */
static void nobody_signs_for_another_machine(void **state)
{
    (void)state;
    struct signing_key *other CLEANUP_SIGNING_KEY = sample_machine_key(OTHER_MACHINE_SEED);
    struct buffer note CLEANUP_BUFFER = buffer_make(MACHINE_NOTE_MAX);
    assert_true(is_ok(machine_note_sign(slice_of(SAMPLE_REQUEST), other, &note)));
    struct request request;
    assert_int_equal(result_code(request_open(buffer_slice(&note), &request)), ERR_SIGNER_UNKNOWN);
    /* Nor does a key that took the other's name. */
    struct signing_key *thief CLEANUP_SIGNING_KEY = sample_key(SAMPLE_MACHINE, OTHER_MACHINE_SEED);
    buffer_clear(&note);
    assert_true(is_ok(machine_note_sign(slice_of(SAMPLE_REQUEST), thief, &note)));
    assert_int_equal(result_code(request_open(buffer_slice(&note), &request)), ERR_SIGNER_UNKNOWN);
}

static void a_note_is_verified_by_the_key_that_is_given(void **state)
{
    (void)state;
    struct signing_key *own CLEANUP_SIGNING_KEY = sample_machine_key(MACHINE_SEED);
    struct signing_key *other CLEANUP_SIGNING_KEY = sample_machine_key(OTHER_MACHINE_SEED);
    const struct verifier_key *keys[] = {signing_key_verifier(own), signing_key_verifier(other)};
    static const char *const notes[] = {SAMPLE_REQUEST_NOTE, SAMPLE_RELEASE_NOTE};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(machine_note_verify(slice_of(notes[i]), keys[0]).bits, 0);
        assert_int_equal(result_code(machine_note_verify(slice_of(notes[i]), keys[1])), ERR_SIGNER_UNKNOWN);
    }
    assert_int_equal(result_code(machine_note_verify(
                         slice_of(SAMPLE_REQUEST "\n" SIGNATURE_LINE(SAMPLE_MACHINE, RELEASE_BASE64)), keys[0])),
                     ERR_SIGNATURE_WRONG);
}

static void the_signature_of_what_was_parsed_is_verified_without_reading_it_again(void **state)
{
    (void)state;
    struct signing_key *other CLEANUP_SIGNING_KEY = sample_machine_key(OTHER_MACHINE_SEED);
    struct machine_signature signatures[2];
    struct verifier_key keys[2];
    struct request request;
    struct release release;
    assert_int_equal(request_parse(slice_of(SAMPLE_REQUEST_NOTE), &signatures[0], &request).bits, 0);
    assert_int_equal(release_parse(slice_of(SAMPLE_RELEASE_NOTE), &signatures[1], &release).bits, 0);
    assert_true(slice_is(signatures[0].text, SAMPLE_REQUEST) && slice_is(signatures[1].text, SAMPLE_RELEASE));
    keys[0] = request.machine_key;
    keys[1] = release.machine_key;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(machine_signature_verify(&signatures[i], &keys[i]).bits, 0);
        assert_int_equal(result_code(machine_signature_verify(&signatures[i], signing_key_verifier(other))),
                         ERR_SIGNATURE_WRONG);
        signatures[i].text.size--;
        assert_int_equal(result_code(machine_signature_verify(&signatures[i], &keys[i])), ERR_SIGNATURE_WRONG);
    }
}

/* Sizes */

/* Fills a text of that many bytes with one letter. */
static void fill(char *text, size_t size, char letter)
{
    memset(text, letter, size - 1);
    text[size - 1] = 0;
}

static void fill_extensions(struct extensions *extensions)
{
    CLEANUP_BUFFER struct buffer lines = buffer_make(EXTENSIONS_SIZE - 1);
    for (int i = 0; i < 4; i++)
        buffer_printf(&lines, "x-%d %0251d\n", i, 0);
    assert_int_equal(lines.size, EXTENSIONS_SIZE - 1);
    memcpy(extensions->lines, buffer_text(&lines), EXTENSIONS_SIZE);
}

static struct signing_key *longest_host_key(char vendor[static NAME_SIZE])
{
    char host[HOST_NAME_SIZE];
    char name[KEY_NAME_SIZE];
    fill(host, sizeof host, 'h');
    fill(vendor, NAME_SIZE, 'v');
    assert_true(is_ok(host_key_name_write(slice_of(host), slice_of(vendor), name)));
    return sample_key(name, HOST_SEED);
}

static void fill_seen(struct seen *seen, const char *key_name)
{
    assert_true(is_ok(origin_write(key_name, EPOCH_LAST, seen->origin)));
    seen->size = INT64_MAX;
}

/* Everything as long as it can be. */
static struct request longest_request(void)
{
    struct request request = sample_request();
    struct signing_key *host CLEANUP_SIGNING_KEY = longest_host_key(request.vendor);
    fill(request.product, sizeof request.product, 'p');
    fill(request.edition, sizeof request.edition, 'e');
    request.host_key = *signing_key_verifier(host);
    request.number = INT64_MAX;
    request.state = STATE_EXPIRED_GRACE;
    request.hardware.count = HARDWARE_MAX;
    for (size_t i = 0; i < HARDWARE_MAX; i++)
        fill(request.hardware.digests[i].kind, HARDWARE_KIND_SIZE, (char)('a' + i));
    fill_seen(&request.seen, request.host_key.name);
    fill_extensions(&request.extensions);
    return request;
}

static struct release longest_release(void)
{
    struct release release = sample_release();
    char vendor[NAME_SIZE];
    struct signing_key *host CLEANUP_SIGNING_KEY = longest_host_key(vendor);
    fill(release.license, sizeof release.license, 'l');
    release.host_key = *signing_key_verifier(host);
    release.number = INT64_MAX;
    fill_seen(&release.seen, release.host_key.name);
    fill_extensions(&release.extensions);
    return release;
}

/* sample_*_note() makes a buffer of MACHINE_NOTE_MAX. */
static void the_longest_request_and_release_fit_into_a_machines_note(void **state)
{
    (void)state;
    const struct request request = longest_request();
    const struct release release = longest_release();
    struct buffer asked CLEANUP_BUFFER = sample_request_note(&request, MACHINE_SEED);
    struct buffer released CLEANUP_BUFFER = sample_release_note(&release, MACHINE_SEED);
    struct request request_again;
    struct release release_again;
    assert_int_equal(request_open(buffer_slice(&asked), &request_again).bits, 0);
    assert_int_equal(release_open(buffer_slice(&released), &release_again).bits, 0);
    assert_true(asked.size > MACHINE_NOTE_MAX / 2); /* it is no limit of another size */
}

static void a_note_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    char *bytes = malloc(MACHINE_NOTE_MAX + 1);
    assert_non_null(bytes);
    memset(bytes, 'a', MACHINE_NOTE_MAX + 1);
    struct request request;
    struct release release;
    const struct slice over = slice_make(bytes, MACHINE_NOTE_MAX + 1);
    assert_int_equal(result_code(request_parse(over, NULL, &request)), ERR_TEXT_TOO_LONG);
    assert_int_equal(result_code(release_parse(over, NULL, &release)), ERR_TEXT_TOO_LONG);
    assert_int_equal(result_code(request_parse(slice_make(bytes, MACHINE_NOTE_MAX), NULL, &request)), ERR_NOTE_FORM);
    free(bytes);
}

static void the_longest_leaves_fit(void **state)
{
    (void)state;
    const struct request request = longest_request();
    const struct release release = longest_release();
    struct buffer asked CLEANUP_BUFFER = sample_request_note(&request, MACHINE_SEED);
    struct buffer gave CLEANUP_BUFFER = sample_release_note(&release, MACHINE_SEED);
    struct lease lease = sample_lease();
    fill(lease.license, sizeof lease.license, 'l');
    lease.offline = true;
    lease.expires = lease.issued + DURATION_MAX;
    lease.renew_after = DURATION_MAX - 1;
    lease.retry_after = DURATION_MAX - 1;
    lease.features.count = FEATURES_MAX;
    for (size_t i = 0; i < FEATURES_MAX; i++) {
        fill(lease.features.names[i], NAME_SIZE, 'f');
        lease.features.names[i][0] = (char)('a' + i / 10);
        lease.features.names[i][1] = (char)('0' + i % 10);
        fill(lease.features.values[i], FEATURE_VALUE_SIZE, 'v');
    }
    fill_extensions(&lease.extensions);
    struct released released = {.released = lease.issued};
    fill_extensions(&released.extensions);
    struct epoch epoch = {.size = INT64_MAX, .found = INT64_MAX, .why = EPOCH_RESTORED};
    assert_true(is_ok(origin_write(request.host_key.name, EPOCH_LAST, epoch.origin)));
    assert_true(is_ok(origin_write(request.host_key.name, EPOCH_LAST - 1, epoch.previous)));
    fill_extensions(&epoch.extensions);

    struct buffer leaves[3];
    for (size_t i = 0; i < 3; i++)
        leaves[i] = buffer_make(LEAF_MAX);
    assert_int_equal(lease_write(&lease, buffer_slice(&asked), &leaves[0]).bits, 0);
    assert_int_equal(released_write(&released, buffer_slice(&gave), &leaves[1]).bits, 0);
    assert_int_equal(epoch_write(&epoch, &leaves[2]).bits, 0);
    for (size_t i = 0; i < 3; i++) {
        struct leaf leaf;
        assert_int_equal(leaf_read(buffer_slice(&leaves[i]), &leaf).bits, 0);
        buffer_free(&leaves[i]);
    }
}

/* Seen */

static void what_was_seen_makes_the_hosts_checkpoint_again(void **state)
{
    (void)state;
    struct signing_key *host CLEANUP_SIGNING_KEY = sample_key("kms.uni.example/acme.example", HOST_SEED);
    struct checkpoint checkpoint = {.size = 70000};
    const struct request request = sample_request();
    checkpoint.root = request.seen.root;
    for (uint64_t epoch = 1; epoch <= 2; epoch++) {
        assert_true(is_ok(origin_write("kms.uni.example/acme.example", epoch, checkpoint.origin)));
        struct buffer note CLEANUP_BUFFER = buffer_make(PUBLISHED_NOTE_SIZE);
        assert_true(is_ok(checkpoint_sign(&checkpoint, host, &note)));
        struct seen seen;
        assert_true(is_ok(seen_make(&checkpoint, buffer_slice(&note), &request.host_key, &seen)));
        assert_true(is_ok(seen_verify(&seen, &request.host_key)));
        if (epoch == 1)
            assert_memory_equal(&seen, &request.seen, sizeof seen);
        struct buffer again CLEANUP_BUFFER = buffer_make(PUBLISHED_NOTE_SIZE);
        assert_true(is_ok(seen_write_note(&seen, &request.host_key, &again)));
        assert_true(slice_equal(buffer_slice(&again), buffer_slice(&note)));
        const struct checkpoint same = seen_checkpoint(&seen);
        assert_true(seen_is(&seen, &checkpoint) && seen_is(&seen, &same));
    }
}

/* Whoever signed it, and how often. */
static void what_was_seen_is_the_same_where_the_tree_is(void **state)
{
    (void)state;
    const struct seen seen = sample_request().seen;
    const struct checkpoint checkpoint = seen_checkpoint(&seen);
    for (int part = 0; part <= 3; part++) {
        struct seen other = seen;
        if (part == 0)
            other.signature[0] ^= 1;
        else if (part == 1)
            other.size++;
        else if (part == 2)
            other.root.bytes[31] ^= 1;
        else
            other.origin[0] ^= 1;
        assert_int_equal(seen_equal(&seen, &other), part == 0);
        assert_int_equal(seen_equal(&other, &seen), part == 0);
        assert_int_equal(seen_is(&other, &checkpoint), part == 0);
    }
}

static void nobody_else_signs_what_was_seen(void **state)
{
    (void)state;
    const struct request request = sample_request();
    struct signing_key *other CLEANUP_SIGNING_KEY = sample_key("kms.uni.example/acme.example", OTHER_HOST_SEED);
    struct seen seen = request.seen;
    assert_int_equal(seen_verify(&seen, &request.host_key).bits, 0);
    assert_int_equal(result_code(seen_verify(&seen, signing_key_verifier(other))), ERR_SIGNATURE_WRONG);
    seen.size++;
    assert_int_equal(result_code(seen_verify(&seen, &request.host_key)), ERR_SIGNATURE_WRONG);
    seen = request.seen;
    seen.root.bytes[31] ^= 1;
    assert_int_equal(result_code(seen_verify(&seen, &request.host_key)), ERR_SIGNATURE_WRONG);
    seen = request.seen;
    assert_true(is_ok(origin_write(request.host_key.name, 2, seen.origin)));
    assert_int_equal(result_code(seen_verify(&seen, &request.host_key)), ERR_SIGNATURE_WRONG);
    seen = request.seen;
    seen.signature[0] ^= 1;
    assert_int_equal(result_code(seen_verify(&seen, &request.host_key)), ERR_SIGNATURE_WRONG);
}

static void of_a_checkpoint_that_the_key_did_not_sign_nothing_was_seen(void **state)
{
    (void)state;
    struct signing_key *host CLEANUP_SIGNING_KEY = sample_key("kms.uni.example/acme.example", HOST_SEED);
    struct signing_key *other CLEANUP_SIGNING_KEY = sample_key("kms.uni.example/acme.example", OTHER_HOST_SEED);
    const struct checkpoint checkpoint = {.origin = "kms.uni.example/acme.example", .size = 1};
    struct buffer note CLEANUP_BUFFER = buffer_make(PUBLISHED_NOTE_SIZE);
    assert_true(is_ok(checkpoint_sign(&checkpoint, host, &note)));
    struct seen seen;
    assert_int_equal(result_code(seen_make(&checkpoint, buffer_slice(&note), signing_key_verifier(other), &seen)),
                     ERR_SIGNER_UNKNOWN);
    assert_int_equal(result_code(seen_make(&checkpoint, slice_of("x\n"), signing_key_verifier(host), &seen)),
                     ERR_NOTE_FORM);
}

static int start(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_machine_key_is_named_after_its_public_half),
        cmocka_unit_test(a_machine_signs_its_samples_as_they_stand),
        cmocka_unit_test(what_is_read_from_a_note_is_what_its_text_says),
        cmocka_unit_test(no_flipped_bit_and_no_truncation_is_opened),
        cmocka_unit_test(a_note_has_one_signature_by_the_key_that_it_names),
        cmocka_unit_test(nobody_signs_for_another_machine),
        cmocka_unit_test(a_note_is_verified_by_the_key_that_is_given),
        cmocka_unit_test(the_signature_of_what_was_parsed_is_verified_without_reading_it_again),
        cmocka_unit_test(the_longest_request_and_release_fit_into_a_machines_note),
        cmocka_unit_test(a_note_beyond_the_limit_is_refused),
        cmocka_unit_test(the_longest_leaves_fit),
        cmocka_unit_test(what_was_seen_makes_the_hosts_checkpoint_again),
        cmocka_unit_test(what_was_seen_is_the_same_where_the_tree_is),
        cmocka_unit_test(nobody_else_signs_what_was_seen),
        cmocka_unit_test(of_a_checkpoint_that_the_key_did_not_sign_nothing_was_seen),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
