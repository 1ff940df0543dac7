/* tlog-proofs: the published one, the strict form, and that nothing altered is accepted. */
#include "base/secret.h"
#include "core/tlog/proof.h"
#include "mutate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define DASH "\xe2\x80\x94 "

#define HEAD "c2sp.org/tlog-proof@v1\n"
#define HASH "yiM+eia4w1wsk/Ukx7kF56IQVkDW3MWUaUz/VtJu+yU=\n"
static const char log_key[] = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
#define PATH \
    HASH "nk9gCR+floFqznAPtqjjcnnV64dge2jQB95D5t164Hg=\n" \
         "zY1lN35vrXYAPixXSd59LsU29xUJtuW4o2dNNg5Y2Co=\n" \
         "5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks=\n"
#define CHECKPOINT \
    "example.com/log/testdata\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n\n" DASH "example.com/log/testdata " \
    "M9e0luh4jTG+UMBqOUo9/q+yAEvx1ilBEniMvjf1zfcBOhg+CKubMt53MvIt/uEWP6zdkdIQzd/fmwlM/dlPWF74ewI=\n"
static const char plain[] = HEAD "index 4\n" PATH "\n" CHECKPOINT;
static const char with_extra[] = HEAD "extra Zml2ZQ==\nindex 4\n" PATH "\n" CHECKPOINT;

static struct verifier_key log_verifier(void)
{
    struct verifier_key key = {0};
    assert_true(is_ok(verifier_key_read(slice_of(log_key), &key)));
    return key;
}

static struct tlog_proof proof_of(const char *text)
{
    struct tlog_proof proof = {0};
    assert_true(is_ok(tlog_proof_read(slice_of(text), &proof)));
    return proof;
}

static enum error_code verify_code(const struct tlog_proof *proof, const char *leaf)
{
    const struct verifier_key key = log_verifier();
    struct checkpoint checkpoint;
    return result_code(tlog_proof_verify(proof, slice_of(leaf), &key, &checkpoint));
}

static void the_published_proof_verifies(void **state)
{
    (void)state;
    const struct tlog_proof proof = proof_of(plain);
    const struct verifier_key key = log_verifier();
    struct checkpoint checkpoint;
    assert_int_equal(proof.index, 4);
    assert_int_equal(proof.path_length, 4);
    assert_false(proof.has_extra);
    assert_true(slice_is(proof.checkpoint, CHECKPOINT));
    assert_true(is_ok(tlog_proof_verify(&proof, slice_of("five"), &key, &checkpoint)));
    assert_string_equal(checkpoint.origin, "example.com/log/testdata");
    assert_int_equal(checkpoint.size, 15);
}

static void a_proof_is_written_as_it_was_read(void **state)
{
    (void)state;
    static const char *const texts[] = {plain, with_extra, HEAD "index 0\n\nx", HEAD "extra \nindex 0\n" HASH "\n\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct tlog_proof proof = proof_of(texts[i]);
        CLEANUP_BUFFER struct buffer out = buffer_make(PROOF_MAX);
        tlog_proof_write(&proof, &out);
        assert_string_equal(buffer_text(&out), texts[i]);
    }
}

static void the_extra_line_carries_bytes_up_to_the_largest_leaf(void **state)
{
    (void)state;
    const struct tlog_proof small = proof_of(with_extra);
    assert_true(small.has_extra);
    assert_true(slice_is(slice_make(small.extra, small.extra_size), "five"));
    static const uint8_t zeros[LEAF_MAX + 1];
    for (size_t size = LEAF_MAX; size <= LEAF_MAX + 1; size++) {
        CLEANUP_BUFFER struct buffer text = buffer_make(PROOF_MAX);
        buffer_append_text(&text, HEAD "extra ");
        buffer_append_base64(&text, zeros, size);
        buffer_append_text(&text, "\nindex 0\n\nx");
        struct tlog_proof proof;
        assert_int_equal(result_code(tlog_proof_read(buffer_slice(&text), &proof)),
                         size <= LEAF_MAX ? OK : ERR_TEXT_TOO_LONG);
    }
}

/* Sixteen of 5 kB, as post-quantum keys make them, one of which signed twice. */
static void a_proof_with_signatures_of_witnesses_verifies(void **state)
{
    (void)state;
    static const uint8_t signature[5000];
    CLEANUP_BUFFER struct buffer text = buffer_make(PROOF_MAX);
    buffer_append_text(&text, plain);
    for (unsigned i = 0; i < 16; i++) {
        buffer_printf(&text, DASH "witness%u.example ", i / 2);
        buffer_append_base64(&text, signature, sizeof signature);
        buffer_append_byte(&text, '\n');
    }
    assert_true(is_ok(buffer_status(&text)));
    struct tlog_proof proof;
    assert_true(is_ok(tlog_proof_read(buffer_slice(&text), &proof)));
    assert_int_equal(verify_code(&proof, "five"), OK);
    assert_int_equal(verify_code(&proof, "four"), ERR_PROOF_WRONG);
}

/* The leaf is what the extra line holds, as with leases. */
static bool proof_accepted(void *context, struct slice text)
{
    struct tlog_proof proof;
    struct checkpoint checkpoint;
    return is_ok(tlog_proof_read(text, &proof)) && proof.has_extra &&
           is_ok(tlog_proof_verify(&proof, slice_make(proof.extra, proof.extra_size), context, &checkpoint));
}

