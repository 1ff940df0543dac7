/* Messages of the control interface at the limit of the one list that has one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/admin/status.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 64 * 1024 };

static void a_status_has_so_many_reasons_to_deny_and_no_more(void **state)
{
    (void)state;
    static struct control_status status;
    static struct control_status read;
    CLEANUP_BUFFER struct buffer text = buffer_make(TEXT_MAX);
    CLEANUP_BUFFER struct buffer more = buffer_make(TEXT_MAX);
    status.denied_count = CONTROL_DENIED_MAX;
    for (size_t i = 0; i < CONTROL_DENIED_MAX; i++)
        snprintf(status.denied[i].code, sizeof status.denied[i].code, "reason-%zu", i);
    assert_int_equal(result_code(control_status_write(&status, &text)), OK);
    assert_int_equal(result_code(control_status_read(buffer_slice(&text), &read)), OK);
    assert_int_equal(read.denied_count, CONTROL_DENIED_MAX);
    assert_string_equal(read.denied[CONTROL_DENIED_MAX - 1].code, "reason-255");
    control_status_free(&read);
    static const char begin[] = "\"denied\":[";
    const char *const whole = buffer_text(&text);
    const char *const list = strstr(whole, begin);
    assert_non_null(list);
    const size_t before = (size_t)(list - whole) + strlen(begin);
    buffer_append(&more, whole, before);
    buffer_append_text(&more, "{\"code\":\"reason\",\"count\":1},");
    buffer_append_text(&more, whole + before);
    assert_int_equal(result_code(control_status_read(buffer_slice(&more), &read)), ERR_HOST_ANSWER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_has_so_many_reasons_to_deny_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
