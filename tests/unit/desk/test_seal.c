/* The sealed secret key: it opens with its passphrase, and with nothing else whatever has been changed. The cost is the
 * least that Argon2id takes, so that every mutant can be tried. */
#include "desk/seal.h"

#include "base/secret.h"
#include "mutate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char PASSPHRASE[] = "correct horse";
static const uint8_t SEED[SEED_SIZE] = {1, 2, 3};

static void make_sealed(struct sealed_key *sealed, struct buffer *text)
{
    struct signing_key *key = NULL;
    assert_true(is_ok(signing_key_make(slice_of("acme.example"), SEED, &key)));
    *sealed = (struct sealed_key){.key = *signing_key_verifier(key), .ops = 1, .mem = SEAL_MEM_MIN};
    memset(sealed->salt, 0x5a, sizeof sealed->salt);
    memset(sealed->nonce, 0xa5, sizeof sealed->nonce);
    assert_true(is_ok(seal(sealed, SEED, PASSPHRASE)));
    sealed_key_write(sealed, text);
    assert_true(is_ok(buffer_status(text)));
    signing_key_free(key);
}

/* Whether a text opens with the passphrase. */
static bool opens(void *passphrase, struct slice text)
{
    struct sealed_key sealed;
    struct signing_key *key CLEANUP_SIGNING_KEY = NULL;
    return is_ok(sealed_key_read(text, &sealed)) && is_ok(unseal(&sealed, passphrase, &key));
}

static char *passphrase(void)
{
    static char copy[sizeof PASSPHRASE];
    memcpy(copy, PASSPHRASE, sizeof PASSPHRASE);
    return copy;
}

static void a_sealed_key_opens_with_its_passphrase(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer text = buffer_make(KEY_FILE_MAX);
    struct sealed_key sealed;
    struct signing_key *key CLEANUP_SIGNING_KEY = NULL;
    make_sealed(&sealed, &text);
    assert_true(is_ok(unseal(&sealed, PASSPHRASE, &key)));
    assert_true(verifier_key_equal(signing_key_verifier(key), &sealed.key));
}

static void a_sealed_key_that_was_read_writes_the_same_text(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer text = buffer_make(KEY_FILE_MAX);
    CLEANUP_BUFFER struct buffer again = buffer_make(KEY_FILE_MAX);
    struct sealed_key sealed;
    struct sealed_key read;
    make_sealed(&sealed, &text);
    assert_true(sealed_key_begins(buffer_slice(&text)));
    assert_true(is_ok(sealed_key_read(buffer_slice(&text), &read)));
    sealed_key_write(&read, &again);
    assert_string_equal(buffer_text(&again), buffer_text(&text));
}

static void no_other_passphrase_opens_it(void **state)
{
    (void)state;
    static const char *const WRONG[] = {"", "correct hors", "correct horse ", "Correct horse"};
    CLEANUP_BUFFER struct buffer text = buffer_make(KEY_FILE_MAX);
    struct sealed_key sealed;
    make_sealed(&sealed, &text);
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        struct signing_key *key = NULL;
        assert_int_equal(result_code(unseal(&sealed, WRONG[i], &key)), ERR_SECRET_KEY_LOCKED);
        assert_null(key);
    }
}

static void no_flipped_bit_is_accepted(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer text = buffer_make(KEY_FILE_MAX);
    struct sealed_key sealed;
    make_sealed(&sealed, &text);
    assert_true(opens(passphrase(), buffer_slice(&text)));
    assert_int_equal(mutate_each_bit(buffer_slice(&text), opens, passphrase()), 0);
}

static void no_truncation_is_accepted(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer text = buffer_make(KEY_FILE_MAX);
    struct sealed_key sealed;
    make_sealed(&sealed, &text);
    assert_int_equal(mutate_each_truncation(buffer_slice(&text), opens, passphrase()), 0);
}

static void a_box_with_another_key_than_the_one_named_is_refused(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer text = buffer_make(KEY_FILE_MAX);
    struct sealed_key sealed;
    struct signing_key *key = NULL;
    make_sealed(&sealed, &text);
    assert_true(is_ok(verifier_key_make(slice_of("other.example"), sealed.key.public_key, &sealed.key)));
    assert_true(is_ok(unseal(&sealed, PASSPHRASE, &key))); /* the name alone is the file's word, ... */
    signing_key_free(key);
    key = NULL;
    sealed.key.public_key[0] ^= 1; /* ... the key is not */
    assert_int_equal(result_code(unseal(&sealed, PASSPHRASE, &key)), ERR_KEY_FORM);
    assert_null(key);
}

