/*
 * Addresses of a ledger's pages (C2SP tlog-tiles), behind API_LEDGER:
 *
 *   VENDOR/checkpoint
 *   VENDOR/tile/L/N[.p/W]          hashes: level L from 0 to 63, tile N, the first W of it (1 to 255) or all 256
 *   VENDOR/tile/entries/N[.p/W]    the leaves below tile N of level 0
 *
 * N is written in groups of three digits, all but the last with an x in front: 1234067 is x001/x234/067.
 *
 * Always: a page has one address; everything else is refused. Pure, thread-safe.
 */
#ifndef PROTO_TILE_PATH_H
#define PROTO_TILE_PATH_H

#include "base/buffer.h"
#include "core/limits.h"
#include "core/tlog/merkle.h"

enum { TILE_LEVEL_MAX = 63 };
#define TILE_NUMBER_MAX (TREE_SIZE_MAX / TILE_WIDTH)

enum tile_page { TILE_PAGE_CHECKPOINT, TILE_PAGE_HASHES, TILE_PAGE_ENTRIES };

struct tile_path {
    char vendor[NAME_SIZE];
    enum tile_page page;
    unsigned level; /* of TILE_PAGE_HASHES; otherwise 0 */
    uint64_t number;
    unsigned width; /* 1 to TILE_WIDTH; 0 of TILE_PAGE_CHECKPOINT */
};

/* NO_SUCH_PAGE. */
RESULT tile_path_read(struct slice text, struct tile_path *ret_path);
void tile_path_write(const struct tile_path *path, struct buffer *out);

/* Whether the page's hashes or leaves are all within a tree of `size` leaves. The checkpoint always is. */
bool tile_path_within(const struct tile_path *path, uint64_t size);

#endif
