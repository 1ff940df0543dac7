/* An export part by part; see stream.h. */
#include "desk/audit/stream.h"

void audit_stream_begin(struct audit_stream *stream)
{
    export_reader_begin(&stream->reader);
}

void audit_stream_free(struct audit_stream *stream)
{
    export_reader_free(&stream->reader);
}

/* The checkpoint note lies in the reader, so what may follow it is read without giving it to the reader. */
static RESULT nothing_follows(struct audit_stream *stream)
{
    size_t size = 0;
    TRY(stream->read(stream->context, stream->piece, 1, &size));
    ENSURE(size == 0, TEXT_TRAILING);
    return RESULT_OK;
}

RESULT audit_stream_next(struct audit_stream *stream, enum export_part *ret_part, struct slice *ret_bytes)
{
    for (;;) {
        TRY(export_reader_next(&stream->reader, ret_part, ret_bytes));
        if (*ret_part == EXPORT_END)
            return nothing_follows(stream);
        if (*ret_part != EXPORT_MORE)
            return RESULT_OK;
        size_t size = 0;
        TRY(stream->read(stream->context, stream->piece, sizeof stream->piece, &size));
        if (size == 0)
            return export_reader_finish(&stream->reader);
        TRY(export_reader_add(&stream->reader, slice_make(stream->piece, size)));
    }
}
