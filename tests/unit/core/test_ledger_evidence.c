/* Evidence against a host: read and written as the same bytes, refused in every other form, and what it finds. */
#include "base/secret.h"
#include "core/tlog/evidence.h"
#include "core/tlog/merkle.h"
#include "mutate.h"
#include "samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define KEY_NAME "kms.uni.example/acme.example"

enum { TREES_MAX = 8 };

/* A ledger of up to eight leaves; `salt` makes another one. */
struct tree {
    struct hash leaves[TREES_MAX];
    size_t count;
};

static RESULT read_tile(void *context, unsigned level, uint64_t first, size_t count, struct hash *ret_hashes)
{
    const struct tree *tree = context;
    ENSURE(level == 0 && first + count <= tree->count, INTERNAL);
    memcpy(ret_hashes, tree->leaves + first, count * sizeof *ret_hashes);
    return RESULT_OK;
}

static struct tree tree_of(size_t count, uint8_t salt)
{
    struct tree tree = {.count = count};
    for (size_t i = 0; i < count; i++) {
        const uint8_t leaf[] = {salt, (uint8_t)i};
        tree.leaves[i] = merkle_leaf(slice_make(leaf, sizeof leaf));
    }
    return tree;
}

static struct checkpoint checkpoint_of(struct tree tree, uint64_t epoch)
{
    const struct tile_source tiles = {.read = read_tile, .context = &tree};
    struct checkpoint checkpoint = {.size = tree.count};
    struct frontier frontier;
    assert_true(is_ok(frontier_load(&tiles, tree.count, &frontier)));
    checkpoint.root = frontier_root(&frontier);
    assert_true(is_ok(origin_write(KEY_NAME, epoch, checkpoint.origin)));
    return checkpoint;
}

static struct buffer signed_by(uint8_t seed, const struct checkpoint *checkpoint)
{
    struct buffer note = buffer_make(CHECKPOINT_NOTE_MAX);
    struct signing_key *key = sample_key(KEY_NAME, seed);
    assert_true(is_ok(checkpoint_sign(checkpoint, key, &note)));
    signing_key_free(key);
    return note;
}

static struct verifier_key host_key(void)
{
    struct verifier_key key;
    assert_true(is_ok(verifier_key_read(slice_of(SAMPLE_HOST_KEY), &key)));
    return key;
}

/* Evidence whose notes are these; free both with it. */
static struct ledger_evidence make(const struct buffer *kept, const struct buffer *shown, enum evidence_finding finding)
{
    return (struct ledger_evidence){
        .time = sample_time("2026-11-22T09:00:00Z"),
        .asked = slice_of("kms.uni.example:8216"),
        .host_key = host_key(),
        .finding = finding,
        .kept = buffer_slice(kept),
        .shown = buffer_slice(shown),
        .request = slice_of(SAMPLE_REQUEST),
    };
}

static void write_sample(struct buffer *out)
{
    const struct checkpoint first = checkpoint_of(tree_of(3, 1), 1);
    const struct checkpoint second = checkpoint_of(tree_of(5, 2), 1);
    struct buffer kept = signed_by(HOST_SEED, &first);
    struct buffer shown = signed_by(HOST_SEED, &second);
    struct ledger_evidence evidence = make(&kept, &shown, EVIDENCE_WRONG_PROOF);
    evidence.consistency_length = 2;
    evidence.consistency[0] = first.root;
    evidence.consistency[1] = second.root;
    assert_true(is_ok(evidence_write(&evidence, out)));
    buffer_free(&kept);
    buffer_free(&shown);
}

static void what_is_written_is_read_and_written_again_as_the_same_bytes(void **state)
{
    (void)state;
    struct buffer text = buffer_make(EVIDENCE_TEXT_MAX);
    struct buffer again = buffer_make(EVIDENCE_TEXT_MAX);
    struct ledger_evidence evidence;
    struct checkpoint kept;
    struct checkpoint shown;
    size_t size = 0;
    write_sample(&text);
    assert_true(is_ok(evidence_read(buffer_slice(&text), &evidence, &size)));
    assert_int_equal(size, text.size);
    assert_true(is_ok(evidence_check(&evidence, &kept, &shown)));
    assert_int_equal(kept.size, 3);
    assert_int_equal(shown.size, 5);
    assert_true(is_ok(evidence_write(&evidence, &again)));
    assert_true(slice_equal(buffer_slice(&text), buffer_slice(&again)));
    buffer_free(&text);
    buffer_free(&again);
}

