/*
 * A message is one function that walks its fields. In writing mode a walk hands them to the writer of JSON, in reading
 * mode it takes them out of an object that was parsed; the first fault stops both, and is asked for once, at the end.
 * For this folder only.
 */
#ifndef PROTO_ADMIN_MESSAGE_H
#define PROTO_ADMIN_MESSAGE_H

#include "base/buffer.h"
#include "base/time.h"
#include "json/writer.h"

struct json_t; /* of the parser, which message.c alone calls */

struct walk {
    struct json_writer *writer; /* borrowed; NULL: reading */
    struct json_t *object;      /* borrowed; what is read */
    bool failed;
};

static inline bool is_writing(const struct walk *walk)
{
    return walk->writer != NULL;
}

/* One field each. Reading puts nothing into the field where it fails. */
void walk_text(struct walk *walk, const char *key, char *text, size_t capacity);
void walk_number(struct walk *walk, const char *key, uint64_t *number);
void walk_seconds(struct walk *walk, const char *key, seconds *time);
void walk_switch(struct walk *walk, const char *key, bool *on);
#define WALK_TEXT(walk, key, field) walk_text((walk), (key), (field), sizeof(field))

/* The fields of one message, or of one element of a list. */
typedef void element_walk(struct walk *walk, void *element);

/* A list of objects; `size` is that of one element. */
void write_elements(struct walk *walk, const char *key, char *elements, size_t count, size_t size, element_walk *each);
/* Allocates the elements, which are the caller's to free, also after a fault; NULL where there is no memory. */
void *read_elements(struct walk *walk, const char *key, size_t *ret_count, size_t size, element_walk *each);
#define WALK_ARRAY(walk, key, elements, count, each) \
    do { \
        if (is_writing(walk)) \
            write_elements((walk), (key), (char *)(elements), (count), sizeof *(elements), (each)); \
        else \
            (elements) = read_elements((walk), (key), &(count), sizeof *(elements), (each)); \
    } while (0)

/* The same into an array that is there; a list that does not fit is a fault. */
void read_elements_into(struct walk *walk, const char *key, char *elements, size_t max, size_t *ret_count, size_t size,
                        element_walk *each);
#define WALK_FIXED(walk, key, elements, count, each) \
    do { \
        if (is_writing(walk)) \
            write_elements((walk), (key), (char *)(elements), (count), sizeof *(elements), (each)); \
        else \
            read_elements_into((walk), (key), (char *)(elements), sizeof(elements) / sizeof *(elements), &(count), \
                               sizeof *(elements), (each)); \
    } while (0)

/* A whole text, by the walk of its outermost message. Writing that fails leaves `out` as long as it was. */
RESULT write_message(void *message, element_walk *each, struct buffer *out);
RESULT read_message(struct slice text, void *message, element_walk *each);

/* Reader and writer of each. A writer walks a copy, since a walk can change what it visits; arrays are shared and only
 * read. */
/* NOLINTBEGIN(bugprone-macro-parentheses): the name of a parameter cannot stand in parentheses */
#define MESSAGE(name) \
    RESULT control_##name##_write(const struct control_##name *name, struct buffer *out) \
    { \
        struct control_##name copy = *name; \
        return write_message(&copy, walk_##name, out); \
    } \
    static RESULT read_whole_##name(struct slice text, struct control_##name *message) \
    { \
        *message = (struct control_##name){0}; \
        return read_message(text, message, walk_##name); \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

/* For messages that hold arrays, and for those that hold none. */
#define OWNING_READER(name) \
    RESULT control_##name##_read(struct slice text, struct control_##name *ret_##name) \
    { \
        struct control_##name message; \
        const struct result state = read_whole_##name(text, &message); \
        if (is_ok(state)) \
            *ret_##name = message; \
        else \
            control_##name##_free(&message); \
        return state; \
    }
#define PLAIN_READER(name) \
    RESULT control_##name##_read(struct slice text, struct control_##name *ret_##name) \
    { \
        struct control_##name message; \
        TRY(read_whole_##name(text, &message)); \
        *ret_##name = message; \
        return RESULT_OK; \
    }

#endif
