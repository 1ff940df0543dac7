/* Exports of a ledger from arbitrary bytes, in pieces whose size the first byte gives: what is read to its end is
 * written again as the same bytes. */
#include "core/tlog/export.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool copy_parts(struct export_reader *reader, struct buffer *again)
{
    for (;;) {
        enum export_part part = EXPORT_MORE;
        struct slice bytes = {0};
        if (!is_ok(export_reader_next(reader, &part, &bytes)))
            return false;
        if (part == EXPORT_MORE)
            return true;
        if (part == EXPORT_HEADER)
            export_header_write(&reader->header, again);
        else if (part == EXPORT_LEAF)
            export_leaf_write(bytes, again);
        else
            export_end_write(bytes, again);
    }
}

static bool copy_export(struct slice file, size_t piece, struct buffer *again)
{
    __attribute__((cleanup(export_reader_free))) struct export_reader reader;
    export_reader_begin(&reader);
    for (size_t at = 0; at < file.size; at += piece) {
        const size_t size = file.size - at < piece ? file.size - at : piece;
        if (!is_ok(export_reader_add(&reader, slice_make(file.data + at, size))) || !copy_parts(&reader, again))
            return false;
    }
    return is_ok(export_reader_finish(&reader));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct slice file = slice_make(data + 1, size - 1);
    CLEANUP_BUFFER struct buffer again = buffer_make(size);
    if (copy_export(file, 1 + (size_t)data[0] * 64, &again))
        assert(is_ok(buffer_status(&again)) && slice_equal(buffer_slice(&again), file));
    return 0;
}