static void pieces_may_follow_each_other(void **state)
{
    (void)state;
    struct buffer text = buffer_make((size_t)2 * EVIDENCE_TEXT_MAX);
    struct ledger_evidence evidence;
    size_t first = 0;
    size_t second = 0;
    write_sample(&text);
    write_sample(&text);
    assert_true(is_ok(evidence_read(buffer_slice(&text), &evidence, &first)));
    assert_int_equal(first, text.size / 2);
    assert_true(is_ok(evidence_read(slice_make(text.data + first, text.size - first), &evidence, &second)));
    assert_int_equal(first + second, text.size);
    buffer_free(&text);
}

/* Accepted is a mutant that reads, holds and is not what it was made from in a signed part. */
static bool holds(void *context, struct slice mutant)
{
    struct ledger_evidence evidence;
    struct checkpoint kept;
    struct checkpoint shown;
    size_t size = 0;
    (void)context;
    return is_ok(evidence_read(mutant, &evidence, &size)) && size == mutant.size &&
           is_ok(evidence_check(&evidence, &kept, &shown));
}

static void no_truncation_is_accepted(void **state)
{
    (void)state;
    struct buffer text = buffer_make(EVIDENCE_TEXT_MAX);
    write_sample(&text);
    assert_int_equal(mutate_each_truncation(buffer_slice(&text), holds, NULL), 0);
    buffer_free(&text);
}

/* Time, address, proof and request are not signed: for those, that each mutant is another text is all there is. */
static void no_flipped_bit_in_what_is_signed_is_accepted(void **state)
{
    (void)state;
    struct buffer text = buffer_make(EVIDENCE_TEXT_MAX);
    struct ledger_evidence evidence;
    size_t size = 0;
    write_sample(&text);
    assert_true(is_ok(evidence_read(buffer_slice(&text), &evidence, &size)));
    const size_t from = (size_t)(evidence.kept.data - text.data);
    const size_t to = (size_t)(evidence.shown.data - text.data) + evidence.shown.size;
    for (size_t at = from; at < to; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            text.data[at] ^= (uint8_t)(1u << bit);
            if (holds(NULL, buffer_slice(&text)))
                fail_msg("bit %u of byte %zu", bit, at);
            text.data[at] ^= (uint8_t)(1u << bit);
        }
    }
    buffer_free(&text);
}

static bool reads_as_another(void *context, struct slice mutant)
{
    struct ledger_evidence evidence;
    struct buffer again = buffer_make(EVIDENCE_TEXT_MAX);
    size_t size = 0;
    (void)context;
    const bool differs = is_ok(evidence_read(mutant, &evidence, &size)) && size == mutant.size &&
                         (!is_ok(evidence_write(&evidence, &again)) || !slice_equal(buffer_slice(&again), mutant));
    buffer_free(&again);
    return differs;
}

static void what_is_read_of_any_flipped_bit_has_that_one_spelling(void **state)
{
    (void)state;
    struct buffer text = buffer_make(EVIDENCE_TEXT_MAX);
    write_sample(&text);
    assert_int_equal(mutate_each_bit(buffer_slice(&text), reads_as_another, NULL), 0);
    buffer_free(&text);
}

