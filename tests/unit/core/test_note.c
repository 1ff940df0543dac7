/* Signed notes and keys: the published examples, the strict form, and that nothing altered is accepted. */
#include "base/secret.h"
#include "core/tlog/note.h"
#include "mutate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DASH "\xe2\x80\x94 "

static const char example_key[] = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
#define EXAMPLE_TEXT "This is an example message.\n"
#define EXAMPLE_SIGNATURE \
    DASH "example.com/foo " \
         "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
static const char example_note[] = EXAMPLE_TEXT "\n" EXAMPLE_SIGNATURE;

static const char neumann_secret[] = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
static const char neumann_key[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

static struct verifier_key key_of(const char *text)
{
    struct verifier_key key = {0};
    assert_true(is_ok(verifier_key_read(slice_of(text), &key)));
    return key;
}

static struct signing_key *signer_of(const char *name, uint8_t seed_byte)
{
    uint8_t seed[SEED_SIZE];
    memset(seed, seed_byte, sizeof seed);
    struct signing_key *key = NULL;
    assert_true(is_ok(signing_key_make(slice_of(name), seed, &key)));
    return key;
}

static enum error_code read_code(const char *note)
{
    struct note parts;
    return result_code(note_read(slice_of(note), &parts));
}

static enum error_code open_code(const char *note, const struct verifier_key *keys, size_t count)
{
    struct slice text;
    return result_code(note_open(slice_of(note), keys, count, &text, NULL));
}

/* Keys */

static void the_published_verifier_keys_are_read_and_written_back(void **state)
{
    (void)state;
    static const char *const texts[] = {
        example_key,
        neumann_key,
        "localhost.localdev/sumdb+00000c67+AcTrnkbUA+TU4heY3hkjiSES/DSQniBqIeQ/YppAUtK6",
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct verifier_key key = key_of(texts[i]);
        char text[VERIFIER_KEY_TEXT_SIZE];
        verifier_key_write(&key, text);
        assert_string_equal(text, texts[i]);
    }
}

static void the_published_secret_key_has_its_verifier_key_and_is_written_back(void **state)
{
    (void)state;
    CLEANUP_SIGNING_KEY struct signing_key *key = NULL;
    assert_true(is_ok(signing_key_read(slice_of(neumann_secret), &key)));
    const struct verifier_key expected = key_of(neumann_key);
    assert_true(verifier_key_equal(signing_key_verifier(key), &expected));
    CLEANUP_BUFFER struct buffer out = buffer_make(1024);
    signing_key_write(key, &out);
    assert_string_equal(buffer_text(&out), neumann_secret);
}

static bool verifier_key_accepted(void *context, struct slice text)
{
    (void)context;
    struct verifier_key key;
    return is_ok(verifier_key_read(text, &key));
}

static bool secret_key_accepted(void *context, struct slice text)
{
    (void)context;
    CLEANUP_SIGNING_KEY struct signing_key *key = NULL;
    return is_ok(signing_key_read(text, &key));
}

static void a_key_with_a_flipped_bit_or_cut_short_is_refused(void **state)
{
    (void)state;
    assert_int_equal(mutate_each_bit(slice_of(example_key), verifier_key_accepted, NULL), 0);
    assert_int_equal(mutate_each_truncation(slice_of(example_key), verifier_key_accepted, NULL), 0);
    assert_int_equal(mutate_each_bit(slice_of(neumann_secret), secret_key_accepted, NULL), 0);
    assert_int_equal(mutate_each_truncation(slice_of(neumann_secret), secret_key_accepted, NULL), 0);
}

static void keys_of_another_form_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "PeterNeumann",
        "PeterNeumann-c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3-ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n",
        " PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter+Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        /* a cosigner's key, of type 0x04 */
        "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
        neumann_secret,
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct verifier_key key;
        assert_int_equal(result_code(verifier_key_read(slice_of(texts[i]), &key)), ERR_KEY_FORM);
    }
    struct signing_key *key = NULL;
    assert_int_equal(result_code(signing_key_read(slice_of(neumann_key), &key)), ERR_KEY_FORM);
    assert_null(key);
}

