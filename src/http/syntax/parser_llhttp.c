/* The syntax of requests by llhttp; see parser.h. */
#include "parser.h"

#include <llhttp.h>

_Static_assert(sizeof(llhttp_t) <= PARSER_SIZE, "the state has room");

/* The library's state lies in bytes, and is never looked at as anything else. */
static llhttp_t *state_of(struct parser *parser)
{
    return (llhttp_t *)(void *)parser->state;
}

static int go_on(bool fine)
{
    return fine ? HPE_OK : HPE_USER;
}

static int on_target(llhttp_t *library, const char *text, size_t size)
{
    const struct parser *const parser = library->data;
    return go_on(parser->events->target(parser->context, text, size));
}

static int on_name(llhttp_t *library, const char *text, size_t size)
{
    const struct parser *const parser = library->data;
    return go_on(parser->events->name(parser->context, text, size));
}

static int on_value(llhttp_t *library, const char *text, size_t size)
{
    const struct parser *const parser = library->data;
    return go_on(parser->events->value(parser->context, text, size));
}

static int on_head(llhttp_t *library)
{
    const struct parser *const parser = library->data;
    library->upgrade = 0; /* an offer of another protocol is not taken up */
    const bool has_length = (library->flags & F_CONTENT_LENGTH) != 0 && (library->flags & F_CHUNKED) == 0;
    const struct parser_head head = {
        .method = llhttp_method_name((llhttp_method_t)library->method),
        .major = library->http_major,
        .minor = library->http_minor,
        .keeps_alive = llhttp_should_keep_alive(library) != 0,
        .has_length = has_length,
        .length = has_length ? library->content_length : 0,
    };
    return parser->events->head(parser->context, &head) ? 0 : -1; /* 1 and 2 would mean that there is no body */
}

static int on_body(llhttp_t *library, const char *data, size_t size)
{
    const struct parser *const parser = library->data;
    return go_on(parser->events->body(parser->context, data, size));
}

static int on_whole(llhttp_t *library)
{
    (void)library;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_url = on_target,
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_headers_complete = on_head,
    .on_body = on_body,
    .on_message_complete = on_whole,
};

void parser_begin(struct parser *parser, const struct parser_events *events, void *context)
{
    llhttp_init(state_of(parser), HTTP_REQUEST, &settings);
    state_of(parser)->data = parser;
    parser->events = events;
    parser->context = context;
}

static enum parser_outcome outcome_of(llhttp_errno_t trouble)
{
    switch (trouble) {
    case HPE_OK:
        return PARSER_READING;
    case HPE_PAUSED:
        return PARSER_WHOLE;
    case HPE_USER:
    case HPE_CB_HEADERS_COMPLETE:
        return PARSER_STOPPED;
    default:
        return PARSER_BROKEN;
    }
}

enum parser_outcome parser_feed(struct parser *parser, struct slice bytes, size_t *ret_used)
{
    llhttp_t *const library = state_of(parser);
    const char *const from = (const char *)bytes.data;
    const llhttp_errno_t trouble = llhttp_execute(library, from, bytes.size);
    *ret_used = trouble == HPE_OK ? bytes.size : (size_t)(llhttp_get_error_pos(library) - from);
    return outcome_of(trouble);
}