static void texts_of_another_form_are_refused_with_their_line(void **state)
{
    (void)state;
#define HEAD "aval ledger-evidence v1\ntime 2026-11-22T09:00:00Z\nasked a:1\nhost-key " SAMPLE_HOST_KEY "\n"
    static const struct {
        const char *text;
        enum error_code code;
        unsigned line;
    } rows[] = {
        {"", ERR_TEXT_EMPTY, 0},
        {"aval evidence v1\n", ERR_DOCUMENT_TYPE, 1},
        {"aval ledger-evidence v2\n", ERR_DOCUMENT_VERSION, 1},
        {"aval ledger-evidence v1\nasked a:1\n", ERR_DOCUMENT_MISSING_KEY, 2},
        {"aval ledger-evidence v1\ntime yesterday\n", ERR_DOCUMENT_VALUE, 2},
        {"aval ledger-evidence v1\ntime 2026-11-22T09:00:00Z\nasked a b\n", ERR_DOCUMENT_VALUE, 3},
        {"aval ledger-evidence v1\ntime 2026-11-22T09:00:00Z\nasked  a\n", ERR_DOCUMENT_VALUE, 3},
        {"aval ledger-evidence v1\ntime 2026-11-22T09:00:00Z\nasked \n", ERR_DOCUMENT_VALUE, 3},
        {"aval ledger-evidence v1\ntime 2026-11-22T09:00:00Z\nasked a\x7f\n", ERR_DOCUMENT_VALUE, 3},
        {HEAD "finding nothing\n", ERR_DOCUMENT_VALUE, 5},
        {HEAD "finding smaller\nconsistency AAAA\n", ERR_BASE64, 6},
        {HEAD "finding smaller\nkept 0\n", ERR_DOCUMENT_VALUE, 6},
        {HEAD "finding smaller\n\nkept 132097\n", ERR_DOCUMENT_VALUE, 7},
        {HEAD "finding smaller\n\nkept 4\nab\n", ERR_TEXT_TRUNCATED, 8},
        {HEAD "finding smaller\n\nkept 3\nab\nrequest 0\n", ERR_DOCUMENT_MISSING_KEY, 9},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ledger_evidence evidence;
        size_t size = 0;
        const struct result outcome = evidence_read(slice_of(rows[i].text), &evidence, &size);
        if (result_code(outcome) != rows[i].code || result_place(outcome) != rows[i].line)
            fail_msg("row %zu: %s, line %u", i, error_info(result_code(outcome))->name, result_place(outcome));
    }
}

static void more_hashes_than_any_proof_has_are_refused(void **state)
{
    (void)state;
    struct buffer text = buffer_make(EVIDENCE_TEXT_MAX);
    struct ledger_evidence evidence;
    size_t size = 0;
    buffer_append_text(&text, HEAD "finding smaller\n");
    for (int i = 0; i <= CONSISTENCY_PATH_MAX; i++)
        buffer_append_text(&text, "consistency " SAMPLE_ROOT "\n");
    const struct result outcome = evidence_read(buffer_slice(&text), &evidence, &size);
    assert_int_equal(result_code(outcome), ERR_DOCUMENT_LIMIT);
    assert_int_equal(result_place(outcome), 6 + CONSISTENCY_PATH_MAX);
    buffer_free(&text);
}

/* Each part up to its limit, and one of them beyond it. */
static void a_writer_takes_what_its_reader_takes_and_no_more(void **state)
{
    (void)state;
    static char long_text[CHECKPOINT_NOTE_MAX + 1];
    memset(long_text, 'x', sizeof long_text);
    const struct buffer nothing = {0};
    const struct {
        size_t asked;
        size_t kept;
        size_t shown;
        size_t request;
        size_t consistency;
        enum error_code code;
    } rows[] = {
        {1, 0, 0, 0, 0, OK},
        {EVIDENCE_ADDRESS_MAX, CHECKPOINT_NOTE_MAX, CHECKPOINT_NOTE_MAX, REQUEST_MAX, CONSISTENCY_PATH_MAX, OK},
        {0, 0, 0, 0, 0, ERR_DOCUMENT_VALUE},
        {EVIDENCE_ADDRESS_MAX + 1, 0, 0, 0, 0, ERR_DOCUMENT_VALUE},
        {1, CHECKPOINT_NOTE_MAX + 1, 0, 0, 0, ERR_TEXT_TOO_LONG},
        {1, 0, CHECKPOINT_NOTE_MAX + 1, 0, 0, ERR_TEXT_TOO_LONG},
        {1, 0, 0, REQUEST_MAX + 1, 0, ERR_TEXT_TOO_LONG},
        {1, 0, 0, 0, CONSISTENCY_PATH_MAX + 1, ERR_TEXT_TOO_LONG},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer out = buffer_make(EVIDENCE_TEXT_MAX);
        struct ledger_evidence evidence = make(&nothing, &nothing, EVIDENCE_SMALLER);
        evidence.asked = slice_make(long_text, rows[i].asked);
        evidence.kept = slice_make(long_text, rows[i].kept);
        evidence.shown = slice_make(long_text, rows[i].shown);
        evidence.request = slice_make(long_text, rows[i].request);
        evidence.consistency_length = rows[i].consistency;
        const struct result outcome = evidence_write(&evidence, &out);
        assert_int_equal(result_code(outcome), rows[i].code);
        if (is_ok(outcome)) {
            struct ledger_evidence read;
            size_t size = 0;
            assert_true(is_ok(evidence_read(buffer_slice(&out), &read, &size)));
            assert_int_equal(size, out.size);
            assert_int_equal(read.consistency_length, rows[i].consistency);
        } else {
            assert_int_equal(out.size, 0);
        }
        buffer_free(&out);
    }
}

