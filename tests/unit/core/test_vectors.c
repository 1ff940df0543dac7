/* The published vector files, whole: Ed25519 (CCTV, Wycheproof) and Merkle proofs. Skipped where the folder is not
 * there. */
#include "base/secret.h"
#include "core/tlog/merkle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>

/* AVAL_VECTORS, or else the folder beside the project that the build names. */
static const char *vectors_folder(void)
{
    const char *folder = getenv("AVAL_VECTORS");
    return folder != NULL && folder[0] != 0 ? folder : VECTORS_FOLDER;
}

/* Integers are read as real numbers: some are 2^64 - 1, which jansson's do not hold. */
static json_t *load(const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", vectors_folder(), name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("there is no %s", path);
    json_error_t error;
    json_t *root = json_loadf(file, JSON_DECODE_INT_AS_REAL, &error);
    fclose(file);
    if (root == NULL)
        fail_msg("%s: %s", path, error.text);
    return root;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    assert_non_null(text);
    return text;
}

static uint64_t number_of(const json_t *object, const char *key)
{
    const json_t *number = json_object_get(object, key);
    assert_true(json_is_real(number));
    const double value = json_real_value(number);
    return value >= 18446744073709551615.0 ? UINT64_MAX : (uint64_t)value;
}

static size_t hex_of(const json_t *object, const char *key, uint8_t *bytes, size_t capacity)
{
    const char *hex = text_of(object, key);
    const size_t size = strlen(hex) / 2;
    assert_true(size <= capacity);
    assert_true(is_ok(hex_read_exactly(slice_of(hex), bytes, size)));
    return size;
}

static bool verifies(const uint8_t *signature, size_t size, struct slice message, const uint8_t *key)
{
    return size == crypto_sign_BYTES && crypto_sign_verify_detached(signature, message.data, message.size, key) == 0;
}

static bool has_flag(const json_t *vector, const char *flag)
{
    size_t i;
    const json_t *value;
    json_array_foreach(json_object_get(vector, "flags"), i,
                       value) if (strcmp(json_string_value(value), flag) == 0) return true;
    return false;
}

static void the_cctv_signatures_accepted_are_those_without_low_order_or_non_canonical_points(void **state)
{
    (void)state;
    json_t *vectors = load("ed25519-cctv.json");
    static const char *const refusing[] = {"low_order_A", "low_order_R", "non_canonical_R", "low_order_residue"};
    size_t accepted = 0;
    size_t i;
    const json_t *vector;
    json_array_foreach(vectors, i, vector)
    {
        uint8_t key[crypto_sign_PUBLICKEYBYTES];
        uint8_t signature[crypto_sign_BYTES];
        assert_int_equal(hex_of(vector, "key", key, sizeof key), sizeof key);
        const size_t size = hex_of(vector, "sig", signature, sizeof signature);
        bool expected = true;
        for (size_t k = 0; k < sizeof refusing / sizeof refusing[0]; k++)
            expected = expected && !has_flag(vector, refusing[k]);
        const bool got = verifies(signature, size, slice_of(text_of(vector, "msg")), key);
        if (got != expected)
            fail_msg("CCTV vector %zu: %s", i, got ? "accepted" : "refused");
        accepted += got;
    }
    assert_int_equal(i, 914);
    assert_int_equal(accepted, 43);
    json_decref(vectors);
}

static void every_wycheproof_case_has_its_result(void **state)
{
    (void)state;
    json_t *file = load("ed25519-wycheproof.json");
    size_t count = 0;
    size_t g;
    const json_t *group;
    json_array_foreach(json_object_get(file, "testGroups"), g, group)
    {
        uint8_t key[crypto_sign_PUBLICKEYBYTES];
        assert_int_equal(hex_of(json_object_get(group, "publicKey"), "pk", key, sizeof key), sizeof key);
        size_t i;
        const json_t *test;
        json_array_foreach(json_object_get(group, "tests"), i, test)
        {
            uint8_t signature[256];
            uint8_t message[4096];
            const size_t size = hex_of(test, "sig", signature, sizeof signature);
            const size_t length = hex_of(test, "msg", message, sizeof message);
            const bool expected = strcmp(text_of(test, "result"), "valid") == 0;
            if (verifies(signature, size, slice_make(message, length), key) != expected)
                fail_msg("Wycheproof group %zu, test %zu (%s)", g, i, text_of(test, "comment"));
            count++;
        }
    }
    assert_int_equal(count, 151);
    json_decref(file);
}