static void a_file_of_a_key_ends_in_line_ends_or_not(void **state)
{
    (void)state;
    static const char *const ends[] = {"", "\n", "\r\n", "\n\n", "\r\n\r\n"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        CLEANUP_BUFFER struct buffer file = buffer_make(VERIFIER_KEY_TEXT_SIZE + 4);
        buffer_printf(&file, "%s%s", example_key, ends[i]);
        assert_true(slice_is(key_file_text(buffer_slice(&file)), example_key));
    }
    assert_int_equal(key_file_text(slice_of("\n")).size, 0);
    assert_int_equal(key_file_text(slice_of("")).size, 0);
    assert_int_equal(key_file_text(slice_make(&"\n\n"[1], 0)).size, 0); /* not the one before it */
    /* What stands elsewhere is the key's. */
    assert_true(slice_is(key_file_text(slice_of("\na \n")), "\na "));
}

static void names_of_keys_have_no_plus_no_space_and_no_control_byte(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool good;
    } rows[] = {
        {"a", true},
        {"kms.uni.example/acme.example", true},
        {"universit\xc3\xa4t.example", true},
        {"\xe2\x80\x8b", true}, /* U+200B has no width but is no white space */
        {"", false},
        {"a+b", false},
        {"a b", false},
        {"a\tb", false},
        {"a\nb", false},
        {"a\xc2\x85", false},
        {"a\xc2\xa0", false},
        {"\xe1\x9a\x80", false},
        {"\xe2\x80\x80", false},
        {"\xe2\x80\x8a", false},
        {"\xe2\x80\xa8", false},
        {"\xe2\x80\xa9", false},
        {"\xe2\x80\xaf", false},
        {"\xe2\x81\x9f", false},
        {"\xe3\x80\x80", false},
        {"\xff", false},
    };
    const uint8_t bytes[PUBLIC_KEY_SIZE] = {1};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct verifier_key key;
        const struct result result = verifier_key_make(slice_of(rows[i].name), bytes, &key);
        if (result_code(result) != (rows[i].good ? OK : ERR_KEY_FORM))
            fail_msg("row %zu", i);
    }
}

static void the_longest_name_of_a_key_is_kept_whole_and_a_longer_one_refused(void **state)
{
    (void)state;
    char name[KEY_NAME_SIZE + 1];
    memset(name, 'n', sizeof name);
    const uint8_t seed[SEED_SIZE] = {7};
    CLEANUP_SIGNING_KEY struct signing_key *key = NULL;
    assert_int_equal(result_code(signing_key_make(slice_make(name, KEY_NAME_SIZE), seed, &key)), ERR_KEY_FORM);
    assert_true(is_ok(signing_key_make(slice_make(name, KEY_NAME_SIZE - 1), seed, &key)));
    char text[VERIFIER_KEY_TEXT_SIZE];
    verifier_key_write(signing_key_verifier(key), text);
    assert_int_equal(strlen(text), sizeof text - 1);
    const struct verifier_key again = key_of(text);
    assert_true(verifier_key_equal(signing_key_verifier(key), &again));
    CLEANUP_BUFFER struct buffer out = buffer_make(1024);
    signing_key_write(key, &out);
    CLEANUP_SIGNING_KEY struct signing_key *read = NULL;
    assert_true(is_ok(signing_key_read(buffer_slice(&out), &read)));
    assert_true(verifier_key_equal(signing_key_verifier(read), &again));
}

static void keys_are_equal_by_their_name_and_their_bytes(void **state)
{
    (void)state;
    const uint8_t first[PUBLIC_KEY_SIZE] = {1};
    const uint8_t second[PUBLIC_KEY_SIZE] = {2};
    struct verifier_key key;
    struct verifier_key other;
    assert_true(is_ok(verifier_key_make(slice_of("a"), first, &key)));
    assert_true(verifier_key_equal(&key, &key));
    assert_true(is_ok(verifier_key_make(slice_of("b"), first, &other)));
    assert_false(verifier_key_equal(&key, &other));
    other.id = key.id;
    assert_false(verifier_key_equal(&key, &other));
    assert_true(is_ok(verifier_key_make(slice_of("a"), second, &other)));
    assert_false(verifier_key_equal(&key, &other));
    other.id = key.id;
    assert_false(verifier_key_equal(&key, &other));
    other = key;
    other.id++;
    assert_false(verifier_key_equal(&key, &other));
}

/* Notes */

