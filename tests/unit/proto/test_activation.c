/* Body of a request for a lease: the request as it is, or with what stands behind an empty line. */
#include "proto/activation.h"

#include "mutate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define REQUEST "aval request v1\nproduct studio\n\n— machine AAAA\n"
#define ABOUT   "aval about v1\nname x\n\n— machine BBBB\n"

static const struct {
    const char *body;
    const char *request;
    const char *about;
} bodies[] = {
    {REQUEST, REQUEST, ""},
    {REQUEST "\n" ABOUT, REQUEST, ABOUT},
    {REQUEST "\n" ABOUT "\n" ABOUT, REQUEST, ABOUT "\n" ABOUT},
    {REQUEST "\nx", REQUEST, "x"},
    {REQUEST "\n\n", REQUEST, "\n"},
    {REQUEST "\n", REQUEST "\n", ""}, /* nothing behind it: no second spelling of a request alone */
    {REQUEST ABOUT, REQUEST "aval about v1\nname x\n", "— machine BBBB\n"},
    {"", "", ""},
    {"\n", "\n", ""},
    {"\n\n", "\n\n", ""},
    {"\n\n\n", "\n\n\n", ""},
    {"\n\n\n\n", "\n\n\n\n", ""},
    {"\n\n\n\n\n", "\n\n\n", "\n"},
    {"a\n\nb", "a\n\nb", ""},
};

static void a_body_is_the_request_or_that_and_what_is_behind_an_empty_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        const struct activation read = activation_read(slice_of(bodies[i].body));
        struct buffer again CLEANUP_BUFFER = buffer_make(1024);
        if (!slice_is(read.request, bodies[i].request) || !slice_is(read.about, bodies[i].about))
            fail_msg("row %zu", i);
        activation_write(&read, &again);
        assert_true(slice_equal(buffer_slice(&again), slice_of(bodies[i].body)));
    }
}

static bool is_written_otherwise(void *context, struct slice mutant)
{
    (void)context;
    const struct activation read = activation_read(mutant);
    struct buffer again CLEANUP_BUFFER = buffer_make(1024);
    activation_write(&read, &again);
    return !slice_equal(buffer_slice(&again), mutant);
}

static void whatever_is_read_is_written_again(void **state)
{
    (void)state;
    const struct slice whole = slice_of(REQUEST "\n" ABOUT);
    assert_int_equal(mutate_each_bit(whole, is_written_otherwise, NULL), 0);
    assert_int_equal(mutate_each_truncation(whole, is_written_otherwise, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_is_the_request_or_that_and_what_is_behind_an_empty_line),
        cmocka_unit_test(whatever_is_read_is_written_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
