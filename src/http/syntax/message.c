/* One HTTP/1 request from bytes; see message.h. */
#include "message.h"

#include <string.h>

/* ---- headers ---- */

/* Appends what fits; returns the new size. */
static size_t field_add(char *field, size_t capacity, size_t at, const char *text, size_t size)
{
    const size_t room = capacity - at;
    const size_t fitting = size < room ? size : room;
    memcpy(field + at, text, fitting);
    return at + fitting;
}

static bool field_is(const char *field, size_t size, const char *text)
{
    return size == strlen(text) && ascii_same(field, text, size);
}

static bool is_named(const struct message *message, const char *name)
{
    return field_is(message->name.text, message->name.size, name);
}

/* What stands behind a body in chunks is read and means nothing. */
static void take_header(struct message *message)
{
    const struct field_value *const value = &message->value;
    if (is_named(message, "host")) {
        message->host_count++;
    } else if (is_named(message, "expect") && field_is(value->text, value->size, "100-continue")) {
        message->expects = true;
    } else if (is_named(message, "authorization")) {
        message->authorization_count++;
        message->authorization.size = value->size;
        memcpy(message->authorization.text, value->text, value->size);
    }
}

static void end_header(struct message *message)
{
    if (!message->headed)
        take_header(message);
    message->name.size = 0;
    message->value.size = 0;
    message->in_value = false;
}

static enum http_method_id method_of(const char *name)
{
    static const struct {
        const char *name;
        enum http_method_id id;
    } methods[] = {{"POST", METHOD_POST}, {"GET", METHOD_GET}, {"HEAD", METHOD_HEAD}};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(methods[i].name, name) == 0)
            return methods[i].id;
    return METHOD_OTHER;
}

/* ---- what the parser calls ---- */

static bool stop(struct message *message, enum message_state state)
{
    message->state = state;
    return false;
}

/* Whether a part of the head ends within the limit. Seen from its place, so that it is the same in whatever pieces the
 * head comes. */
static bool within(struct message *message, const char *end)
{
    if (message->headed || message->fed + (size_t)(end - message->from) <= message->limits->head)
        return true;
    return stop(message, MESSAGE_HEAD_LARGE);
}

static bool on_target(void *context, const char *text, size_t size)
{
    struct message *const message = context;
    target_add(&message->target, text, size);
    return within(message, text + size);
}

/* The library may let a space pass in a name, so that "Content-Length : 5" is no length here and one to somebody else
 * on the way. */
static bool on_name(void *context, const char *text, size_t size)
{
    struct message *const message = context;
    if (message->in_value)
        end_header(message);
    struct field_name *const name = &message->name;
    name->size = field_add(name->text, sizeof name->text, name->size, text, size);
    return memchr(text, ' ', size) == NULL && within(message, text + size);
}

static bool on_value(void *context, const char *text, size_t size)
{
    struct message *const message = context;
    message->in_value = true;
    struct field_value *const value = &message->value;
    value->size = field_add(value->text, sizeof value->text, value->size, text, size);
    return within(message, text + size);
}

static bool on_head(void *context, const struct parser_head *head)
{
    struct message *const message = context;
    end_header(message);
    message->headed = true;
    if (head->major != 1 || (head->minor > 0 && message->host_count != 1))
        return false;
    message->method = method_of(head->method);
    message->chunks = head->minor > 0;
    message->persists = head->minor > 0 && strcmp(head->method, "CONNECT") != 0 && head->keeps_alive;
    message->expects = message->expects && head->minor > 0;
    if (!head->has_length)
        return true;
    message->announced = head->length;
    /* Who asks before sending is told before sending. */
    if (message->announced > (message->expects ? (uint64_t)message->limits->body : (uint64_t)DRAIN_MAX))
        return stop(message, MESSAGE_BODY_UNBOUNDED);
    return true;
}

static bool on_body(void *context, const char *data, size_t size)
{
    struct message *const message = context;
    message->received += size;
    message->expects = false;
    if (message->received > DRAIN_MAX)
        return stop(message, MESSAGE_BODY_UNBOUNDED);
    if (message->received > message->limits->body)
        message->oversized = true;
    if (message->oversized || message->starved)
        return true;
    if (size == message->announced) {
        message->lying = slice_make(data, size);
        return true;
    }
    buffer_append(&message->body, data, size);
    message->starved = !is_ok(buffer_status(&message->body));
    return true;
}

static const struct parser_events events = {on_target, on_name, on_value, on_head, on_body};

/* ---- one request ---- */

void message_begin(struct message *message, const struct message_limits *limits)
{
    parser_begin(&message->parser, &events, message);
    target_begin(&message->target);
    message->limits = limits;
    message->state = MESSAGE_PARTIAL;
    message->headed = false;
    message->oversized = false;
    message->starved = false;
    message->persists = false;
    message->chunks = false;
    message->expects = false;
    message->in_value = false;
    message->method = METHOD_OTHER;
    message->host_count = 0;
    message->authorization_count = 0;
    message->fed = 0;
    message->announced = UINT64_MAX;
    message->received = 0;
    message->lying = slice_make(NULL, 0);
    message->body = buffer_make(limits->body);
    message->name.size = 0;
    message->value.size = 0;
    message->authorization.size = 0;
}

/* What the parser alone cannot say: how much has come. */
static enum message_state bounded(const struct message *message)
{
    if (!message->headed)
        return message->fed > message->limits->head ? MESSAGE_HEAD_LARGE : MESSAGE_PARTIAL;
    /* What is around the chunks counts too. */
    return message->fed > message->limits->head + 2 * (size_t)DRAIN_MAX ? MESSAGE_BODY_UNBOUNDED : MESSAGE_PARTIAL;
}

enum message_state message_feed(struct message *message, struct slice bytes, size_t *ret_used)
{
    size_t used = 0;
    message->from = (const char *)bytes.data;
    const enum parser_outcome outcome = parser_feed(&message->parser, bytes, &used);
    *ret_used = used;
    message->fed += used;
    if (outcome == PARSER_READING)
        message->state = bounded(message);
    else if (outcome == PARSER_WHOLE)
        message->state = MESSAGE_WHOLE;
    else if (message->state == MESSAGE_PARTIAL)
        message->state = MESSAGE_BROKEN;
    return message->state;
}

void message_end(struct message *message)
{
    buffer_free(&message->body);
}

struct slice message_body(const struct message *message)
{
    return message->lying.data != NULL ? message->lying : buffer_slice(&message->body);
}

struct slice message_authorization(const struct message *message)
{
    const char *const text = message->authorization.text;
    size_t size = message->authorization.size;
    if (message->authorization_count != 1 || size > HTTP_AUTHORIZATION_MAX)
        size = 0;
    while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\t'))
        size--;
    return slice_make(text, size);
}
