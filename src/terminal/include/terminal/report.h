/*
 * One description, two forms: aligned lines for people, or one JSON value for programs.
 *
 * Each field has a key (for JSON, lower-case with underscores; NULL within a list) and a title (for people; it may be
 * indented; NULL: for programs only). Lines go out at once, JSON at the end, so that a failure half-way leaves no half
 * value. For one thread.
 */
#ifndef TERMINAL_REPORT_H
#define TERMINAL_REPORT_H

#include "base/time.h"
#include "json/writer.h"

struct report {
    bool json;
    bool list;                 /* is the outermost value, and not an object */
    struct json_writer writer; /* appends to `out` */
    struct buffer out;         /* the JSON */
    struct buffer line;        /* the list that is being collected for people */
};

/* What is begun stays where it is, since its parts know each other. report_begin: an object of fields. */
void report_begin(struct report *report, bool json);
/* The same where the outermost value is a list. */
void report_begin_list(struct report *report, bool json);
/* Takes a report that was begun, and one that is all zero. */
void report_free(struct report *report);
#define CLEANUP_REPORT __attribute__((cleanup(report_free)))
/* Prints the JSON. NO_MEMORY, TEXT_TOO_LONG. */
RESULT report_finish(struct report *report);
/* The same as the last step of a command: returns `status`, or says what went wrong and returns the status of that. */
int report_answer(struct report *report, const char *program, int status);

void report_text(struct report *report, const char *key, const char *title, const char *value);
__attribute__((format(printf, 4, 5))) void report_textf(struct report *report, const char *key, const char *title,
                                                        const char *format, ...);
void report_number(struct report *report, const char *key, const char *title, uint64_t value);
void report_time(struct report *report, const char *key, const char *title, seconds value);
/* For people in words, in JSON as documents write it. */
void report_duration(struct report *report, const char *key, const char *title, seconds value);

/* For programs only: a text that is not zero-terminated, and null. */
void report_slice(struct report *report, const char *key, struct slice value);
void report_nothing(struct report *report, const char *key);

/* A list of texts: in one line for people, "none" where it is empty. */
void report_list_begin(struct report *report, const char *key);
void report_list_item(struct report *report, const char *value);
void report_list_end(struct report *report, const char *title);

/* A list of objects, and an object. For people the fields of each simply follow. */
void report_objects_begin(struct report *report, const char *key);
void report_object_begin(struct report *report, const char *key);
void report_object_end(struct report *report);
void report_objects_end(struct report *report);

/* A line for people only. */
__attribute__((format(printf, 2, 3))) void report_say(const struct report *report, const char *format, ...);

#endif
