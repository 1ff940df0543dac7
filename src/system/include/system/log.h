/*
 * The host's log: one line for each event on standard error, key=value or JSON. Thread-safe; a line, or a batch of
 * lines, is one write.
 *
 *   time=2026-11-22T09:00:00Z level=info event=granted machine=0f3c... license=7c0b...
 *
 * What comes from strangers is quoted and its control characters escaped.
 */
#ifndef SYSTEM_LOG_H
#define SYSTEM_LOG_H

#include "base/buffer.h"
#include "base/time.h"
#include "system/log_queue.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

struct log {
    enum log_level least;
    enum log_format format;
    seconds (*now)(void); /* wall clock of the lines */
    int descriptor;       /* where they go: 2 */
    /* Where they wait for that, so that nobody waits for their reader; borrowed. NULL: they are written at once. */
    struct log_queue *queue;
};

/* One key and its value: a text, or a number where `text` is NULL. */
struct log_field {
    const char *key;
    const char *text;
    int64_t number;
};
#define TEXT_FIELD(key, value) \
    { \
        (key), (value), 0 \
    }
#define NUMBER_FIELD(key, value) \
    { \
        (key), NULL, (int64_t)(value) \
    }

/* `fields` ends with a key of NULL. */
void log_write(const struct log *log, enum log_level level, const char *event, const struct log_field *fields);

/* The same in two steps, for whoever writes many lines at a time: appended to a buffer of limit LOG_LINES_MAX, and
 * written out together. */
enum { LOG_LINES_MAX = 64 * 1024 };
void log_add(const struct log *log, struct buffer *lines, enum log_level level, const char *event,
             const struct log_field *fields);
void log_flush(const struct log *log, struct buffer *lines);
/* Whether a line of that level would be written at all. */
bool log_wants(const struct log *log, enum log_level level);

/* Changes what is written and how, while other threads write. */
void log_set(struct log *log, enum log_level least, enum log_format format);

/* "info", "json" and so on, and back; false where there is no such word. */
const char *log_level_name(enum log_level level);
const char *log_format_name(enum log_format format);
bool log_level_read(const char *word, enum log_level *ret_level);
bool log_format_read(const char *word, enum log_format *ret_format);

/* LOG_EVENT(log, LOG_INFO, "granted", TEXT_FIELD("machine", id), NUMBER_FIELD("count", 12)); */
#define LOG_EVENT(log, level, event, ...) log_write((log), (level), (event), LOG_FIELDS(__VA_ARGS__))
#define LOG_FIELDS(...)                   ((const struct log_field[]){__VA_ARGS__, {NULL, NULL, 0}})

#endif
