/*
 * A stretch of a ledger in one file, for the vendor's audit: what `avalctl ledger export` writes and `aval-vendor
 * audit` reads, one leaf at a time, in constant memory.
 *
 *   aval ledger-export v1
 *   origin ORIGIN
 *   from SIZE                  leaves before this one are not in the file
 *   to SIZE                    and none from this one on
 *   node BASE64                right frontier of the tree of `from` leaves: one for each bit set in it, lowest first
 *   (empty line)
 *   leaf LENGTH                for each leaf of from..to: its length in bytes, a newline, the leaf itself
 *   ...
 *   checkpoint LENGTH          the signed checkpoint of size `to`, the same way; then the file ends
 *
 * The frontier binds the file to what was audited before: its root must be that of the earlier checkpoint; appending
 * the leaves must give the root of the new one. Pure: bytes come in and go out by calls. Not thread-safe.
 */
#ifndef CORE_TLOG_EXPORT_H
#define CORE_TLOG_EXPORT_H

#include "base/buffer.h"
#include "core/tlog/checkpoint.h"
#include "core/tlog/merkle.h"

struct export_header {
    char origin[KEY_NAME_SIZE];
    uint64_t from;
    uint64_t to;              /* >= from */
    struct frontier frontier; /* of `from` leaves */
};

enum { EXPORT_PIECE_MAX = 64 * 1024 }; /* bytes added to a reader at once */

/* Writers: append to `out`; errors by its sticky state. */
void export_header_write(const struct export_header *header, struct buffer *out);
void export_leaf_write(struct slice leaf, struct buffer *out);
void export_end_write(struct slice checkpoint_note, struct buffer *out);

/* The reader takes the file in pieces of any size and hands out its parts in order. */
enum export_part {
    EXPORT_MORE,   /* needs more bytes */
    EXPORT_HEADER, /* reader->header is there */
    EXPORT_LEAF,   /* *ret_bytes is leaf number `index` */
    EXPORT_END     /* *ret_bytes is the checkpoint note; nothing may follow */
};
struct export_reader {
    struct export_header header;
    uint64_t index;        /* of the leaf handed out last */
    uint64_t next;         /* of the leaf to come; header.to: the checkpoint is to come */
    struct buffer pending; /* bytes not yet handed out; its limit bounds any part */
    size_t taken;          /* of pending, handed out already */
    enum export_stage { EXPORT_IN_HEADER, EXPORT_IN_BODY, EXPORT_ENDED } stage;
};
void export_reader_begin(struct export_reader *reader);
void export_reader_free(struct export_reader *reader);
/* Adds at most EXPORT_PIECE_MAX bytes of the file, once export_reader_next has asked for more. TEXT_TRAILING after the
 * end; NO_MEMORY; TEXT_TOO_LONG where the caller adds without handing out. */
RESULT export_reader_add(struct export_reader *reader, struct slice bytes);
/* The next part. *ret_bytes borrows until the next call. DOCUMENT_TYPE, DOCUMENT_VERSION, DOCUMENT_MISSING_KEY,
 * DOCUMENT_VALUE, BASE64, TEXT_TRAILING: with the line where it stands in the header. TEXT_TOO_LONG where a part is
 * longer than any can be. After a failure the reader is of no further use. */
RESULT export_reader_next(struct export_reader *reader, enum export_part *ret_part, struct slice *ret_bytes);
/* After the last byte: TEXT_TRUNCATED unless the end has been handed out. */
RESULT export_reader_finish(const struct export_reader *reader);

#endif