/* What is kept, what is shown, and what that is called; OK: it extends. */
static const struct {
    size_t kept;
    uint64_t kept_epoch;
    size_t shown;
    uint64_t shown_epoch;
    uint8_t shown_salt; /* 1: of the same ledger */
    size_t hashes;      /* of a proof that is wrong; SIZE_MAX: the right one */
    bool refused;
    enum evidence_finding finding;
} comparisons[] = {
    {3, 1, 3, 1, 1, 0, false, 0},
    {3, 1, 5, 1, 1, SIZE_MAX, false, 0},
    {3, 1, 3, 1, 2, 0, true, EVIDENCE_TWO_TREES},
    {3, 1, 3, 1, 1, 1, true, EVIDENCE_WRONG_PROOF},
    {3, 1, 2, 1, 1, 0, true, EVIDENCE_SMALLER},
    {3, 1, 2, 1, 1, 2, true, EVIDENCE_SMALLER},
    {3, 1, 5, 1, 1, 0, true, EVIDENCE_NO_PROOF},
    {3, 1, 5, 1, 1, 2, true, EVIDENCE_WRONG_PROOF},
    {3, 1, 5, 1, 2, SIZE_MAX, true, EVIDENCE_WRONG_PROOF},
    {3, 1, 1, 2, 2, 0, false, 0}, /* begun again, openly */
    {0, 1, 0, 1, 1, 0, false, 0}, /* what an empty ledger becomes, needs no proof */
    {0, 1, 5, 1, 1, 0, false, 0},
    {0, 1, 5, 1, 1, 2, false, 0},
    {3, 1, 0, 1, 1, 0, true, EVIDENCE_SMALLER},
    {0, 2, 5, 1, 1, 0, true, EVIDENCE_EARLIER_EPOCH},
    {3, 2, 5, 1, 2, 0, true, EVIDENCE_EARLIER_EPOCH},
    {3, 2, 3, 1, 1, 0, true, EVIDENCE_EARLIER_EPOCH},
};

static void each_way_of_not_extending_a_ledger_has_its_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++) {
        struct tree before = tree_of(comparisons[i].kept, 1);
        struct tree after = tree_of(comparisons[i].shown, comparisons[i].shown_salt);
        const struct checkpoint kept = checkpoint_of(before, comparisons[i].kept_epoch);
        const struct checkpoint shown = checkpoint_of(after, comparisons[i].shown_epoch);
        const struct verifier_key key = host_key();
        const struct tile_source tiles = {.read = read_tile, .context = &after};
        struct hash path[CONSISTENCY_PATH_MAX] = {0};
        size_t length = comparisons[i].hashes;
        enum evidence_finding finding = comparisons[i].finding;
        if (length == SIZE_MAX)
            assert_true(is_ok(consistency_prove(&tiles, kept.size, shown.size, path, &length)));
        const struct result outcome = evidence_compare(&kept, &shown, &key, path, length, &finding);
        if (result_code(outcome) != (comparisons[i].refused ? ERR_CONSISTENCY_WRONG : OK) ||
            finding != comparisons[i].finding)
            fail_msg("row %zu: %s, %s", i, error_info(result_code(outcome))->name, evidence_finding_name(finding));
    }
}

