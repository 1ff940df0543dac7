/* Times and durations: compared with the C library's calendar, and one spelling each. */
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void a_time_is_written_as_the_calendar_says(void **state)
{
    (void)state;
    /* steps of about 29 days with a prime offset, so that every day of the year and time of day is met */
    for (seconds at = 0; at <= TIME_MAX; at += 29 * DAY + 86399) {
        const time_t moment = (time_t)at;
        struct tm calendar;
        assert_non_null(gmtime_r(&moment, &calendar));
        char expected[64];
        strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%SZ", &calendar);
        char text[TIME_TEXT_SIZE];
        time_write(at, text);
        assert_string_equal(text, expected);
        seconds again = -1;
        assert_true(is_ok(time_read(slice_of(text), &again)));
        assert_int_equal(again, at);
        assert_int_equal(time_month(at), (calendar.tm_year + 1900) * 12 + calendar.tm_mon);
    }
}

static void the_first_and_the_last_second_have_their_names(void **state)
{
    (void)state;
    char text[TIME_TEXT_SIZE];
    time_write(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    time_write(TIME_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    seconds time = 0;
    assert_true(is_ok(time_read(slice_of("9999-12-31T23:59:59Z"), &time)));
    assert_int_equal(time, TIME_MAX);
    assert_true(is_ok(time_read(slice_of("2000-02-29T00:00:00Z"), &time)));
}

static void a_time_that_does_not_exist_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2026-11-22",
        "2026-11-22T09:00:00",
        "2026-11-22T09:00:00z",
        "2026-11-22 09:00:00Z",
        "2026/11/22T09:00:00Z",
        "2026-11-22T09.00.00Z",
        "2026-11-22T09:00:00Z ",
        "2026-11-22T24:00:00Z",
        "2026-11-22T09:60:00Z",
        "2026-11-22T23:59:60Z",
        "2026-00-22T09:00:00Z",
        "2026-13-22T09:00:00Z",
        "2026-11-00T09:00:00Z",
        "2026-11-31T09:00:00Z",
        "2026-02-29T09:00:00Z",
        "1900-02-28T09:00:00Z",
        "1969-12-31T23:59:59Z",
        "2100-02-29T00:00:00Z",
        "2026-1a-22T09:00:00Z",
        "+026-11-22T09:00:00Z",
        "2026-11-22T-1:00:00Z",
        /* Before the first second and behind the last. */
        "1970-01-01T-1:00:00Z",
        "1970-01-01T00:-1:00Z",
        "1970-01-01T00:00:-1Z",
        "9999-12-31T24:00:00Z",
        "9999-12-31T23:60:00Z",
        "9999-12-31T23:59:60Z",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        seconds time = 42;
        if (result_code(time_read(slice_of(bad[i]), &time)) != ERR_DOCUMENT_VALUE || time != 42)
            fail_msg("accepted: %s", bad[i]);
    }
}

static void a_bare_date_is_its_first_second(void **state)
{
    (void)state;
    seconds date = 0;
    seconds time = 0;
    assert_true(is_ok(time_read_date(slice_of("2026-11-22"), &date)));
    assert_true(is_ok(time_read_date(slice_of("2026-11-22T00:00:00Z"), &time)));
    assert_int_equal(date, time);
    assert_true(is_ok(time_read_date(slice_of("2026-11-22T12:34:56Z"), &date))); /* one that is not bare */
    assert_int_equal(date, time + 12 * HOUR + 34 * MINUTE + 56);
    assert_false(is_ok(time_read_date(slice_of("2026-11-31"), &date)));
    assert_false(is_ok(time_read_date(slice_of("2026-11-2"), &date)));
}

static void a_duration_has_one_spelling(void **state)
{
    (void)state;
    static const struct {
        seconds duration;
        const char *text;
    } cases[] = {
        {0, "0s"},
        {1, "1s"},
        {59, "59s"},
        {60, "1m"},
        {90, "90s"},
        {3600, "1h"},
        {2 * HOUR, "2h"},
        {90 * MINUTE, "90m"},
        {DAY, "1d"},
        {36 * HOUR, "36h"},
        {180 * DAY, "180d"},
        {DURATION_MAX, "3660d"},
        {DURATION_MAX - 1, "316223999s"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[DURATION_TEXT_SIZE];
        duration_write(cases[i].duration, text);
        assert_string_equal(text, cases[i].text);
        seconds again = -1;
        assert_true(is_ok(duration_read(slice_of(text), &again)));
        assert_int_equal(again, cases[i].duration);
    }
}

static void a_duration_in_another_spelling_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",          "s",   "60s",  "60m", "24h", "0m",    "0d",
                                      "1",         "1D",  "1 d",  "01d", "-1d", "+1d",   "1w",
                                      "1d ",       " 1d", "1.5h", "1dd", "1hm", "3661d", "18446744073709551616s",
                                      "316224001s"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        seconds duration = 42;
        if (result_code(duration_read(slice_of(bad[i]), &duration)) != ERR_DOCUMENT_VALUE || duration != 42)
            fail_msg("accepted: %s", bad[i]);
    }
}

static void people_may_write_a_duration_in_any_unit(void **state)
{
    (void)state;
    seconds duration = 0;
    assert_true(is_ok(duration_read_loose(slice_of("60m"), &duration)));
    assert_int_equal(duration, HOUR);
    assert_true(is_ok(duration_read_loose(slice_of("0d"), &duration)));
    assert_int_equal(duration, 0);
    assert_false(is_ok(duration_read_loose(slice_of("60"), &duration)));
    assert_false(is_ok(duration_read_loose(slice_of("3661d"), &duration)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_written_as_the_calendar_says),
        cmocka_unit_test(the_first_and_the_last_second_have_their_names),
        cmocka_unit_test(a_time_that_does_not_exist_is_refused),
        cmocka_unit_test(a_bare_date_is_its_first_second),
        cmocka_unit_test(a_duration_has_one_spelling),
        cmocka_unit_test(a_duration_in_another_spelling_is_refused),
        cmocka_unit_test(people_may_write_a_duration_in_any_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
