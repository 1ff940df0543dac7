/* Walks over fields, and the only caller of the JSON parser; see message.h. */
#include "message.h"

#include <jansson.h>
#include <stdlib.h>

/* The value of that key and type; NULL, with the fault noted, where there is none. */
static json_t *get(struct walk *walk, const char *key, json_type type)
{
    json_t *value = walk->failed ? NULL : json_object_get(walk->object, key);
    if (value == NULL || json_typeof(value) != type) {
        walk->failed = true;
        return NULL;
    }
    return value;
}

void walk_text(struct walk *walk, const char *key, char *text, size_t capacity)
{
    if (is_writing(walk)) {
        json_text(walk->writer, key, text);
        return;
    }
    const json_t *value = get(walk, key, JSON_STRING);
    if (value != NULL && !is_ok(slice_copy_text(slice_of(json_string_value(value)), text, capacity)))
        walk->failed = true;
}

void walk_number(struct walk *walk, const char *key, uint64_t *number)
{
    if (is_writing(walk)) {
        if (*number > INT64_MAX)
            walk->failed = true; /* the reader's numbers end there */
        else
            json_number(walk->writer, key, *number);
        return;
    }
    const json_t *value = get(walk, key, JSON_INTEGER);
    if (value == NULL)
        return;
    if (json_integer_value(value) < 0)
        walk->failed = true;
    else
        *number = (uint64_t)json_integer_value(value);
}

void walk_seconds(struct walk *walk, const char *key, seconds *time)
{
    uint64_t number = *time < 0 ? UINT64_MAX : (uint64_t)*time;
    walk_number(walk, key, &number);
    if (is_writing(walk) || walk->failed)
        return;
    if (number > (uint64_t)TIME_MAX)
        walk->failed = true;
    else
        *time = (seconds)number;
}

void walk_switch(struct walk *walk, const char *key, bool *on)
{
    if (is_writing(walk)) {
        json_switch(walk->writer, key, *on);
        return;
    }
    const json_t *value = walk->failed ? NULL : json_object_get(walk->object, key);
    if (json_is_boolean(value))
        *on = json_is_true(value);
    else
        walk->failed = true;
}

void write_elements(struct walk *walk, const char *key, char *elements, size_t count, size_t size, element_walk *each)
{
    json_open_list(walk->writer, key);
    for (size_t i = 0; i < count; i++) {
        json_open_object(walk->writer, NULL);
        each(walk, elements + i * size);
        json_close_object(walk->writer);
    }
    json_close_list(walk->writer);
}

/* Each is an object of its own. */
static void walk_elements(struct walk *walk, const json_t *array, char *elements, size_t count, size_t size,
                          element_walk *each)
{
    for (size_t i = 0; i < count && !walk->failed; i++) {
        struct walk inner = {.object = json_array_get(array, i)};
        each(&inner, elements + i * size);
        walk->failed = inner.failed;
    }
}

void read_elements_into(struct walk *walk, const char *key, char *elements, size_t max, size_t *ret_count, size_t size,
                        element_walk *each)
{
    const json_t *array = get(walk, key, JSON_ARRAY);
    const size_t count = json_array_size(array);
    if (count > max)
        walk->failed = true;
    walk_elements(walk, array, elements, count, size, each);
    if (!walk->failed)
        *ret_count = count;
}

void *read_elements(struct walk *walk, const char *key, size_t *ret_count, size_t size, element_walk *each)
{
    const json_t *array = get(walk, key, JSON_ARRAY);
    const size_t count = json_array_size(array);
    char *elements = calloc(count == 0 ? 1 : count, size);
    if (elements == NULL) {
        walk->failed = true;
        return NULL;
    }
    walk_elements(walk, array, elements, count, size, each);
    *ret_count = count;
    return elements;
}

static RESULT write_text(void *message, element_walk *each, struct buffer *out)
{
    struct json_writer writer = json_writer_make(out, JSON_TIGHT, JSON_STRAY_REFUSED);
    struct walk walk = {.writer = &writer};
    json_open_object(&writer, NULL);
    each(&walk, message);
    json_close_object(&writer);
    buffer_append_byte(out, '\n');
    TRY(buffer_status(out));
    ENSURE(!walk.failed && is_ok(json_status(&writer)), INTERNAL);
    return RESULT_OK;
}

RESULT write_message(void *message, element_walk *each, struct buffer *out)
{
    const size_t before = out->size;
    const struct result state = write_text(message, each, out);
    if (!is_ok(state))
        out->size = before;
    return state;
}

RESULT read_message(struct slice text, void *message, element_walk *each)
{
    json_error_t error;
    json_t *root = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, &error);
    ENSURE(root != NULL, HOST_ANSWER);
    struct walk walk = {.object = root, .failed = !json_is_object(root)};
    each(&walk, message);
    json_decref(root);
    ENSURE(!walk.failed, HOST_ANSWER);
    return RESULT_OK;
}
