/* The syntax of requests by http_parser; see parser.h. */
#include "parser.h"

#include <http_parser.h>

_Static_assert(sizeof(http_parser) <= PARSER_SIZE, "the state has room");

enum { EVENT_FINE = 0, EVENT_STOP = 1 };

/* The library's state lies in bytes, and is never looked at as anything else. */
static http_parser *state_of(struct parser *parser)
{
    return (http_parser *)(void *)parser->state;
}

static int go_on(bool fine)
{
    return fine ? EVENT_FINE : EVENT_STOP;
}

static int on_target(http_parser *library, const char *text, size_t size)
{
    const struct parser *const parser = library->data;
    return go_on(parser->events->target(parser->context, text, size));
}

static int on_name(http_parser *library, const char *text, size_t size)
{
    const struct parser *const parser = library->data;
    return go_on(parser->events->name(parser->context, text, size));
}

static int on_value(http_parser *library, const char *text, size_t size)
{
    const struct parser *const parser = library->data;
    return go_on(parser->events->value(parser->context, text, size));
}

static int on_head(http_parser *library)
{
    const struct parser *const parser = library->data;
    library->upgrade = 0; /* an offer of another protocol is not taken up */
    const bool has_length = (library->flags & F_CONTENTLENGTH) != 0 && (library->flags & F_CHUNKED) == 0;
    const struct parser_head head = {
        .method = http_method_str((enum http_method)library->method),
        .major = library->http_major,
        .minor = library->http_minor,
        .keeps_alive = http_should_keep_alive(library) != 0,
        .has_length = has_length,
        .length = has_length ? library->content_length : 0,
    };
    return parser->events->head(parser->context, &head) ? EVENT_FINE : -1; /* 1 would mean that there is no body */
}

static int on_body(http_parser *library, const char *data, size_t size)
{
    const struct parser *const parser = library->data;
    return go_on(parser->events->body(parser->context, data, size));
}

static int on_whole(http_parser *library)
{
    http_parser_pause(library, 1);
    return EVENT_FINE;
}

static const http_parser_settings settings = {
    .on_url = on_target,
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_headers_complete = on_head,
    .on_body = on_body,
    .on_message_complete = on_whole,
};

void parser_begin(struct parser *parser, const struct parser_events *events, void *context)
{
    http_parser_init(state_of(parser), HTTP_REQUEST);
    state_of(parser)->data = parser;
    parser->events = events;
    parser->context = context;
}

static enum parser_outcome outcome_of(enum http_errno trouble)
{
    switch (trouble) {
    case HPE_OK:
        return PARSER_READING;
    case HPE_PAUSED:
        return PARSER_WHOLE;
    case HPE_CB_url:
    case HPE_CB_header_field:
    case HPE_CB_header_value:
    case HPE_CB_headers_complete:
    case HPE_CB_body:
        return PARSER_STOPPED;
    default:
        return PARSER_BROKEN;
    }
}

enum parser_outcome parser_feed(struct parser *parser, struct slice bytes, size_t *ret_used)
{
    http_parser *const library = state_of(parser);
    *ret_used = http_parser_execute(library, &settings, (const char *)bytes.data, bytes.size);
    return outcome_of(HTTP_PARSER_ERRNO(library));
}
