/*
 * Proofs and frontiers from stored tiles. See merkle.h.
 *
 * Tiles hold the hashes at heights 0, 8, 16, ...; those of the seven heights above each are computed from them. A proof
 * reads each tile on its way at most once, plus those of the right edge up to the one sibling that is not complete.
 *
 * Always: only complete subtrees are read; height and index of a node never leave its tile. A complete subtree stays
 * what it is while the tree grows; so a tile that is remembered is never wrong, only short.
 */
#include "core/tlog/merkle.h"

#include <assert.h>
#include <stdlib.h>

enum { TILE_HEIGHT = 8, TILE_NODES = 2 * TILE_WIDTH };

/* A tile's hashes, and of the nodes above them those that were needed so far. */
struct folded_tile {
    uint64_t used; /* when, by the memory's count of uses; 0: never */
    unsigned level;
    uint64_t first;            /* index of the tile's first hash at its own height */
    size_t known[TILE_HEIGHT]; /* how many nodes there are, at each height above the tile's own */
    struct hash nodes[TILE_NODES];
};

struct tile_memory {
    uint64_t uses;
    size_t count;
    struct folded_tile tiles[];
};

RESULT tile_memory_new(size_t tiles, struct tile_memory **ret_memory)
{
    assert(tiles >= 1);
    struct tile_memory *const memory = calloc(1, sizeof *memory + tiles * sizeof *memory->tiles);
    ENSURE(memory != NULL, NO_MEMORY);
    memory->count = tiles;
    *ret_memory = memory;
    return RESULT_OK;
}

void tile_memory_free(struct tile_memory *memory)
{
    free(memory);
}

static void begin_tile(struct folded_tile *tile, unsigned level, uint64_t first)
{
    tile->level = level;
    tile->first = first;
    for (unsigned above = 0; above < TILE_HEIGHT; above++)
        tile->known[above] = 0;
}

/* The remembered tile, or the one that was not used for longest, begun anew. */
static struct folded_tile *recall(struct tile_memory *memory, unsigned level, uint64_t first)
{
    struct folded_tile *oldest = &memory->tiles[0];
    struct folded_tile *found = NULL;
    for (size_t i = 0; i < memory->count && found == NULL; i++) {
        struct folded_tile *const tile = &memory->tiles[i];
        if (tile->used > 0 && tile->level == level && tile->first == first)
            found = tile;
        else if (tile->used < oldest->used)
            oldest = tile;
    }
    if (found == NULL) {
        found = oldest;
        begin_tile(found, level, first);
    }
    found->used = ++memory->uses;
    return found;
}

/* One tile of the tree asked about. */
struct tile_view {
    const struct tile_source *tiles;
    unsigned level;
    uint64_t first;
    size_t count;           /* how many of its hashes exist in that tree; what is asked for must not need more */
    struct folded_tile own; /* where the source has no memory */
};

/* The tile at that level that holds, or would hold, the node above leaf `index` in a tree of `size`. */
static void view_tile(struct tile_view *view, const struct tile_source *tiles, unsigned level, uint64_t index,
                      uint64_t size)
{
    const uint64_t stored = size >> (TILE_HEIGHT * level);
    view->tiles = tiles;
    view->level = level;
    view->first = index >> (TILE_HEIGHT * level) & ~(uint64_t)(TILE_WIDTH - 1);
    const uint64_t behind = stored > view->first ? stored - view->first : 0;
    view->count = behind < TILE_WIDTH ? (size_t)behind : TILE_WIDTH;
    begin_tile(&view->own, level, view->first);
}

/* The place of the node `local` of those at height `above` of a tile: 256 hashes, 128 nodes, 64, ... one behind the
 * other. */
static struct hash *node_of(struct folded_tile *tile, unsigned above, size_t local)
{
    const size_t nodes = TILE_NODES;
    return &tile->nodes[nodes - (nodes >> above) + local];
}

/* Reads and computes what is missing up to that height. */
static RESULT fold(const struct tile_source *tiles, struct folded_tile *tile, size_t count, unsigned above)
{
    if (tile->known[0] < count) {
        TRY(tiles->read(tiles->context, tile->level, tile->first + tile->known[0], count - tile->known[0],
                        node_of(tile, 0, tile->known[0])));
        tile->known[0] = count;
    }
    for (unsigned height = 1; height <= above; height++)
        for (; tile->known[height] < count >> height; tile->known[height]++) {
            const struct hash *const pair = node_of(tile, height - 1, 2 * tile->known[height]);
            *node_of(tile, height, tile->known[height]) = merkle_node(&pair[0], &pair[1]);
        }
    return RESULT_OK;
}

