/*
 * One description, two forms: aligned lines for people, or one JSON object for programs.
 *
 * Each field has a key (for JSON, lower-case with underscores) and a title (for people; it may be indented). Lines go
 * out at once, JSON at the end, so that a failure half-way leaves no half object. For one thread.
 */
#ifndef TERMINAL_REPORT_H
#define TERMINAL_REPORT_H

#include "base/buffer.h"
#include "base/time.h"

struct report {
    bool json;
    bool first;         /* nothing stands in the innermost object or list yet */
    struct buffer out;  /* the JSON */
    struct buffer line; /* the list that is being collected for people */
};

struct report report_make(bool json);
void report_free(struct report *report);
#define CLEANUP_REPORT __attribute__((cleanup(report_free)))
/* Prints the JSON. NO_MEMORY, TEXT_TOO_LONG. */
RESULT report_finish(struct report *report);

void report_text(struct report *report, const char *key, const char *title, const char *value);
__attribute__((format(printf, 4, 5))) void report_textf(struct report *report, const char *key, const char *title,
                                                        const char *format, ...);
void report_number(struct report *report, const char *key, const char *title, uint64_t value);
void report_time(struct report *report, const char *key, const char *title, seconds value);
/* For people in words, in JSON as documents write it. */
void report_duration(struct report *report, const char *key, const char *title, seconds value);

/* A list of texts: in one line for people, "none" where it is empty. */
void report_list_begin(struct report *report, const char *key);
void report_list_item(struct report *report, const char *value);
void report_list_end(struct report *report, const char *title);

/* A list of objects. For people the fields of each simply follow. */
void report_objects_begin(struct report *report, const char *key);
void report_object_begin(struct report *report);
void report_object_end(struct report *report);
void report_objects_end(struct report *report);

/* A line for people only. */
__attribute__((format(printf, 2, 3))) void report_say(const struct report *report, const char *format, ...);

#endif
