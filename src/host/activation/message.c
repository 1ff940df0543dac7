/* One HTTP/1 request from bytes; see message.h. */
#include "message.h"

#include <string.h>
#include <strings.h>

/* ---- headers ---- */

static void field_add(struct field_text *field, const char *text, size_t size)
{
    const size_t room = FIELD_SIZE - field->size;
    const size_t taken = size < room ? size : room;
    memcpy(field->text + field->size, text, taken);
    field->size += taken;
}

static bool field_is(const struct field_text *field, const char *text)
{
    return field->size == strlen(text) && strncasecmp(field->text, text, field->size) == 0;
}

static void end_header(struct message *message)
{
    if (field_is(&message->name, "host"))
        message->host_count++;
    else if (field_is(&message->name, "expect") && field_is(&message->value, "100-continue"))
        message->expects = true;
    message->name.size = 0;
    message->value.size = 0;
    message->in_value = false;
}

/* ---- what the parser calls; a result other than zero ends it ---- */

static int on_target(http_parser *parser, const char *text, size_t size)
{
    struct message *const message = parser->data;
    if (message->target_size + size < TARGET_SIZE)
        memcpy(message->target + message->target_size, text, size);
    message->target_size += size;
    return 0;
}

/* The parser may let a space pass in a name, so that "Content-Length : 5" is no length here and one to somebody else
 * on the way. */
static int on_name(http_parser *parser, const char *text, size_t size)
{
    struct message *const message = parser->data;
    if (message->in_value)
        end_header(message);
    field_add(&message->name, text, size);
    return memchr(text, ' ', size) != NULL;
}

static int on_value(http_parser *parser, const char *text, size_t size)
{
    struct message *const message = parser->data;
    message->in_value = true;
    field_add(&message->value, text, size);
    return 0;
}

static void stop(struct message *message, enum message_state state)
{
    message->state = state;
    http_parser_pause(&message->parser, 1);
}

static int on_headers(http_parser *parser)
{
    struct message *const message = parser->data;
    end_header(message);
    message->headed = true;
    parser->upgrade = 0; /* an offer of another protocol is not taken up */
    if (parser->http_major != 1 || (parser->http_minor > 0 && message->host_count != 1))
        return -1;
    message->keep = parser->http_minor > 0 && parser->method != HTTP_CONNECT && http_should_keep_alive(parser) != 0;
    message->expects = message->expects && parser->http_minor > 0;
    if ((parser->flags & F_CONTENTLENGTH) == 0 || (parser->flags & F_CHUNKED) != 0)
        return 0;
    message->announced = parser->content_length;
    /* Who asks before sending is told before sending. */
    if (message->announced > (message->expects ? (uint64_t)REQUEST_MAX : (uint64_t)DRAIN_MAX))
        stop(message, MESSAGE_BODY_UNBOUNDED);
    return 0;
}

static int on_body(http_parser *parser, const char *data, size_t size)
{
    struct message *const message = parser->data;
    message->received += size;
    message->expects = false;
    if (message->received > DRAIN_MAX)
        stop(message, MESSAGE_BODY_UNBOUNDED);
    if (message->received > REQUEST_MAX)
        message->oversized = true;
    if (message->oversized || message->starved)
        return 0;
    if (size == message->announced) {
        message->lying = slice_make(data, size);
        return 0;
    }
    buffer_append(&message->body, data, size);
    message->starved = !is_ok(buffer_status(&message->body));
    return 0;
}

static int on_whole(http_parser *parser)
{
    stop(parser->data, MESSAGE_WHOLE);
    return 0;
}

static const http_parser_settings settings = {
    .on_url = on_target,
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_headers_complete = on_headers,
    .on_body = on_body,
    .on_message_complete = on_whole,
};

/* ---- for the listener ---- */

void message_limits(void)
{
    http_parser_set_max_header_size(HEADER_MAX);
}

void message_begin(struct message *message)
{
    http_parser_init(&message->parser, HTTP_REQUEST);
    message->parser.data = message;
    message->state = MESSAGE_PARTIAL;
    message->headed = false;
    message->oversized = false;
    message->starved = false;
    message->keep = false;
    message->expects = false;
    message->in_value = false;
    message->host_count = 0;
    message->fed = 0;
    message->announced = UINT64_MAX;
    message->received = 0;
    message->lying = slice_make(NULL, 0);
    message->body = buffer_make(REQUEST_MAX);
    message->name.size = 0;
    message->value.size = 0;
    message->target_size = 0;
}

enum message_state message_feed(struct message *message, struct slice bytes, size_t *ret_used)
{
    const size_t used = http_parser_execute(&message->parser, &settings, (const char *)bytes.data, bytes.size);
    *ret_used = used;
    message->fed += used;
    const enum http_errno trouble = HTTP_PARSER_ERRNO(&message->parser);
    if (trouble != HPE_OK && trouble != HPE_PAUSED)
        message->state = trouble == HPE_HEADER_OVERFLOW ? MESSAGE_HEADERS_LARGE : MESSAGE_BROKEN;
    else if (message->state == MESSAGE_PARTIAL && message->fed > HEADER_MAX + 2 * DRAIN_MAX)
        message->state = MESSAGE_BODY_UNBOUNDED; /* what is around the chunks counts too */
    return message->state;
}

void message_end(struct message *message)
{
    buffer_free(&message->body);
}

bool message_begun(const struct message *message)
{
    return message->fed > 0;
}

struct slice message_body(const struct message *message)
{
    return message->lying.data != NULL ? message->lying : buffer_slice(&message->body);
}

const char *message_path(struct message *message)
{
    static const char scheme[] = "http://";
    if (message->target_size >= TARGET_SIZE)
        return "";
    message->target[message->target_size] = 0;
    char *const query = strpbrk(message->target, "?#");
    if (query != NULL)
        *query = 0;
    const char *path = message->target;
    if (strncasecmp(path, scheme, strlen(scheme)) == 0)
        path = strchr(path + strlen(scheme), '/'); /* the form that is meant for proxies */
    return path == NULL ? "/" : path;
}