/* The node `index` at height 8 * level + above; index counts all nodes of that height. */
static RESULT tile_node(struct tile_view *view, unsigned above, uint64_t index, struct hash *ret_hash)
{
    assert(above < TILE_HEIGHT);
    struct tile_memory *const memory = view->tiles->memory;
    /* Looked up each time: another view may have taken its place meanwhile. */
    struct folded_tile *const tile = memory == NULL ? &view->own : recall(memory, view->level, view->first);
    TRY(fold(view->tiles, tile, view->count, above));
    const uint64_t local = index - (view->first >> above);
    assert(local < view->count >> above);
    *ret_hash = *node_of(tile, above, (size_t)local);
    return RESULT_OK;
}

/* Loads the complete subtrees for the bits of edge->size, which are the lowest bits of `size`. */
static RESULT load_edge(const struct tile_source *tiles, uint64_t size, struct frontier *edge)
{
    struct tile_view view;
    for (unsigned height = 0; height < FRONTIER_MAX && edge->size >> height != 0; height++) {
        if (height % TILE_HEIGHT == 0)
            view_tile(&view, tiles, height / TILE_HEIGHT, size, size);
        if (edge->size >> height & 1)
            TRY(tile_node(&view, height % TILE_HEIGHT, (size >> height) - 1, &edge->levels[height]));
    }
    return RESULT_OK;
}

RESULT frontier_load(const struct tile_source *tiles, uint64_t size, struct frontier *ret_frontier)
{
    ENSURE(size <= TREE_SIZE_MAX, TEXT_TOO_LONG);
    struct frontier frontier = {.size = size};
    TRY(load_edge(tiles, size, &frontier));
    *ret_frontier = frontier;
    return RESULT_OK;
}

/* Root of the last, incomplete subtree of that height: of the leaves behind the last multiple of 2^height. */
static RESULT load_incomplete(const struct tile_source *tiles, uint64_t size, unsigned height, struct hash *ret_hash)
{
    struct frontier edge = {.size = size & ((UINT64_C(1) << height) - 1)};
    TRY(load_edge(tiles, size, &edge));
    *ret_hash = frontier_root(&edge);
    return RESULT_OK;
}

/* A path on its way from a node up to the root. */
struct path {
    uint64_t leaf; /* any leaf below the node */
    uint64_t size;
    unsigned from;  /* height of the node */
    bool with_node; /* whether the node itself comes first */
    struct hash *hashes;
    size_t length;
};

/* Adds what the path needs at one height: the sibling, where it exists. */
static RESULT add_height(struct path *path, struct tile_view *view, unsigned above)
{
    const unsigned height = TILE_HEIGHT * view->level + above;
    const uint64_t node = path->leaf >> height;
    const uint64_t sibling = node ^ 1;
    const uint64_t complete = path->size >> height;
    if (path->with_node && height == path->from)
        TRY(tile_node(view, above, node, &path->hashes[path->length++]));
    if (sibling > (path->size - 1) >> height)
        return RESULT_OK;
    if (sibling < complete)
        return tile_node(view, above, sibling, &path->hashes[path->length++]);
    return load_incomplete(view->tiles, path->size, height, &path->hashes[path->length++]);
}

static RESULT add_path(const struct tile_source *tiles, struct path *path)
{
    struct tile_view view;
    for (unsigned height = path->from; (path->size - 1) >> height != 0; height++) {
        if (height == path->from || height % TILE_HEIGHT == 0)
            view_tile(&view, tiles, height / TILE_HEIGHT, path->leaf, path->size);
        TRY(add_height(path, &view, height % TILE_HEIGHT));
    }
    return RESULT_OK;
}

RESULT inclusion_prove(const struct tile_source *tiles, uint64_t index, uint64_t size,
                       struct hash ret_path[static PROOF_PATH_MAX], size_t *ret_length)
{
    ENSURE(index < size && size <= TREE_SIZE_MAX, PROOF_WRONG);
    struct hash hashes[PROOF_PATH_MAX];
    struct path path = {.leaf = index, .size = size, .hashes = hashes};
    TRY(add_path(tiles, &path));
    for (size_t i = 0; i < path.length; i++)
        ret_path[i] = hashes[i];
    *ret_length = path.length;
    return RESULT_OK;
}

/* The proof is the path from the last complete subtree of the old tree (that of its lowest bit), which comes first
 * unless it is the whole old tree, whose root the verifier has. */
RESULT consistency_prove(const struct tile_source *tiles, uint64_t m, uint64_t n,
                         struct hash ret_path[static CONSISTENCY_PATH_MAX], size_t *ret_length)
{
    ENSURE(m >= 1 && m <= n && n <= TREE_SIZE_MAX, CONSISTENCY_WRONG);
    struct hash hashes[CONSISTENCY_PATH_MAX];
    struct path path = {.leaf = m - 1, .size = n, .hashes = hashes};
    path.from = (unsigned)__builtin_ctzll(m);
    path.with_node = (m & (m - 1)) != 0;
    if (m < n)
        TRY(add_path(tiles, &path));
    for (size_t i = 0; i < path.length; i++)
        ret_path[i] = hashes[i];
    *ret_length = path.length;
    return RESULT_OK;
}