static bool hash_from(const char *base64, struct hash *ret_hash)
{
    return base64 != NULL && is_ok(base64_read_exactly(slice_of(base64), ret_hash->bytes, HASH_SIZE));
}

/* The proof of a vector; false where one of its hashes is none. */
static bool path_from(const json_t *vector, struct hash path[static PROOF_PATH_MAX], size_t *ret_length)
{
    const json_t *proof = json_object_get(vector, "proof");
    size_t i;
    const json_t *hash;
    json_array_foreach(proof, i, hash)
    {
        assert_true(i < PROOF_PATH_MAX);
        if (!hash_from(json_string_value(hash), &path[i]))
            return false;
    }
    *ret_length = json_array_size(proof);
    return true;
}

static bool inclusion_accepted(const json_t *vector)
{
    struct hash leaf;
    struct hash root;
    struct hash path[PROOF_PATH_MAX];
    size_t length = 0;
    return hash_from(text_of(vector, "leafHash"), &leaf) && hash_from(text_of(vector, "root"), &root) &&
           path_from(vector, path, &length) &&
           is_ok(inclusion_verify(number_of(vector, "leafIdx"), number_of(vector, "treeSize"), &leaf, path, length,
                                  &root));
}

/* Some of these vectors have short texts for roots of trees whose roots do not matter; they are filled up with zeros.
 */
static bool root_from(const char *base64, struct hash *ret_root)
{
    size_t size = 0;
    *ret_root = (struct hash){0};
    return is_ok(base64_read(slice_of(base64), ret_root->bytes, HASH_SIZE, &size));
}

static bool consistency_accepted(const json_t *vector)
{
    struct hash old_root;
    struct hash new_root;
    struct hash path[PROOF_PATH_MAX];
    size_t length = 0;
    return root_from(text_of(vector, "root1"), &old_root) && root_from(text_of(vector, "root2"), &new_root) &&
           path_from(vector, path, &length) &&
           is_ok(consistency_verify(number_of(vector, "size1"), number_of(vector, "size2"), path, length, &old_root,
                                    &new_root));
}

static void check_proofs(const char *name, bool (*accepted)(const json_t *vector))
{
    json_t *vectors = load(name);
    size_t refused = 0;
    size_t i;
    const json_t *vector;
    json_array_foreach(vectors, i, vector)
    {
        const bool expected = json_is_false(json_object_get(vector, "wantErr"));
        if (accepted(vector) != expected)
            fail_msg("%s: %s", name, text_of(vector, "case"));
        refused += !expected;
    }
    assert_int_equal(i, 98);
    assert_int_equal(refused, 92);
    json_decref(vectors);
}

static void every_inclusion_vector_has_its_result(void **state)
{
    (void)state;
    check_proofs("merkle-inclusion.json", inclusion_accepted);
}

static void every_consistency_vector_has_its_result(void **state)
{
    (void)state;
    check_proofs("merkle-consistency.json", consistency_accepted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cctv_signatures_accepted_are_those_without_low_order_or_non_canonical_points),
        cmocka_unit_test(every_wycheproof_case_has_its_result),
        cmocka_unit_test(every_inclusion_vector_has_its_result),
        cmocka_unit_test(every_consistency_vector_has_its_result),
    };
    if (!is_ok(secret_start()))
        return 1;
    /* The whole program at once, since cmocka's own word for a skipped test is a failure to readers of TAP. */
    if (access(vectors_folder(), F_OK) != 0) {
        printf("1..0 # SKIP there is no folder %s\n", vectors_folder());
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
