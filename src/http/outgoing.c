/* An answer on its way through a stream; see outgoing.h. */
#include "outgoing.h"

#include "syntax/head.h"

#include <string.h>

/* Around a piece in a chunk: its size in eight digits, and at the end of the last one the chunk that has none. */
static const char CHUNK_HEAD[] = "00000000\r\n";
static const char CHUNK_END[] = "\r\n";
static const char CHUNK_LAST[] = "0\r\n\r\n";
enum { CHUNK_DIGITS = 8, CHUNK_ROOM = 32 };

void outgoing_end(struct outgoing *outgoing)
{
    if (outgoing->in_pieces)
        outgoing->pieces.end(outgoing->pieces.context);
    buffer_free(&outgoing->rest);
    *outgoing = (struct outgoing){.in_pieces = false};
}

/* ---- pieces ---- */

static void write_chunk_size(uint8_t *digits, size_t size)
{
    for (size_t i = CHUNK_DIGITS; i-- > 0; size /= 16)
        digits[i] = (uint8_t) "0123456789abcdef"[size % 16];
}

static void end_chunk(struct outgoing *outgoing, size_t begin, size_t size)
{
    if (size == 0) {
        outgoing->rest.size = begin; /* a chunk of nothing would be the end */
    } else {
        write_chunk_size(outgoing->rest.data + begin, size);
        buffer_append_text(&outgoing->rest, CHUNK_END);
    }
    if (outgoing->last)
        buffer_append_text(&outgoing->rest, CHUNK_LAST);
}

/* Whether the producer keeps to the length that the head said. */
static RESULT count_piece(struct outgoing *outgoing, size_t size)
{
    if (outgoing->pieces.length == HTTP_LENGTH_UNKNOWN)
        return RESULT_OK;
    ENSURE(size <= outgoing->pieces.length, INTERNAL);
    outgoing->pieces.length -= size;
    ENSURE(!outgoing->last || outgoing->pieces.length == 0, INTERNAL);
    return RESULT_OK;
}

static RESULT add_piece(struct outgoing *outgoing)
{
    struct buffer *const rest = &outgoing->rest;
    const size_t begin = rest->size;
    if (outgoing->chunked)
        buffer_append_text(rest, CHUNK_HEAD);
    const size_t before = rest->size;
    TRY(outgoing->pieces.produce(outgoing->pieces.context, rest, &outgoing->last));
    TRY(buffer_status(rest));
    const size_t size = rest->size - before;
    ENSURE(size <= HTTP_PIECE_MAX && (size > 0 || outgoing->last), INTERNAL);
    TRY(count_piece(outgoing, size));
    if (outgoing->chunked)
        end_chunk(outgoing, begin, size);
    return buffer_status(rest);
}

/* ---- sending ---- */

static enum outgoing_state send_rest(struct outgoing *outgoing, struct http_stream *stream)
{
    const struct slice left = slice_make(outgoing->rest.data + outgoing->sent, outgoing->rest.size - outgoing->sent);
    const ssize_t count = left.size == 0 ? 0 : stream->calls->send(stream, left, slice_make(NULL, 0));
    if (count == HTTP_STREAM_FAILED)
        return OUTGOING_FAILED;
    if (count > 0) {
        outgoing->sent += (size_t)count;
        outgoing->accepted += (size_t)count;
    }
    if (outgoing->sent < outgoing->rest.size)
        return OUTGOING_BLOCKED;
    if (outgoing->in_pieces && !outgoing->last)
        return OUTGOING_MORE;
    outgoing_end(outgoing);
    return OUTGOING_DONE;
}

enum outgoing_state outgoing_text(struct outgoing *outgoing, struct http_stream *stream, struct slice head,
                                  struct slice body)
{
    const ssize_t count = stream->calls->send(stream, head, body);
    if (count == HTTP_STREAM_FAILED)
        return OUTGOING_FAILED;
    if (count >= 0 && (size_t)count == head.size + body.size)
        return OUTGOING_DONE;
    outgoing->rest = buffer_make(head.size + body.size);
    buffer_append_slice(&outgoing->rest, head);
    buffer_append_slice(&outgoing->rest, body);
    outgoing->sent = count > 0 ? (size_t)count : 0;
    outgoing->accepted = outgoing->sent;
    return is_ok(buffer_status(&outgoing->rest)) ? OUTGOING_BLOCKED : OUTGOING_FAILED;
}

enum outgoing_state outgoing_pieces(struct outgoing *outgoing, struct http_stream *stream, struct slice head,
                                    const struct http_pieces *pieces, bool chunked)
{
    outgoing->pieces = *pieces;
    outgoing->in_pieces = true;
    outgoing->chunked = chunked;
    outgoing->rest = buffer_make(head.size + CHUNK_ROOM + HTTP_PIECE_MAX);
    buffer_append_slice(&outgoing->rest, head);
    return is_ok(add_piece(outgoing)) ? send_rest(outgoing, stream) : OUTGOING_FAILED;
}

enum outgoing_state outgoing_go_on(struct outgoing *outgoing, struct http_stream *stream)
{
    if (outgoing->sent == outgoing->rest.size) {
        buffer_clear(&outgoing->rest);
        outgoing->sent = 0;
        if (!is_ok(add_piece(outgoing)))
            return OUTGOING_FAILED;
    }
    return send_rest(outgoing, stream);
}