static void the_published_note_verifies(void **state)
{
    (void)state;
    const struct verifier_key keys[] = {key_of(neumann_key), key_of(example_key)};
    struct slice text;
    const struct verifier_key *signer = NULL;
    assert_true(is_ok(note_open(slice_of(example_note), keys, 2, &text, &signer)));
    assert_true(slice_is(text, EXAMPLE_TEXT));
    assert_ptr_equal(signer, &keys[1]);
}

static bool example_accepted(void *context, struct slice note)
{
    struct slice text;
    return is_ok(note_open(note, context, 1, &text, NULL));
}

static void a_note_with_a_flipped_bit_is_refused(void **state)
{
    (void)state;
    struct verifier_key key = key_of(example_key);
    assert_int_equal(mutate_each_bit(slice_of(example_note), example_accepted, &key), 0);
}

static void a_note_that_is_cut_short_is_refused(void **state)
{
    (void)state;
    struct verifier_key key = key_of(example_key);
    assert_int_equal(mutate_each_truncation(slice_of(example_note), example_accepted, &key), 0);
}

static void what_was_signed_opens_and_holds_every_signature(void **state)
{
    (void)state;
    static const char two_dashes[] = DASH "not a signature\n\n" DASH "nor this\n";
    static const char *const texts[] = {"\n", "a\n", "a\n\n", "a\n\nb\n", "\n\n\n", "\xc3\xa4\n", two_dashes};
    CLEANUP_SIGNING_KEY struct signing_key *first = signer_of("first.example", 1);
    CLEANUP_SIGNING_KEY struct signing_key *second = signer_of("second.example", 2);
    const struct signing_key *const signers[] = {first, second};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        CLEANUP_BUFFER struct buffer out = buffer_make(NOTE_MAX);
        assert_true(is_ok(note_sign(slice_of(texts[i]), signers, 2, &out)));
        for (size_t k = 0; k < 2; k++) {
            struct slice text;
            assert_true(is_ok(note_open(buffer_slice(&out), signing_key_verifier(signers[k]), 1, &text, NULL)));
            assert_true(slice_is(text, texts[i]));
        }
        struct note note;
        assert_true(is_ok(note_read(buffer_slice(&out), &note)));
        assert_int_equal(note.signature_count, 2);
        assert_true(slice_is(note.signatures[1].name, "second.example"));
        assert_int_equal(note.signatures[1].key_id, signing_key_verifier(second)->id);
    }
}

