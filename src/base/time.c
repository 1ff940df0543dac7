/* Times and durations of the documents; see time.h. */
#include "base/time.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct date {
    int year;
    int month; /* 1..12 */
    int day;   /* 1..31 */
};

/* Days since 1970-01-01 of a civil date, and back: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
 * days_from_civil and civil_from_days, for years from 1970 on. */
static int64_t days_of(struct date date)
{
    const int64_t year = date.month <= 2 ? date.year - 1 : date.year;
    const int64_t era = year / 400;
    const int64_t year_of_era = year - era * 400;
    const int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
    const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static struct date date_of(int64_t days)
{
    days += 719468;
    const int64_t era = days / 146097;
    const int64_t day_of_era = days - era * 146097;
    const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t shifted_month = (5 * day_of_year + 2) / 153;
    const int month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    return (struct date){
        .year = (int)(year_of_era + era * 400) + (month <= 2 ? 1 : 0),
        .month = month,
        .day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1),
    };
}

/* `count` decimal digits of a number that has no more. */
static void put_digits(char *text, int number, size_t count)
{
    for (size_t i = count; i-- > 0; number /= 10)
        text[i] = (char)('0' + number % 10);
}

void time_write(seconds time, char text[static TIME_TEXT_SIZE])
{
    assert(time >= 0 && time <= TIME_MAX);
    const struct date date = date_of(time / DAY);
    const int second = (int)(time % DAY);
    memcpy(text, "0000-00-00T00:00:00Z", TIME_TEXT_SIZE);
    put_digits(text, date.year, 4);
    put_digits(text + 5, date.month, 2);
    put_digits(text + 8, date.day, 2);
    put_digits(text + 11, (int)(second / HOUR), 2);
    put_digits(text + 14, (int)(second / MINUTE % 60), 2);
    put_digits(text + 17, second % 60, 2);
}

/* `count` digits at `at`, or -1. */
static int digits(struct slice text, size_t at, size_t count)
{
    int value = 0;
    for (size_t i = at; i < at + count; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return -1;
        value = value * 10 + (text.data[i] - '0');
    }
    return value;
}

RESULT time_read(struct slice text, seconds *ret_time)
{
    ENSURE(text.size == TIME_TEXT_SIZE - 1, DOCUMENT_VALUE);
    const struct date date = {digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2)};
    const int hour = digits(text, 11, 2);
    const int minute = digits(text, 14, 2);
    const int second = digits(text, 17, 2);
    ENSURE(date.year >= 1970 && date.month >= 1 && date.month <= 12 && date.day >= 1 && date.day <= 31, DOCUMENT_VALUE);
    ENSURE(hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59 && second >= 0 && second <= 59, DOCUMENT_VALUE);
    const seconds time = days_of(date) * DAY + hour * HOUR + minute * MINUTE + second;
    /* One spelling each: writing it again must give the same text. That checks separators and days of the month. */
    char again[TIME_TEXT_SIZE];
    time_write(time, again);
    ENSURE(slice_is(text, again), DOCUMENT_VALUE);
    *ret_time = time;
    return RESULT_OK;
}

RESULT time_read_date(struct slice text, seconds *ret_time)
{
    enum { DATE_LENGTH = 10 };
    if (text.size != DATE_LENGTH)
        return time_read(text, ret_time);
    char whole[TIME_TEXT_SIZE] = "0000-00-00T00:00:00Z";
    memcpy(whole, text.data, DATE_LENGTH);
    return time_read(slice_of(whole), ret_time);
}

static const struct {
    char letter;
    seconds length;
} units[] = {{'d', DAY}, {'h', HOUR}, {'m', MINUTE}, {'s', 1}};

void duration_write(seconds duration, char text[static DURATION_TEXT_SIZE])
{
    assert(duration >= 0 && duration <= DURATION_MAX);
    size_t unit = 3;
    for (size_t i = 0; duration > 0 && i < 4; i++)
        if (duration % units[i].length == 0) {
            unit = i;
            break;
        }
    snprintf(text, DURATION_TEXT_SIZE, "%lld%c", (long long)(duration / units[unit].length), units[unit].letter);
}

RESULT duration_read_loose(struct slice text, seconds *ret_duration)
{
    ENSURE(text.size >= 2, DOCUMENT_VALUE);
    for (size_t i = 0; i < 4; i++) {
        if (text.data[text.size - 1] != (uint8_t)units[i].letter)
            continue;
        uint64_t count = 0;
        TRY(decimal_read(slice_make(text.data, text.size - 1), (uint64_t)(DURATION_MAX / units[i].length), &count));
        *ret_duration = (seconds)count * units[i].length;
        return RESULT_OK;
    }
    return FAIL(DOCUMENT_VALUE);
}

RESULT duration_read(struct slice text, seconds *ret_duration)
{
    seconds duration = 0;
    TRY(duration_read_loose(text, &duration));
    char again[DURATION_TEXT_SIZE];
    duration_write(duration, again);
    ENSURE(slice_is(text, again), DOCUMENT_VALUE);
    *ret_duration = duration;
    return RESULT_OK;
}

int time_month(seconds time)
{
    const struct date date = date_of(time / DAY);
    return date.year * 12 + date.month - 1;
}
