/*
 * An answer on its way through a stream: what the stream has not accepted yet, and what is still to be made.
 *
 * Always: where an answer is in pieces, its producer's `end` is called once, by outgoing_end at the latest.
 */
#ifndef HTTP_OUTGOING_H
#define HTTP_OUTGOING_H

#include "http/handler.h"
#include "http/stream.h"

/* Nothing on its way: all zero. */
struct outgoing {
    struct buffer rest; /* head, text or piece, as far as they are made */
    size_t sent;        /* of the rest */
    uint64_t accepted;  /* bytes of this answer */
    struct http_pieces pieces;
    bool in_pieces;
    bool chunked;
    bool last; /* the last piece is made */
};

enum outgoing_state {
    OUTGOING_DONE,    /* and nothing is held any more */
    OUTGOING_BLOCKED, /* until the stream accepts more */
    OUTGOING_MORE,    /* another piece is to be made, when others have had their turn */
    OUTGOING_FAILED,
};

/* Sends head and body, and copies what does not go at once. */
enum outgoing_state outgoing_text(struct outgoing *outgoing, struct http_stream *stream, struct slice head,
                                  struct slice body);
/* Sends the head and the first piece; takes over the producer, whatever comes of it. */
enum outgoing_state outgoing_pieces(struct outgoing *outgoing, struct http_stream *stream, struct slice head,
                                    const struct http_pieces *pieces, bool chunked);
/* After BLOCKED and MORE: sends the rest, or makes a piece and sends that. */
enum outgoing_state outgoing_go_on(struct outgoing *outgoing, struct http_stream *stream);
/* Frees what is held; then nothing is on its way. */
void outgoing_end(struct outgoing *outgoing);

#endif