static void notes_of_another_form_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *note;
        enum error_code code;
    } rows[] = {
        {"", ERR_TEXT_EMPTY},
        {"\n", ERR_NOTE_FORM},
        {"\n\n", ERR_NOTE_FORM},
        {EXAMPLE_TEXT, ERR_NOTE_FORM},
        {EXAMPLE_TEXT "\n", ERR_NOTE_FORM},
        {EXAMPLE_TEXT EXAMPLE_SIGNATURE, ERR_NOTE_FORM},
        {"\n" EXAMPLE_SIGNATURE, ERR_NOTE_FORM},
        {EXAMPLE_SIGNATURE, ERR_NOTE_FORM},
        {EXAMPLE_TEXT "\n" EXAMPLE_SIGNATURE "\n", ERR_NOTE_FORM},
        {EXAMPLE_TEXT "\n" EXAMPLE_SIGNATURE "more\n", ERR_NOTE_FORM},
        {EXAMPLE_TEXT "\r\n" EXAMPLE_SIGNATURE, ERR_NOTE_FORM},
        {"tab\there\n\n" EXAMPLE_SIGNATURE, ERR_NOTE_FORM},
        {"latin \xe4\n\n" EXAMPLE_SIGNATURE, ERR_TEXT_NOT_UTF8},
        {"a\n\n- name AAAAAAE=\n", ERR_NOTE_FORM},
        {"a\n\n" DASH "\n", ERR_NOTE_FORM},
        {"a\n\n" DASH "name\n", ERR_NOTE_FORM},
        {"a\n\n" DASH " AAAAAAE=\n", ERR_NOTE_FORM},
        {"a\n\n" DASH "na+me AAAAAAE=\n", ERR_NOTE_FORM},
        {"a\n\n" DASH "na\xc2\xa0me AAAAAAE=\n", ERR_NOTE_FORM},
        {"a\n\n" DASH "name \n", ERR_NOTE_FORM},
        {"a\n\n" DASH "name AAAAAA==\n", ERR_NOTE_FORM}, /* a key id and nothing behind it */
        {"a\n\n" DASH "name  AAAAAAE=\n", ERR_BASE64},
        {"a\n\n" DASH "name AAAAAAE= \n", ERR_BASE64},
        {"a\n\n" DASH "name AAAAAAE\n", ERR_BASE64},
        {"a\n\n" DASH "name AAAAAAF=\n", ERR_BASE64}, /* spare bits */
        {"a\n\n" DASH "name AAAA_AE=\n", ERR_BASE64},
        {"a\n\n" DASH "name AAAA\xc3\xa4"
         "E=\n",
         ERR_BASE64}, /* UTF-8 beyond ASCII */
        {"a\n\n" DASH "name AAAAAAE=\n", OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (read_code(rows[i].note) != rows[i].code)
            fail_msg("row %zu: %d", i, (int)read_code(rows[i].note));
}

static void a_refused_note_names_the_line(void **state)
{
    (void)state;
    struct note note;
    assert_int_equal(result_place(note_read(slice_of("a\nb\n\n" DASH "name AAAAAAF=\n"), &note)), 4);
    assert_int_equal(result_place(note_read(slice_of("a\n\tb\n\n" DASH "name AAAAAAE=\n"), &note)), 2);
    assert_int_equal(result_place(note_read(slice_of("\ta\n\n" DASH "name AAAAAAE=\n"), &note)), 1);
    assert_int_equal(result_place(note_read(slice_of("a\n\n" DASH "name AAAAAAE=\nb"), &note)), 4);
}

static void unknown_signatures_are_passed_over_and_need_a_known_one(void **state)
{
    (void)state;
    const struct verifier_key key = key_of(example_key);
    const struct verifier_key other = key_of(neumann_key);
    assert_int_equal(open_code(EXAMPLE_TEXT "\n" DASH "x AAAAAAE=\n" EXAMPLE_SIGNATURE, &key, 1), OK);
    /* the same name with another id, and the same id with another name, are other keys */
    assert_int_equal(open_code(EXAMPLE_TEXT "\n" DASH "example.com/foo AAAAAAE=\n" EXAMPLE_SIGNATURE, &key, 1), OK);
    assert_int_equal(open_code(EXAMPLE_TEXT "\n" DASH "example.com/fo Uw2QOgE=\n" EXAMPLE_SIGNATURE, &key, 1), OK);
    assert_int_equal(open_code(EXAMPLE_TEXT "\n" DASH "x AAAAAAE=\n", &key, 1), ERR_SIGNER_UNKNOWN);
    /* a witness asked twice */
    assert_int_equal(open_code(EXAMPLE_TEXT "\n" DASH "x AAAAAAE=\n" DASH "x AAAAAAE=\n" EXAMPLE_SIGNATURE, &key, 1),
                     OK);
    assert_int_equal(open_code(example_note, &other, 1), ERR_SIGNER_UNKNOWN);
    assert_int_equal(open_code(example_note, NULL, 0), ERR_SIGNER_UNKNOWN);
}

static void a_known_key_signs_once(void **state)
{
    (void)state;
    const struct verifier_key key = key_of(example_key);
    const struct verifier_key other = key_of(neumann_key);
    static const char twice[] = EXAMPLE_TEXT "\n" EXAMPLE_SIGNATURE EXAMPLE_SIGNATURE;
    assert_int_equal(open_code(twice, &key, 1), ERR_NOTE_FORM);
    assert_int_equal(open_code(twice, &other, 1), ERR_SIGNER_UNKNOWN);
}

/* As witnesses with post-quantum keys make them. */
static void signatures_of_unknown_keys_may_be_many_and_long(void **state)
{
    (void)state;
    static const uint8_t signature[30000];
    static const struct {
        size_t count;
        size_t size;
    } rows[] = {{16, 5000}, {5, 3309}, {1, 8193}, {3, sizeof signature}};
    const struct verifier_key key = key_of(example_key);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CLEANUP_BUFFER struct buffer out = buffer_make(CHECKPOINT_NOTE_MAX);
        buffer_append_text(&out, EXAMPLE_TEXT "\n" EXAMPLE_SIGNATURE);
        for (size_t k = 0; k < rows[i].count; k++) {
            buffer_printf(&out, DASH "witness%zu.example ", k);
            buffer_append_base64(&out, signature, rows[i].size);
            buffer_append_byte(&out, '\n');
        }
        assert_true(is_ok(buffer_status(&out)));
        assert_int_equal(open_code(buffer_text(&out), &key, 1), OK);
    }
}

