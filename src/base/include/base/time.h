/*
 * Times and durations as the documents write them. Pure: nothing here reads a clock.
 *
 * A time is a count of seconds since 1970-01-01T00:00:00Z (POSIX, no leap seconds) from year 1970 to 9999, a duration a
 * count of seconds from 0 to ten years.
 */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "base/bytes.h"

typedef int64_t seconds;

#define MINUTE       ((seconds)60)
#define HOUR         (60 * MINUTE)
#define DAY          (24 * HOUR)
#define DURATION_MAX (3660 * DAY)
#define TIME_MAX     ((seconds)253402300799) /* 9999-12-31T23:59:59Z */

/* "2026-11-22T09:00:00Z" and a final zero. */
enum { TIME_TEXT_SIZE = 21 };
/* `time` must be within 0..TIME_MAX. */
void time_write(seconds time, char text[static TIME_TEXT_SIZE]);
/* Reads exactly that form, and only days that exist; DOCUMENT_VALUE otherwise. */
RESULT time_read(struct slice text, seconds *ret_time);
/* Also accepts a bare date, "2026-11-22", as its first second; for command lines. */
RESULT time_read_date(struct slice text, seconds *ret_time);

/* "180d", "2h", "15m", "30s": the largest unit that divides it, so that each duration has one spelling ("0s" for none).
 */
enum { DURATION_TEXT_SIZE = 24 };
void duration_write(seconds duration, char text[static DURATION_TEXT_SIZE]);
/* Reads exactly what duration_write writes; DOCUMENT_VALUE otherwise (so "60m" is refused: it is spelt "1h"). */
RESULT duration_read(struct slice text, seconds *ret_duration);
/* Reads any number and unit, "60m" too; for command lines and configuration. */
RESULT duration_read_loose(struct slice text, seconds *ret_duration);

/* Calendar month of a time, as year * 12 + month (0-based), for the true-up. */
int time_month(seconds time);

#endif
