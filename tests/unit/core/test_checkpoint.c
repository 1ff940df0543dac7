/* Checkpoints: the published ones, the strict form, and that nothing altered is accepted. */
#include "base/secret.h"
#include "core/tlog/checkpoint.h"
#include "mutate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define DASH "\xe2\x80\x94 "

static const char sumdb_key[] = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
#define SUMDB_TEXT "go.sum database tree\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
static const char sumdb_note[] =
    SUMDB_TEXT "\n" DASH "sum.golang.org "
               "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

static struct signing_key *make_signer(void)
{
    const uint8_t seed[SEED_SIZE] = {3};
    struct signing_key *key = NULL;
    assert_true(is_ok(signing_key_make(slice_of("kms.uni.example/acme.example"), seed, &key)));
    return key;
}

static struct checkpoint make_checkpoint(void)
{
    struct checkpoint checkpoint = {.origin = "kms.uni.example/acme.example", .size = 12345};
    checkpoint.root = hash_of(slice_of("root"));
    return checkpoint;
}

static void the_checkpoint_of_the_go_checksum_database_is_read_and_written_back(void **state)
{
    (void)state;
    struct verifier_key key;
    assert_true(is_ok(verifier_key_read(slice_of(sumdb_key), &key)));
    struct slice text;
    assert_true(is_ok(note_open(slice_of(sumdb_note), &key, 1, &text, NULL)));
    struct checkpoint checkpoint;
    assert_true(is_ok(checkpoint_read(text, &checkpoint)));
    assert_string_equal(checkpoint.origin, "go.sum database tree");
    assert_int_equal(checkpoint.size, 20852163);
    CLEANUP_BUFFER struct buffer out = buffer_make(1024);
    checkpoint_write(&checkpoint, &out);
    assert_string_equal(buffer_text(&out), SUMDB_TEXT);
}

static void the_cosigned_checkpoint_has_a_form_and_no_known_signer(void **state)
{
    (void)state;
    static const char text[] = "arche2025h1.staging.ct.transparency.dev\n1432088532\n"
                               "U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n";
    static const char signature[] =
        "\n" DASH "remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/"
        "zZ0WBxtqB0DrAWfBw==\n";
    CLEANUP_BUFFER struct buffer whole = buffer_make(1024);
    buffer_append_text(&whole, text);
    buffer_append_text(&whole, signature);
    struct note note;
    assert_true(is_ok(note_read(buffer_slice(&whole), &note)));
    assert_true(note.signatures[0].key_id == 0xda77ade7u);
    struct checkpoint checkpoint;
    assert_true(is_ok(checkpoint_read(note.text, &checkpoint)));
    CLEANUP_SIGNING_KEY struct signing_key *key = make_signer();
    assert_int_equal(result_code(checkpoint_open(buffer_slice(&whole), signing_key_verifier(key), &checkpoint)),
                     ERR_CHECKPOINT_SIGNER);
}

static void a_signed_checkpoint_opens_with_what_was_written(void **state)
{
    (void)state;
    CLEANUP_SIGNING_KEY struct signing_key *key = make_signer();
    static const uint64_t sizes[] = {0, 1, 10, INT64_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct checkpoint checkpoint = make_checkpoint();
        checkpoint.size = sizes[i];
        CLEANUP_BUFFER struct buffer out = buffer_make(1024);
        assert_true(is_ok(checkpoint_sign(&checkpoint, key, &out)));
        struct checkpoint opened;
        assert_true(is_ok(checkpoint_open(buffer_slice(&out), signing_key_verifier(key), &opened)));
        assert_string_equal(opened.origin, checkpoint.origin);
        assert_true(opened.size == sizes[i]);
        assert_true(hash_equal(&opened.root, &checkpoint.root));
    }
}

static bool checkpoint_accepted(void *context, struct slice note)
{
    struct checkpoint checkpoint;
    return is_ok(checkpoint_open(note, context, &checkpoint));
}

static void a_checkpoint_with_a_flipped_bit_or_cut_short_is_refused(void **state)
{
    (void)state;
    CLEANUP_SIGNING_KEY struct signing_key *key = make_signer();
    const struct checkpoint checkpoint = make_checkpoint();
    CLEANUP_BUFFER struct buffer out = buffer_make(1024);
    assert_true(is_ok(checkpoint_sign(&checkpoint, key, &out)));
    struct verifier_key verifier = *signing_key_verifier(key);
    assert_true(checkpoint_accepted(&verifier, buffer_slice(&out)));
    assert_int_equal(mutate_each_bit(buffer_slice(&out), checkpoint_accepted, &verifier), 0);
    assert_int_equal(mutate_each_truncation(buffer_slice(&out), checkpoint_accepted, &verifier), 0);
}

