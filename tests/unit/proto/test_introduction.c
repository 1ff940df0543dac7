/* How a host introduces itself: one spelling, and everything else refused with its reason and its line. */
#include "proto/introduction.h"

#include "mutate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LICENSE    "license text\n\n— vendor AAAA\n"
#define CHECKPOINT "origin\n0\nroot\n\n— host BBBB\n"
#define WHOLE \
    "aval introduction v1\n" \
    "revocations 3\n" \
    "license 30\n" LICENSE "checkpoint 29\n" CHECKPOINT

_Static_assert(sizeof LICENSE - 1 == 30 && sizeof CHECKPOINT - 1 == 29, "lengths as they are written");

static void an_introduction_is_read_as_it_was_written(void **state)
{
    (void)state;
    struct introduction introduction;
    assert_int_equal(introduction_read(slice_of(WHOLE), &introduction).bits, 0);
    assert_int_equal(introduction.revocations, 3);
    assert_true(slice_is(introduction.license, LICENSE));
    assert_true(slice_is(introduction.checkpoint, CHECKPOINT));
    struct buffer again CLEANUP_BUFFER = buffer_make(INTRODUCTION_MAX);
    introduction_write(&introduction, &again);
    assert_string_equal(buffer_text(&again), WHOLE);
}

static const struct {
    const char *text;
    enum error_code code;
    unsigned line;
} bad[] = {
    {"", ERR_TEXT_EMPTY, 0},
    {"aval answer v1\n", ERR_DOCUMENT_TYPE, 1},
    {"aval introduction v2\n", ERR_DOCUMENT_VERSION, 1},
    {"aval introduction v1\nlicense 0\n", ERR_DOCUMENT_MISSING_KEY, 2},
    {"aval introduction v1\nrevocations 03\n", ERR_DOCUMENT_VALUE, 2},
    {"aval introduction v1\nrevocations 18446744073709551616\n", ERR_DOCUMENT_VALUE, 2},
    {"aval introduction v1\nrevocations 0\ncheckpoint 0\n", ERR_DOCUMENT_MISSING_KEY, 3},
    {"aval introduction v1\nrevocations 0\nlicense 262145\n", ERR_DOCUMENT_VALUE, 3},
    {"aval introduction v1\nrevocations 0\nlicense 2\na", ERR_TEXT_TRUNCATED, 4},
    {"aval introduction v1\nrevocations 0\nlicense 2\na\nlicense 2\na\n", ERR_DOCUMENT_MISSING_KEY, 5},
    {"aval introduction v1\nrevocations 0\nlicense 2\na\ncheckpoint 132097\n", ERR_DOCUMENT_VALUE, 5},
    {"aval introduction v1\nrevocations 0\nlicense 2\na\ncheckpoint 2\nb\nc\n", ERR_TEXT_TRAILING, 7},
};

static void what_is_none_is_refused_with_its_reason_and_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct introduction introduction = {.revocations = 77};
        const struct result read = introduction_read(slice_of(bad[i].text), &introduction);
        if (result_code(read) != bad[i].code || result_place(read) != bad[i].line)
            fail_msg("row %zu: %s, line %u", i, is_ok(read) ? "ok" : error_info(result_code(read))->name,
                     result_place(read));
        assert_int_equal(introduction.revocations, 77);
    }
}

static bool accepted_and_canonical(void *context, struct slice mutant)
{
    (void)context;
    struct introduction introduction;
    if (!is_ok(introduction_read(mutant, &introduction)))
        return false;
    struct buffer again CLEANUP_BUFFER = buffer_make(INTRODUCTION_MAX);
    introduction_write(&introduction, &again);
    assert_true(slice_equal(buffer_slice(&again), mutant));
    return true;
}

static void a_changed_introduction_is_refused_or_is_another(void **state)
{
    (void)state;
    mutate_each_bit(slice_of(WHOLE), accepted_and_canonical, NULL);
    assert_int_equal(mutate_each_truncation(slice_of(WHOLE), accepted_and_canonical, NULL), 0);
}

static void the_longest_notes_fit_and_a_longer_text_does_not(void **state)
{
    (void)state;
    char *bytes = malloc(INTRODUCTION_MAX + 1);
    assert_non_null(bytes);
    memset(bytes, 'a', INTRODUCTION_MAX + 1);
    struct introduction introduction = {.revocations = UINT64_MAX,
                                        .license = slice_make(bytes, NOTE_MAX),
                                        .checkpoint = slice_make(bytes, CHECKPOINT_NOTE_MAX)};
    struct buffer text CLEANUP_BUFFER = buffer_make(INTRODUCTION_MAX);
    introduction_write(&introduction, &text);
    assert_int_equal(buffer_status(&text).bits, 0);
    assert_int_equal(introduction_read(buffer_slice(&text), &introduction).bits, 0);
    assert_int_equal(result_code(introduction_read(slice_make(bytes, INTRODUCTION_MAX + 1), &introduction)),
                     ERR_TEXT_TOO_LONG);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_introduction_is_read_as_it_was_written),
        cmocka_unit_test(what_is_none_is_refused_with_its_reason_and_its_line),
        cmocka_unit_test(a_changed_introduction_is_refused_or_is_another),
        cmocka_unit_test(the_longest_notes_fit_and_a_longer_text_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