static void two_empty_trees_with_different_roots_contradict_each_other(void **state)
{
    (void)state;
    const struct checkpoint empty = {.origin = "kms.uni.example/acme.example"};
    struct checkpoint other = empty;
    other.root.bytes[0] = 1;
    const struct verifier_key key = host_key();
    enum evidence_finding finding = EVIDENCE_SMALLER;
    assert_int_equal(evidence_compare(&empty, &empty, &key, NULL, 0, &finding).bits, 0);
    assert_int_equal(result_code(evidence_compare(&empty, &other, &key, NULL, 0, &finding)), ERR_CONSISTENCY_WRONG);
    assert_int_equal(finding, EVIDENCE_TWO_TREES);
}

static void two_checkpoints_that_agree_are_no_evidence(void **state)
{
    (void)state;
    const struct checkpoint checkpoint = checkpoint_of(tree_of(3, 1), 1);
    struct buffer note = signed_by(HOST_SEED, &checkpoint);
    struct checkpoint kept;
    struct checkpoint shown;
    for (int finding = EVIDENCE_TWO_TREES; finding <= EVIDENCE_WRONG_PROOF; finding++) {
        const struct ledger_evidence evidence = make(&note, &note, (enum evidence_finding)finding);
        assert_int_equal(result_code(evidence_check(&evidence, &kept, &shown)), ERR_DOCUMENT_VALUE);
    }
    buffer_free(&note);
}

/* Whoever wants to accuse a host must have had its key sign both. */
static void evidence_made_up_without_the_host_s_key_does_not_hold(void **state)
{
    (void)state;
    const struct checkpoint first = checkpoint_of(tree_of(3, 1), 1);
    const struct checkpoint second = checkpoint_of(tree_of(3, 2), 1);
    struct buffer genuine = signed_by(HOST_SEED, &first);
    struct buffer genuine_too = signed_by(HOST_SEED, &second);
    struct buffer forged = signed_by(OTHER_HOST_SEED, &second);
    struct checkpoint kept;
    struct checkpoint shown;
    struct ledger_evidence evidence = make(&genuine, &forged, EVIDENCE_TWO_TREES);
    assert_int_equal(result_code(evidence_check(&evidence, &kept, &shown)), ERR_CHECKPOINT_SIGNER);
    evidence = make(&forged, &genuine, EVIDENCE_TWO_TREES);
    assert_int_equal(result_code(evidence_check(&evidence, &kept, &shown)), ERR_CHECKPOINT_SIGNER);
    evidence = make(&genuine, &genuine_too, EVIDENCE_TWO_TREES);
    assert_true(is_ok(evidence_check(&evidence, &kept, &shown)));
    evidence.finding = EVIDENCE_SMALLER;
    assert_int_equal(result_code(evidence_check(&evidence, &kept, &shown)), ERR_DOCUMENT_VALUE);
    buffer_free(&genuine);
    buffer_free(&genuine_too);
    buffer_free(&forged);
}

static void only_two_trees_of_one_size_are_called_proved(void **state)
{
    (void)state;
    for (int finding = EVIDENCE_TWO_TREES; finding <= EVIDENCE_WRONG_PROOF; finding++) {
        const char *opening = finding == EVIDENCE_TWO_TREES ? "Proved: " : "Not proved ";
        assert_memory_equal(evidence_meaning((enum evidence_finding)finding), opening, strlen(opening));
    }
}

static int start(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_and_written_again_as_the_same_bytes),
        cmocka_unit_test(pieces_may_follow_each_other),
        cmocka_unit_test(no_truncation_is_accepted),
        cmocka_unit_test(no_flipped_bit_in_what_is_signed_is_accepted),
        cmocka_unit_test(what_is_read_of_any_flipped_bit_has_that_one_spelling),
        cmocka_unit_test(texts_of_another_form_are_refused_with_their_line),
        cmocka_unit_test(more_hashes_than_any_proof_has_are_refused),
        cmocka_unit_test(a_writer_takes_what_its_reader_takes_and_no_more),
        cmocka_unit_test(each_way_of_not_extending_a_ledger_has_its_name),
        cmocka_unit_test(two_empty_trees_with_different_roots_contradict_each_other),
        cmocka_unit_test(two_checkpoints_that_agree_are_no_evidence),
        cmocka_unit_test(evidence_made_up_without_the_host_s_key_does_not_hold),
        cmocka_unit_test(only_two_trees_of_one_size_are_called_proved),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