/* Each case replaces one thing in the good text. */
static void what_is_no_sealed_key_is_refused_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        const char *to;
        enum error_code code;
        unsigned line;
    } CASES[] = {
        {"aval sealed-key v1", "aval license v1", ERR_DOCUMENT_TYPE, 1},
        {"aval sealed-key v1", "aval sealed-key v2", ERR_DOCUMENT_VERSION, 1},
        {"\nkey ", "\nkeys ", ERR_DOCUMENT_MISSING_KEY, 2},
        {"key acme", "key bcme", ERR_KEY_FORM, 2},
        {"ops 1", "ops 0", ERR_DOCUMENT_VALUE, 3},
        {"ops 1", "ops 17", ERR_DOCUMENT_VALUE, 3},
        {"ops 1", "ops 01", ERR_DOCUMENT_VALUE, 3},
        {"mem 8", "mem 7", ERR_DOCUMENT_VALUE, 4},
        {"mem 8", "mem 1048577", ERR_DOCUMENT_VALUE, 4},
        {"mem 8", "mem 99999999999999999999", ERR_DOCUMENT_VALUE, 4},
        {"mem 8", "mem -8", ERR_DOCUMENT_VALUE, 4},
        {"salt Wlpa", "salt ", ERR_BASE64, 5},
        {"nonce ", "salt ", ERR_DOCUMENT_MISSING_KEY, 6},
        {"nonce paWl", "nonce paW=", ERR_BASE64, 6},
        {"==\n", "==\n\n", ERR_DOCUMENT_MISSING_KEY, 6},
    };
    CLEANUP_BUFFER struct buffer good = buffer_make(KEY_FILE_MAX);
    struct sealed_key sealed;
    make_sealed(&sealed, &good);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        CLEANUP_BUFFER struct buffer bad = buffer_make(KEY_FILE_MAX);
        const char *text = buffer_text(&good);
        const char *at = strstr(text, CASES[i].from);
        assert_non_null(at);
        buffer_append(&bad, text, (size_t)(at - text));
        buffer_append_text(&bad, CASES[i].to);
        buffer_append_text(&bad, at + strlen(CASES[i].from));
        struct sealed_key read;
        const struct result result = sealed_key_read(buffer_slice(&bad), &read);
        if (result_code(result) != CASES[i].code || result_place(result) != CASES[i].line)
            fail_msg("%s -> %s: error %d at line %u", CASES[i].from, CASES[i].to, (int)result_code(result),
                     result_place(result));
    }
}

static void a_plain_key_is_read_back(void **state)
{
    (void)state;
    struct signing_key *key CLEANUP_SIGNING_KEY = NULL;
    struct signing_key *read CLEANUP_SIGNING_KEY = NULL;
    char text[PLAIN_KEY_SIZE];
    assert_true(is_ok(signing_key_make(slice_of("acme.example"), SEED, &key)));
    assert_true(is_ok(plain_key_write(signing_key_verifier(key), SEED, text)));
    assert_true(is_ok(plain_key_read(slice_of(text), &read)));
    assert_true(verifier_key_equal(signing_key_verifier(key), signing_key_verifier(read)));
    text[strlen(text) - 2] = '\0';
    struct signing_key *none = NULL;
    assert_int_equal(result_code(plain_key_read(slice_of(text), &none)), ERR_KEY_FORM);
    assert_int_equal(result_code(plain_key_read(slice_of(""), &none)), ERR_KEY_FORM);
    assert_null(none);
}

static void the_longest_name_fits_into_a_plain_key(void **state)
{
    (void)state;
    char name[KEY_NAME_SIZE];
    char text[PLAIN_KEY_SIZE];
    struct signing_key *key CLEANUP_SIGNING_KEY = NULL;
    struct signing_key *read CLEANUP_SIGNING_KEY = NULL;
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_true(is_ok(signing_key_make(slice_of(name), SEED, &key)));
    assert_true(is_ok(plain_key_write(signing_key_verifier(key), SEED, text)));
    assert_true(is_ok(plain_key_read(slice_of(text), &read)));
}

static int start(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_key_opens_with_its_passphrase),
        cmocka_unit_test(a_sealed_key_that_was_read_writes_the_same_text),
        cmocka_unit_test(no_other_passphrase_opens_it),
        cmocka_unit_test(no_flipped_bit_is_accepted),
        cmocka_unit_test(no_truncation_is_accepted),
        cmocka_unit_test(a_box_with_another_key_than_the_one_named_is_refused),
        cmocka_unit_test(what_is_no_sealed_key_is_refused_with_its_line),
        cmocka_unit_test(a_plain_key_is_read_back),
        cmocka_unit_test(the_longest_name_fits_into_a_plain_key),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