static void texts_of_another_form_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned line;
    } rows[] = {
        {"", 1},
        {"origin\n", 2},
        {"origin\n1\n", 3},
        {"\n1\n" ROOT, 1},
        {"ori\tgin\n1\n" ROOT, 1},
        {"\xff\n1\n" ROOT, 1},
        {"origin\n\n" ROOT, 2},
        {"origin\n01\n" ROOT, 2},
        {"origin\n+1\n" ROOT, 2},
        {"origin\n1 \n" ROOT, 2},
        {"origin\n0x1\n" ROOT, 2},
        {"origin\n9223372036854775808\n" ROOT, 2},
        {"origin\n99999999999999999999\n" ROOT, 2},
        {"origin\n1\n\n", 3},
        {"origin\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n", 3}, /* spare bits */
        {"origin\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n", 3},
        {"origin\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n", 3},
        {"origin\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=", 3}, /* no newline */
        {"origin\n1\n" ROOT "extension\n", 4},
        {"origin\n1\n" ROOT "\n", 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct checkpoint checkpoint;
        const struct result result = checkpoint_read(slice_of(rows[i].text), &checkpoint);
        if (result_code(result) != ERR_CHECKPOINT_FORM || result_place(result) != rows[i].line)
            fail_msg("row %zu: %d at %u", i, (int)result_code(result), result_place(result));
    }
}

static void the_shortest_origin_is_one_byte(void **state)
{
    (void)state;
    struct checkpoint checkpoint;
    assert_true(is_ok(checkpoint_read(slice_of("o\n1\n" ROOT), &checkpoint)));
    assert_string_equal(checkpoint.origin, "o");
    assert_int_equal(result_place(checkpoint_read(slice_of("\to\n1\n" ROOT), &checkpoint)), 1);
}

static void an_origin_that_no_key_can_have_is_too_long(void **state)
{
    (void)state;
    for (size_t length = KEY_NAME_SIZE - 1; length <= KEY_NAME_SIZE; length++) {
        CLEANUP_BUFFER struct buffer text = buffer_make(1024);
        for (size_t i = 0; i < length; i++)
            buffer_append_byte(&text, 'o');
        buffer_append_text(&text, "\n1\n" ROOT);
        struct checkpoint checkpoint;
        assert_int_equal(result_code(checkpoint_read(buffer_slice(&text), &checkpoint)),
                         length < KEY_NAME_SIZE ? OK : ERR_CHECKPOINT_FORM);
    }
}

static void a_checkpoint_by_another_key_or_of_another_ledger_is_refused(void **state)
{
    (void)state;
    CLEANUP_SIGNING_KEY struct signing_key *key = make_signer();
    const uint8_t seed[SEED_SIZE] = {4};
    CLEANUP_SIGNING_KEY struct signing_key *impostor = NULL;
    assert_true(is_ok(signing_key_make(slice_of("kms.uni.example/acme.example"), seed, &impostor)));
    const struct checkpoint checkpoint = make_checkpoint();
    struct checkpoint opened;
    CLEANUP_BUFFER struct buffer out = buffer_make(1024);
    assert_true(is_ok(checkpoint_sign(&checkpoint, impostor, &out)));
    assert_int_equal(result_code(checkpoint_open(buffer_slice(&out), signing_key_verifier(key), &opened)),
                     ERR_CHECKPOINT_SIGNER);
    /* well signed by the right key, and of a ledger that is not the key's */
    buffer_clear(&out);
    const struct signing_key *const signers[] = {key};
    assert_true(is_ok(note_sign(slice_of("other.example\n1\n" ROOT), signers, 1, &out)));
    assert_int_equal(result_code(checkpoint_open(buffer_slice(&out), signing_key_verifier(key), &opened)),
                     ERR_CHECKPOINT_ORIGIN);
    /* one of its signatures wrong */
    buffer_clear(&out);
    assert_true(is_ok(checkpoint_sign(&checkpoint, key, &out)));
    out.data[strlen(checkpoint.origin) + 1] ^= 1;
    assert_int_equal(result_code(checkpoint_open(buffer_slice(&out), signing_key_verifier(key), &opened)),
                     ERR_CHECKPOINT_SIGNER);
}