static void a_known_signature_that_fails_rejects_the_note_beside_a_good_one(void **state)
{
    (void)state;
    CLEANUP_SIGNING_KEY struct signing_key *first = signer_of("first.example", 1);
    CLEANUP_SIGNING_KEY struct signing_key *second = signer_of("second.example", 2);
    const struct signing_key *const signers[] = {first, second};
    CLEANUP_BUFFER struct buffer out = buffer_make(NOTE_MAX);
    assert_true(is_ok(note_sign(slice_of("text\n"), signers, 2, &out)));
    const struct verifier_key keys[] = {*signing_key_verifier(first), *signing_key_verifier(second)};
    assert_int_equal(open_code(buffer_text(&out), keys, 2), OK);
    struct slice text;
    const struct verifier_key *signer = NULL;
    assert_true(is_ok(note_open(buffer_slice(&out), keys, 2, &text, &signer)));
    assert_ptr_equal(signer, &keys[0]);
    uint8_t *symbol = &out.data[out.size - 20]; /* in the signature of the second */
    *symbol = *symbol == 'A' ? 'B' : 'A';
    assert_int_equal(open_code(buffer_text(&out), keys, 2), ERR_SIGNATURE_WRONG);
    assert_int_equal(open_code(buffer_text(&out), keys, 1), OK);
    /* a known key with a signature of another length */
    assert_int_equal(open_code(EXAMPLE_TEXT "\n" DASH "example.com/foo Uw2QOgE=\n",
                               (const struct verifier_key[]){key_of(example_key)}, 1),
                     ERR_SIGNATURE_WRONG);
}

static void a_hundred_signatures_are_read_and_one_more_is_refused(void **state)
{
    (void)state;
    for (size_t count = NOTE_SIGNATURES_MAX; count <= NOTE_SIGNATURES_MAX + 1; count++) {
        CLEANUP_BUFFER struct buffer out = buffer_make(NOTE_MAX);
        buffer_append_text(&out, EXAMPLE_TEXT "\n");
        for (size_t i = 1; i < count; i++)
            buffer_printf(&out, DASH "signer%zu AAAAAAE=\n", i);
        buffer_append_text(&out, EXAMPLE_SIGNATURE);
        const struct verifier_key key = key_of(example_key);
        assert_int_equal(open_code(buffer_text(&out), &key, 1), count <= NOTE_SIGNATURES_MAX ? OK : ERR_NOTE_FORM);
    }
}

static void a_note_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer out = buffer_make(NOTE_MAX + 1);
    while (out.size + sizeof example_note <= NOTE_MAX)
        buffer_append_byte(&out, '\n');
    const size_t missing = NOTE_MAX - out.size - (sizeof example_note - 1);
    for (size_t i = 0; i < missing; i++)
        buffer_append_byte(&out, '\n');
    buffer_append_text(&out, example_note);
    struct note note;
    assert_int_equal(out.size, NOTE_MAX);
    assert_true(is_ok(note_read(buffer_slice(&out), &note)));
    buffer_append_byte(&out, '\n');
    assert_int_equal(result_code(note_read(buffer_slice(&out), &note)), ERR_TEXT_TOO_LONG);
}

static void only_text_that_can_be_read_back_is_signed(void **state)
{
    (void)state;
    CLEANUP_SIGNING_KEY struct signing_key *key = signer_of("first.example", 1);
    const struct signing_key *const twice[] = {key, key};
    CLEANUP_BUFFER struct buffer out = buffer_make(NOTE_MAX);
    assert_int_equal(result_code(note_sign(slice_of("no newline"), twice, 1, &out)), ERR_NOTE_FORM);
    assert_int_equal(result_code(note_sign(slice_of(""), twice, 1, &out)), ERR_TEXT_EMPTY);
    assert_int_equal(result_code(note_sign(slice_of("\x01\n"), twice, 1, &out)), ERR_NOTE_FORM);
    assert_int_equal(result_code(note_sign(slice_of("\xff\n"), twice, 1, &out)), ERR_TEXT_NOT_UTF8);
    assert_int_equal(result_code(note_sign(slice_of("a\n"), twice, 2, &out)), ERR_NOTE_FORM);
    assert_int_equal(result_code(note_sign(slice_of("a\n"), twice, 0, &out)), ERR_NOTE_FORM);
    assert_int_equal(out.size, 0);
}

