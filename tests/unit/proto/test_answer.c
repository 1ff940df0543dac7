/* The body of a granted activation: one spelling, and every mutant of its own lines refused or read as what it is. */
#include "proto/answer.h"

#include "mutate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PROOF "c2sp.org/tlog-proof@v1\nindex 0\n\nthe proof is not looked into\n"

static void sample(struct buffer *out, size_t consistency)
{
    struct answer answer = {.revocations = 7, .consistency_length = consistency, .proof = slice_of(PROOF)};
    for (size_t i = 0; i < consistency; i++)
        memset(answer.consistency[i].bytes, (int)i, HASH_SIZE);
    answer_write(&answer, out);
    assert_true(is_ok(buffer_status(out)));
}

static bool read_as_another_text(void *context, struct slice mutant)
{
    (void)context;
    struct answer answer;
    struct buffer again = buffer_make(ANSWER_MAX);
    bool differs = false;
    if (is_ok(answer_read(mutant, &answer))) {
        answer_write(&answer, &again);
        differs = !slice_equal(mutant, buffer_slice(&again));
    }
    buffer_free(&again);
    return differs;
}

static void an_answer_is_read_as_it_was_written(void **state)
{
    (void)state;
    for (size_t count = 0; count <= CONSISTENCY_PATH_MAX; count += 16) {
        struct buffer text = buffer_make(ANSWER_MAX);
        struct answer answer;
        sample(&text, count);
        assert_true(is_ok(answer_read(buffer_slice(&text), &answer)));
        assert_int_equal(answer.revocations, 7);
        assert_int_equal(answer.consistency_length, count);
        assert_true(slice_is(answer.proof, PROOF));
        buffer_free(&text);
    }
}

static void no_answer_has_two_spellings(void **state)
{
    (void)state;
    struct buffer text = buffer_make(ANSWER_MAX);
    sample(&text, 2);
    assert_int_equal(mutate_each_bit(buffer_slice(&text), read_as_another_text, NULL), 0);
    assert_int_equal(mutate_each_truncation(buffer_slice(&text), read_as_another_text, NULL), 0);
    buffer_free(&text);
}

static void what_is_no_answer_is_refused_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum error_code code;
        unsigned line;
    } rows[] = {
        {"", ERR_TEXT_EMPTY, 0},
        {"<html>\n", ERR_DOCUMENT_TYPE, 1},
        {"aval answer v2\nrevocations 0\n\n" PROOF, ERR_DOCUMENT_VERSION, 1},
        {"aval answer v1\nconsistency x\n\n" PROOF, ERR_DOCUMENT_MISSING_KEY, 2},
        {"aval answer v1\nrevocations 07\n\n" PROOF, ERR_DOCUMENT_VALUE, 2},
        {"aval answer v1\nrevocations 0\nconsistency AAAA\n\n" PROOF, ERR_BASE64, 3},
        {"aval answer v1\nrevocations 0\nother x\n\n" PROOF, ERR_DOCUMENT_UNKNOWN_KEY, 3},
        {"aval answer v1\nrevocations 0\n\n", ERR_TEXT_TRUNCATED, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer answer;
        const struct result outcome = answer_read(slice_of(rows[i].text), &answer);
        assert_int_equal(result_code(outcome), rows[i].code);
        assert_int_equal(result_place(outcome), rows[i].line);
    }
}

static void more_hashes_than_a_proof_can_have_are_refused(void **state)
{
    (void)state;
    struct buffer text = buffer_make(ANSWER_MAX);
    struct answer answer;
    sample(&text, CONSISTENCY_PATH_MAX);
    struct buffer more = buffer_make(ANSWER_MAX);
    const char *whole = buffer_text(&text);
    const char *first = strstr(whole, "consistency");
    buffer_append(&more, whole, (size_t)(first - whole));
    buffer_append(&more, first, strlen("consistency \n") + BASE64_LENGTH(HASH_SIZE));
    buffer_append_text(&more, first);
    assert_int_equal(result_code(answer_read(buffer_slice(&more), &answer)), ERR_DOCUMENT_LIMIT);
    buffer_free(&text);
    buffer_free(&more);
}

static void an_answer_ends_at_its_limit(void **state)
{
    (void)state;
    struct buffer text = buffer_make(ANSWER_MAX + 1);
    struct answer answer;
    buffer_append_text(&text, "aval answer v1\nrevocations 18446744073709551615\n\n");
    while (text.size < ANSWER_MAX)
        buffer_append_byte(&text, 'p');
    assert_true(is_ok(answer_read(buffer_slice(&text), &answer)));
    assert_int_equal(answer.revocations, UINT64_MAX);
    buffer_append_byte(&text, 'p');
    assert_int_equal(result_code(answer_read(buffer_slice(&text), &answer)), ERR_TEXT_TOO_LONG);
    buffer_free(&text);
}

/* The shortest proof, and a text that ends within each of its lines. */
static void an_answer_that_ends_early_is_truncated_in_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum error_code code;
        unsigned line;
    } rows[] = {
        {"aval answer v1", ERR_TEXT_TRUNCATED, 1},
        {"aval answer v1\n", ERR_TEXT_TRUNCATED, 2},
        {"aval answer v1\nrevocations 0", ERR_TEXT_TRUNCATED, 2},
        {"aval answer v1\nrevocations 0\n", ERR_TEXT_TRUNCATED, 3},
        {"aval answer v1\nrevocations 0\nconsistency AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
         ERR_TEXT_TRUNCATED, 4},
        {"aval answer v1\nrevocations 0\nconsistency AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nx\n\np",
         ERR_DOCUMENT_UNKNOWN_KEY, 4},
        {"aval answer v1\nrevocations 0\n\np", OK, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer answer;
        const struct result outcome = answer_read(slice_of(rows[i].text), &answer);
        assert_int_equal(result_code(outcome), rows[i].code);
        assert_int_equal(result_place(outcome), rows[i].line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_read_as_it_was_written),
        cmocka_unit_test(no_answer_has_two_spellings),
        cmocka_unit_test(what_is_no_answer_is_refused_with_its_line),
        cmocka_unit_test(more_hashes_than_a_proof_can_have_are_refused),
        cmocka_unit_test(an_answer_ends_at_its_limit),
        cmocka_unit_test(an_answer_that_ends_early_is_truncated_in_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
