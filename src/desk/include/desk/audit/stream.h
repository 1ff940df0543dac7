/* An export as it comes from a file or from memory, part by part; refills core's reader. For one thread. */
#ifndef DESK_AUDIT_STREAM_H
#define DESK_AUDIT_STREAM_H

#include "core/tlog/export.h"

struct audit_stream {
    /* Gives up to `capacity` bytes; *ret_size is 0 at the end. Any error of its own. */
    RESULT (*read)(void *context, uint8_t *bytes, size_t capacity, size_t *ret_size);
    void *context;
    struct export_reader reader;
    uint8_t piece[EXPORT_PIECE_MAX];
};

/* Sets `reader`; the caller has set the source. */
void audit_stream_begin(struct audit_stream *stream);
void audit_stream_free(struct audit_stream *stream);
/* The next part, never EXPORT_MORE. *ret_bytes borrows until the next call. TEXT_TRUNCATED where the file ends too
 * early; of EXPORT_END, TEXT_TRAILING where it goes on. Errors of the reader and of the source. */
RESULT audit_stream_next(struct audit_stream *stream, enum export_part *ret_part, struct slice *ret_bytes);

#endif