static void an_epoch_has_one_origin_and_everything_else_is_another_ledger(void **state)
{
    (void)state;
    static const struct {
        const char *origin;
        uint64_t epoch; /* 0: refused */
    } rows[] = {
        {"kms.uni.example/acme.example", 1},
        {"kms.uni.example/acme.example/epoch-2", 2},
        {"kms.uni.example/acme.example/epoch-17", 17},
        {"kms.uni.example/acme.example/epoch-9223372036854775807", INT64_MAX},
        {"kms.uni.example/acme.example/epoch-1", 0},
        {"kms.uni.example/acme.example/epoch-0", 0},
        {"kms.uni.example/acme.example/epoch-02", 0},
        {"kms.uni.example/acme.example/epoch-9223372036854775808", 0},
        {"kms.uni.example/acme.example/epoch-", 0},
        {"kms.uni.example/acme.example/epoch-2/epoch-3", 0},
        {"kms.uni.example/acme.example/Epoch-2", 0},
        {"kms.uni.example/acme.example/", 0},
        {"kms.uni.example/acme.example2", 0},
        {"kms.uni.example/acme.exampl", 0},
        {"kms.uni.example/other.example/epoch-2", 0},
        {"", 0},
    };
    static const char key[] = "kms.uni.example/acme.example";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t epoch = 0;
        const struct result read = origin_epoch(rows[i].origin, key, &epoch);
        assert_int_equal(result_code(read), rows[i].epoch == 0 ? ERR_CHECKPOINT_ORIGIN : OK);
        assert_int_equal(epoch, rows[i].epoch);
        char origin[KEY_NAME_SIZE];
        if (epoch == 0)
            continue;
        assert_true(is_ok(origin_write(key, epoch, origin)));
        assert_string_equal(origin, rows[i].origin);
    }
    char origin[KEY_NAME_SIZE];
    assert_int_equal(result_code(origin_write(key, 0, origin)), ERR_CHECKPOINT_ORIGIN);
    assert_int_equal(result_code(origin_write(key, EPOCH_LAST + 1, origin)), ERR_CHECKPOINT_ORIGIN);
}

static void an_origin_tells_by_itself_whether_it_begins_again(void **state)
{
    (void)state;
    assert_false(origin_begins_again("kms.uni.example/acme.example"));
    assert_false(origin_begins_again("kms.uni.example"));
    assert_false(origin_begins_again("epoch-2/acme.example"));
    assert_false(origin_begins_again("kms.uni.example/acme.example/other"));
    assert_true(origin_begins_again("kms.uni.example/acme.example/epoch-2"));
}

static void a_later_epoch_is_signed_and_opened_by_the_same_key(void **state)
{
    (void)state;
    CLEANUP_SIGNING_KEY struct signing_key *key = make_signer();
    CLEANUP_BUFFER struct buffer out = buffer_make(1024);
    struct checkpoint checkpoint = make_checkpoint();
    assert_true(is_ok(origin_write(signing_key_verifier(key)->name, 3, checkpoint.origin)));
    assert_true(is_ok(checkpoint_sign(&checkpoint, key, &out)));
    struct checkpoint opened;
    assert_true(is_ok(checkpoint_open(buffer_slice(&out), signing_key_verifier(key), &opened)));
    assert_string_equal(opened.origin, checkpoint.origin);
}

static void a_checkpoint_of_another_ledger_or_that_could_not_be_read_back_is_not_signed(void **state)
{
    (void)state;
    CLEANUP_SIGNING_KEY struct signing_key *key = make_signer();
    CLEANUP_BUFFER struct buffer out = buffer_make(1024);
    struct checkpoint checkpoint = make_checkpoint();
    checkpoint.origin[0] = 'K';
    assert_int_equal(result_code(checkpoint_sign(&checkpoint, key, &out)), ERR_CHECKPOINT_ORIGIN);
    checkpoint = make_checkpoint();
    checkpoint.size = (uint64_t)INT64_MAX + 1;
    assert_int_equal(result_code(checkpoint_sign(&checkpoint, key, &out)), ERR_CHECKPOINT_FORM);
    assert_int_equal(out.size, 0);
    checkpoint.size = INT64_MAX;
    assert_true(is_ok(checkpoint_sign(&checkpoint, key, &out)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_checkpoint_of_the_go_checksum_database_is_read_and_written_back),
        cmocka_unit_test(the_cosigned_checkpoint_has_a_form_and_no_known_signer),
        cmocka_unit_test(a_signed_checkpoint_opens_with_what_was_written),
        cmocka_unit_test(a_checkpoint_with_a_flipped_bit_or_cut_short_is_refused),
        cmocka_unit_test(texts_of_another_form_are_refused_with_their_line),
        cmocka_unit_test(the_shortest_origin_is_one_byte),
        cmocka_unit_test(an_origin_that_no_key_can_have_is_too_long),
        cmocka_unit_test(a_checkpoint_by_another_key_or_of_another_ledger_is_refused),
        cmocka_unit_test(an_epoch_has_one_origin_and_everything_else_is_another_ledger),
        cmocka_unit_test(an_origin_tells_by_itself_whether_it_begins_again),
        cmocka_unit_test(a_later_epoch_is_signed_and_opened_by_the_same_key),
        cmocka_unit_test(a_checkpoint_of_another_ledger_or_that_could_not_be_read_back_is_not_signed),
    };
    if (!is_ok(secret_start()))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
