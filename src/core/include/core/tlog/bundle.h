/*
 * Entry bundles (C2SP tlog-tiles): the leaves below a tile of level 0, one behind the other, each behind its length in
 * two bytes, the higher one first.
 *
 * Always: what was read, written again, is the same bytes. Pure, thread-safe.
 */
#ifndef CORE_TLOG_BUNDLE_H
#define CORE_TLOG_BUNDLE_H

#include "base/buffer.h"
#include "core/tlog/merkle.h"

enum { BUNDLE_MAX = TILE_WIDTH * (LEAF_MAX + 2) }; /* bytes of the longest */

/* Appends a leaf, of at most LEAF_MAX bytes; errors by the buffer's own state. */
void bundle_add(struct slice leaf, struct buffer *out);
/* Takes the next leaf off the bundle; it borrows from it. TEXT_TRUNCATED where there is no whole one, TEXT_TOO_LONG for
 * one that is longer than any can be. */
RESULT bundle_next(struct slice *bundle, struct slice *ret_leaf);
/* Takes a whole, full bundle apart. TEXT_TRUNCATED, TEXT_TOO_LONG, TEXT_TRAILING. */
RESULT bundle_read(struct slice bundle, struct slice ret_leaves[static TILE_WIDTH]);

#endif