static void a_proof_with_a_flipped_bit_or_cut_short_is_refused(void **state)
{
    (void)state;
    struct verifier_key key = log_verifier();
    assert_true(proof_accepted(&key, slice_of(with_extra)));
    assert_int_equal(mutate_each_bit(slice_of(with_extra), proof_accepted, &key), 0);
    assert_int_equal(mutate_each_truncation(slice_of(with_extra), proof_accepted, &key), 0);
}

static void proofs_of_another_form_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum error_code code;
        unsigned line;
    } rows[] = {
        {"", ERR_PROOF_FORM, 1},
        {"c2sp.org/tlog-proof@v2\nindex 4\n\nx", ERR_PROOF_FORM, 1},
        {HEAD, ERR_PROOF_FORM, 2},
        {HEAD "\nx", ERR_PROOF_FORM, 2},
        {HEAD "index 04\n\nx", ERR_PROOF_FORM, 2},
        {HEAD "index -1\n\nx", ERR_PROOF_FORM, 2},
        {HEAD "index 9223372036854775808\n\nx", ERR_PROOF_FORM, 2},
        {HEAD "index  4\n\nx", ERR_PROOF_FORM, 2},
        {HEAD "Index 4\n\nx", ERR_PROOF_FORM, 2},
        {HEAD "index 4", ERR_PROOF_FORM, 2},
        {HEAD "extra Zml2ZQ==\n\nx", ERR_PROOF_FORM, 3},
        {HEAD "extra Zml2ZQ==\nextra Zml2ZQ==\nindex 4\n\nx", ERR_PROOF_FORM, 3},
        {HEAD "index 4\nextra Zml2ZQ==\n\nx", ERR_BASE64, 3},
        {HEAD "extra Zml2ZR==\nindex 4\n\nx", ERR_BASE64, 2}, /* spare bits */
        {HEAD "extra Zml2ZQ\nindex 4\n\nx", ERR_BASE64, 2},
        {HEAD "index 4\n" HASH "short\n\nx", ERR_BASE64, 4},
        {HEAD "index 4\nyiM+eia4w1wsk/Ukx7kF56IQVkDW3MWUaUz/VtJu+yV=\n\nx", ERR_BASE64, 3},
        {HEAD "index 4\n" HASH, ERR_PROOF_FORM, 4},
        {HEAD "index 4\n" HASH "\n", ERR_PROOF_FORM, 5}, /* no checkpoint */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tlog_proof proof;
        const struct result result = tlog_proof_read(slice_of(rows[i].text), &proof);
        if (result_code(result) != rows[i].code || result_place(result) != rows[i].line)
            fail_msg("row %zu: %d at %u", i, (int)result_code(result), result_place(result));
    }
}

static void a_path_longer_than_any_tree_is_high_is_refused(void **state)
{
    (void)state;
    for (size_t length = PROOF_PATH_MAX; length <= PROOF_PATH_MAX + 1; length++) {
        CLEANUP_BUFFER struct buffer text = buffer_make(PROOF_MAX);
        buffer_append_text(&text, HEAD "index 0\n");
        for (size_t i = 0; i < length; i++)
            buffer_append_text(&text, HASH);
        buffer_append_text(&text, "\nx");
        struct tlog_proof proof;
        assert_int_equal(result_code(tlog_proof_read(buffer_slice(&text), &proof)),
                         length <= PROOF_PATH_MAX ? OK : ERR_PROOF_FORM);
    }
}

static void a_proof_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer text = buffer_make(PROOF_MAX + 1);
    buffer_append_text(&text, HEAD "index 0\n\n");
    while (text.size < PROOF_MAX)
        buffer_append_byte(&text, 'x');
    struct tlog_proof proof;
    assert_true(is_ok(tlog_proof_read(buffer_slice(&text), &proof)));
    buffer_append_byte(&text, 'x');
    assert_int_equal(result_code(tlog_proof_read(buffer_slice(&text), &proof)), ERR_TEXT_TOO_LONG);
}

static void each_link_that_does_not_hold_has_its_own_name(void **state)
{
    (void)state;
    struct tlog_proof proof = proof_of(plain);
    assert_int_equal(verify_code(&proof, "five"), OK);
    assert_int_equal(verify_code(&proof, "four"), ERR_PROOF_WRONG);
    for (uint64_t index = 0; index < 20; index++) {
        proof.index = index;
        assert_int_equal(verify_code(&proof, "five"), index == 4 ? OK : ERR_PROOF_WRONG);
    }
    proof = proof_of(plain);
    proof.path_length--;
    assert_int_equal(verify_code(&proof, "five"), ERR_PROOF_WRONG);
    proof = proof_of(plain);
    proof.checkpoint = slice_of("example.com/log/testdata\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n\n" DASH
                                "example.com/log/other M9e0luh4\n");
    assert_int_equal(verify_code(&proof, "five"), ERR_CHECKPOINT_SIGNER);
    proof.checkpoint = slice_of("nonsense");
    assert_int_equal(verify_code(&proof, "five"), ERR_NOTE_FORM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_proof_verifies),
        cmocka_unit_test(a_proof_is_written_as_it_was_read),
        cmocka_unit_test(the_extra_line_carries_bytes_up_to_the_largest_leaf),
        cmocka_unit_test(a_proof_with_signatures_of_witnesses_verifies),
        cmocka_unit_test(a_proof_with_a_flipped_bit_or_cut_short_is_refused),
        cmocka_unit_test(proofs_of_another_form_are_refused_with_their_line),
        cmocka_unit_test(a_path_longer_than_any_tree_is_high_is_refused),
        cmocka_unit_test(a_proof_beyond_the_limit_is_refused),
        cmocka_unit_test(each_link_that_does_not_hold_has_its_own_name),
    };
    if (!is_ok(secret_start()))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