/* As it stands there, whether it holds or not: to be carried elsewhere and verified there. */
static void a_signature_is_taken_out_of_its_note(void **state)
{
    (void)state;
    struct signing_key *first CLEANUP_SIGNING_KEY = signer_of("first.example", 1);
    struct signing_key *second CLEANUP_SIGNING_KEY = signer_of("second.example", 2);
    struct signing_key *nobody CLEANUP_SIGNING_KEY = signer_of("nobody.example", 3);
    const struct signing_key *const keys[] = {first, second};
    struct buffer bytes CLEANUP_BUFFER = buffer_make(NOTE_MAX);
    assert_true(is_ok(note_sign(slice_of(EXAMPLE_TEXT), keys, 2, &bytes)));
    struct note note;
    assert_true(is_ok(note_read(buffer_slice(&bytes), &note)));
    for (size_t i = 0; i < 2; i++) {
        uint8_t taken[SIGNATURE_SIZE];
        uint8_t made[SIGNATURE_SIZE];
        signing_key_sign(keys[i], slice_of(EXAMPLE_TEXT), made);
        assert_true(is_ok(note_signature_of(&note, signing_key_verifier(keys[i]), taken)));
        assert_memory_equal(taken, made, sizeof taken);
    }
    uint8_t untouched[SIGNATURE_SIZE] = {7};
    assert_int_equal(result_code(note_signature_of(&note, signing_key_verifier(nobody), untouched)),
                     ERR_SIGNER_UNKNOWN);
    assert_int_equal(untouched[0], 7);
}

static void a_signature_that_stands_twice_or_is_of_another_size_is_not_taken(void **state)
{
    (void)state;
    static const char *const notes[] = {
        EXAMPLE_TEXT "\n" EXAMPLE_SIGNATURE EXAMPLE_SIGNATURE,
        EXAMPLE_TEXT "\n" DASH "example.com/foo Uw2QOkn8\n",
    };
    const struct verifier_key key = key_of(example_key);
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        struct note note;
        uint8_t signature[SIGNATURE_SIZE];
        assert_true(is_ok(note_read(slice_of(notes[i]), &note)));
        assert_int_equal(result_code(note_signature_of(&note, &key, signature)), ERR_NOTE_FORM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_verifier_keys_are_read_and_written_back),
        cmocka_unit_test(the_published_secret_key_has_its_verifier_key_and_is_written_back),
        cmocka_unit_test(a_key_with_a_flipped_bit_or_cut_short_is_refused),
        cmocka_unit_test(keys_of_another_form_are_refused),
        cmocka_unit_test(a_file_of_a_key_ends_in_line_ends_or_not),
        cmocka_unit_test(names_of_keys_have_no_plus_no_space_and_no_control_byte),
        cmocka_unit_test(the_longest_name_of_a_key_is_kept_whole_and_a_longer_one_refused),
        cmocka_unit_test(keys_are_equal_by_their_name_and_their_bytes),
        cmocka_unit_test(the_published_note_verifies),
        cmocka_unit_test(a_note_with_a_flipped_bit_is_refused),
        cmocka_unit_test(a_note_that_is_cut_short_is_refused),
        cmocka_unit_test(what_was_signed_opens_and_holds_every_signature),
        cmocka_unit_test(notes_of_another_form_are_refused),
        cmocka_unit_test(a_refused_note_names_the_line),
        cmocka_unit_test(unknown_signatures_are_passed_over_and_need_a_known_one),
        cmocka_unit_test(a_known_key_signs_once),
        cmocka_unit_test(signatures_of_unknown_keys_may_be_many_and_long),
        cmocka_unit_test(a_known_signature_that_fails_rejects_the_note_beside_a_good_one),
        cmocka_unit_test(a_hundred_signatures_are_read_and_one_more_is_refused),
        cmocka_unit_test(a_note_beyond_the_limit_is_refused),
        cmocka_unit_test(a_signature_is_taken_out_of_its_note),
        cmocka_unit_test(a_signature_that_stands_twice_or_is_of_another_size_is_not_taken),
        cmocka_unit_test(only_text_that_can_be_read_back_is_signed),
    };
    if (!is_ok(secret_start()))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
