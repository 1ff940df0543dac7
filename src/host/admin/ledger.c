/* Tiles and exports through the control interface; see ledger.h. */
#include "ledger.h"

#include "core/tlog/export.h"
#include "host/published.h"
#include "proto/api.h"
#include "store/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PIECE_ENOUGH = 64 * 1024,     /* bytes after which no leaf is added to a piece */
    PIECE_MAX = 2 * PIECE_ENOUGH, /* with the last leaf, the checkpoint, the header */
    EXPORT_IDLE_SECONDS = 600,    /* that whoever reads an export may pause, in a pager for instance */
};

/* An export under way. */
struct export_stream {
    const struct control_options *options;
    struct published published;
    uint64_t next;
    bool ended;
    struct buffer piece;
    size_t taken; /* of the piece */
};

static void stream_free(void *context)
{
    struct export_stream *const stream = context;
    buffer_free(&stream->piece);
    free(stream);
}

static bool add_leaf(void *context, uint64_t index, struct slice leaf)
{
    struct export_stream *const stream = context;
    export_leaf_write(leaf, &stream->piece);
    stream->next = index + 1;
    return stream->piece.size < PIECE_ENOUGH;
}

static RESULT next_piece(struct export_stream *stream)
{
    const uint64_t next = stream->next;
    const uint64_t to = stream->published.size;
    buffer_clear(&stream->piece);
    stream->taken = 0;
    if (next < to) {
        TRY(store_leaves(stream->options->reader, stream->published.ledger, next, to - next, add_leaf, stream));
        ENSURE(stream->next > next, STORE_CORRUPT); /* they were signed */
    } else {
        export_end_write(slice_of(stream->published.note), &stream->piece);
        stream->ended = true;
    }
    return buffer_status(&stream->piece);
}

/* For MHD_ContentReaderCallback. */
static ssize_t read_stream(void *context, uint64_t position, char *to, size_t capacity)
{
    struct export_stream *const stream = context;
    (void)position;
    if (stream->taken == stream->piece.size) {
        if (stream->ended)
            return MHD_CONTENT_READER_END_OF_STREAM;
        const struct result read = next_piece(stream);
        if (!is_ok(read)) {
            LOG_EVENT(stream->options->log, LOG_ERROR, "export-failed", NUMBER_FIELD("leaf", stream->next),
                      TEXT_FIELD("code", error_info(result_code(read))->name),
                      TEXT_FIELD("reason", store_last_message(stream->options->reader)));
            return MHD_CONTENT_READER_END_WITH_ERROR;
        }
    }
    const size_t left = stream->piece.size - stream->taken;
    const size_t size = left < capacity ? left : capacity;
    memcpy(to, stream->piece.data + stream->taken, size);
    stream->taken += size;
    return (ssize_t)size;
}

static RESULT begin_stream(struct export_stream *stream, const struct ledger_choice *choice, uint64_t since)
{
    struct export_header header = {.from = since, .to = choice->published.size};
    memcpy(header.origin, choice->origin, sizeof header.origin);
    struct store_tiles context = {stream->options->reader, choice->published.ledger};
    const struct tile_source tiles = store_tile_source(&context);
    TRY(frontier_load(&tiles, since, &header.frontier));
    export_header_write(&header, &stream->piece);
    return buffer_status(&stream->piece);
}

static RESULT export_response(const struct control_options *options, const struct ledger_choice *choice, uint64_t since,
                              struct MHD_Response **ret_response)
{
    struct export_stream *const stream = calloc(1, sizeof *stream);
    ENSURE(stream != NULL, NO_MEMORY);
    *stream = (struct export_stream){
        .options = options, .published = choice->published, .next = since, .piece = buffer_make(PIECE_MAX)};
    const struct result begun = begin_stream(stream, choice, since);
    struct MHD_Response *const response =
        is_ok(begun)
            ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE_ENOUGH, read_stream, stream, stream_free)
            : NULL;
    if (response == NULL) {
        stream_free(stream);
        return is_ok(begun) ? FAIL(NO_MEMORY) : begun;
    }
    *ret_response = response;
    return RESULT_OK;
}

static const char *argument(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);
}

static RESULT answer_export(const struct control_options *options, struct MHD_Connection *connection,
                            struct MHD_Response **ret_response, char words[static ENGINE_WORDS_SIZE])
{
    struct ledger_choice choice;
    uint64_t since = 0;
    const char *const text = argument(connection, "since");
    TRY(ledger_choose(options->engine, argument(connection, "vendor"), &choice, words));
    if (text != NULL && !is_ok(decimal_read(slice_of(text), choice.published.size, &since))) {
        snprintf(words, ENGINE_WORDS_SIZE, "the ledger has no size %.32s; it has %" PRIu64 " signed leaves", text,
                 choice.published.size);
        return FAIL(USAGE);
    }
    TRY(export_response(options, &choice, since, ret_response));
    MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, (unsigned)EXPORT_IDLE_SECONDS);
    return RESULT_OK;
}

static RESULT answer_page(const struct control_options *options, const char *address,
                          struct MHD_Response **ret_response)
{
    CLEANUP_BUFFER struct buffer body = buffer_make(LEDGER_PAGE_MAX);
    struct ledger_page page;
    TRY(published_page(options->engine, options->reader, address, &body, &page));
    size_t size;
    char *const text = buffer_take(&body, &size);
    ENSURE(text != NULL, NO_MEMORY);
    struct MHD_Response *const response = MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE);
    if (response == NULL)
        free(text);
    ENSURE(response != NULL, NO_MEMORY);
    *ret_response = response;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, page.type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, page.keep);
    return RESULT_OK;
}

bool control_ledger_has(const char *path)
{
    return strncmp(path, API_LEDGER, strlen(API_LEDGER)) == 0 || strcmp(path, CONTROL_EXPORT) == 0;
}

RESULT control_ledger_answer(const struct control_options *options, struct MHD_Connection *connection, const char *path,
                             struct MHD_Response **ret_response, char words[static ENGINE_WORDS_SIZE])
{
    if (strcmp(path, CONTROL_EXPORT) != 0)
        return answer_page(options, path + strlen(API_LEDGER), ret_response);
    TRY(answer_export(options, connection, ret_response, words));
    MHD_add_response_header(*ret_response, MHD_HTTP_HEADER_CONTENT_TYPE, TYPE_BINARY);
    MHD_add_response_header(*ret_response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    return RESULT_OK;
}
