/*
 * The Merkle tree: hashing, the frontier, appending a batch, and verifying proofs. See merkle.h.
 *
 * A batch keeps, for each height l, the nodes of the new tree that its leaves can need: from index m >> l on (m: the
 * old size), and where that index is odd its left sibling too, which is the frontier's complete subtree of that height.
 * A last node without right sibling is promoted unchanged. So a batch of k leaves keeps at most 2k + 3 nodes a height.
 *
 * Always: every level of a batch begins at an even index, and the last level holds the root alone.
 */
#include "core/tlog/merkle.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS_MAX = FRONTIER_MAX };

struct level {
    uint64_t first; /* index of nodes[0] at this height */
    uint64_t last;
    struct hash *nodes;
};

struct merkle_batch {
    uint64_t old_size;
    uint64_t size;
    unsigned height; /* of the root */
    struct level levels[LEVELS_MAX];
    struct hash nodes[];
};

struct hash merkle_leaf(struct slice data)
{
    static const uint8_t prefix = 0x00;
    const struct slice parts[] = {{&prefix, 1}, data};
    return hash_of_parts(parts, 2);
}

struct hash merkle_node(const struct hash *left, const struct hash *right)
{
    uint8_t bytes[1 + 2 * HASH_SIZE] = {0x01};
    memcpy(bytes + 1, left->bytes, HASH_SIZE);
    memcpy(bytes + 1 + HASH_SIZE, right->bytes, HASH_SIZE);
    return hash_of(slice_make(bytes, sizeof bytes));
}

struct hash frontier_root(const struct frontier *frontier)
{
    if (frontier->size == 0)
        return hash_of(slice_of(""));
    const unsigned lowest = (unsigned)__builtin_ctzll(frontier->size);
    struct hash root = frontier->levels[lowest];
    for (unsigned l = lowest + 1; l < FRONTIER_MAX; l++)
        if (frontier->size >> l & 1)
            root = merkle_node(&frontier->levels[l], &root);
    return root;
}

/* Sets the extent of each level; returns how many nodes all have together. */
static uint64_t lay_out(struct merkle_batch *batch)
{
    uint64_t total = 0;
    for (unsigned l = 0; l < LEVELS_MAX; l++) {
        struct level *level = &batch->levels[l];
        level->first = batch->old_size >> l & ~UINT64_C(1);
        level->last = (batch->size - 1) >> l;
        total += level->last - level->first + 1;
        batch->height = l;
        if (level->last == 0)
            break; /* at the latest in the last round: no tree is larger than TREE_SIZE_MAX */
    }
    return total;
}

/* Fills level l + 1, behind its sibling from the frontier if it has one, from level l. */
static void fill_parents(struct level *parents, const struct level *children, uint64_t start)
{
    const uint64_t first_child = children->first;
    for (uint64_t i = start; i <= parents->last; i++) {
        const struct hash *left = &children->nodes[2 * i - first_child];
        parents->nodes[i - parents->first] = 2 * i == children->last ? *left : merkle_node(left, left + 1);
    }
}

static void fill(struct merkle_batch *batch, const struct frontier *frontier, const struct hash *leaves, size_t count)
{
    struct hash *next = batch->nodes;
    for (unsigned l = 0; l <= batch->height; l++) {
        struct level *level = &batch->levels[l];
        const uint64_t start = batch->old_size >> l;
        level->nodes = next;
        next += level->last - level->first + 1;
        if (start & 1)
            level->nodes[0] = frontier->levels[l];
        if (l == 0)
            memcpy(level->nodes + (start - level->first), leaves, count * sizeof *leaves);
        else
            fill_parents(level, &batch->levels[l - 1], start);
    }
}

/* Every complete subtree of the new frontier is in the batch: where it is an old one, as the prepended sibling. */
static struct frontier frontier_after(const struct merkle_batch *batch)
{
    struct frontier frontier = {.size = batch->size};
    for (unsigned l = 0; l <= batch->height; l++)
        if (batch->size >> l & 1)
            frontier.levels[l] = batch->levels[l].nodes[(batch->size >> l) - 1 - batch->levels[l].first];
    return frontier;
}

RESULT merkle_append(struct frontier *frontier, const struct hash *leaves, size_t count,
                     struct merkle_batch **ret_batch)
{
    assert(count > 0);
    ENSURE(frontier->size <= TREE_SIZE_MAX && count <= TREE_SIZE_MAX - frontier->size, TEXT_TOO_LONG);
    struct merkle_batch extent = {.old_size = frontier->size, .size = frontier->size + count};
    const uint64_t total = lay_out(&extent);
    ENSURE(total <= (SIZE_MAX - sizeof extent) / sizeof(struct hash), NO_MEMORY);
    struct merkle_batch *batch = malloc(sizeof *batch + total * sizeof(struct hash));
    ENSURE(batch != NULL, NO_MEMORY);
    *batch = extent;
    fill(batch, frontier, leaves, count);
    *frontier = frontier_after(batch);
    *ret_batch = batch;
    return RESULT_OK;
}

void merkle_batch_free(struct merkle_batch *batch)
{
    free(batch);
}

uint64_t merkle_batch_size(const struct merkle_batch *batch)
{
    return batch->size;
}

struct hash merkle_batch_root(const struct merkle_batch *batch)
{
    return batch->levels[batch->height].nodes[0];
}

size_t merkle_batch_proof(const struct merkle_batch *batch, size_t i, struct hash path[static PROOF_PATH_MAX])
{
    assert(i < batch->size - batch->old_size);
    const uint64_t index = batch->old_size + i;
    size_t length = 0;
    for (unsigned l = 0; l < batch->height; l++) {
        const struct level *level = &batch->levels[l];
        const uint64_t sibling = index >> l ^ 1;
        if (sibling <= level->last)
            path[length++] = level->nodes[sibling - level->first];
    }
    return length;
}

size_t merkle_batch_tile_hashes(const struct merkle_batch *batch, unsigned tile_level, uint64_t *ret_first,
                                const struct hash **ret_hashes)
{
    assert(tile_level < TILE_LEVELS);
    const unsigned height = 8 * tile_level;
    const uint64_t first = batch->old_size >> height;
    const uint64_t end = batch->size >> height;
    *ret_first = first;
    *ret_hashes = NULL;
    if (first == end)
        return 0;
    *ret_hashes = batch->levels[height].nodes + (first - batch->levels[height].first);
    return end - first;
}

/* The place of a proof in the tree: a node's index among those of its height, and the last index there. */
struct climb {
    uint64_t node;
    uint64_t last;
};

/* Whether the next hash of the proof is a left sibling. Moves on to the parent; past the heights at which a last node
 * is promoted. */
static bool climb_left(struct climb *climb)
{
    const bool left = climb->node & 1 || climb->node == climb->last;
    if (left)
        while (!(climb->node & 1) && climb->node != 0) {
            climb->node >>= 1;
            climb->last >>= 1;
        }
    climb->node >>= 1;
    climb->last >>= 1;
    return left;
}

RESULT inclusion_verify(uint64_t index, uint64_t size, const struct hash *leaf, const struct hash *path, size_t length,
                        const struct hash *root)
{
    ENSURE(index < size, PROOF_WRONG);
    struct climb climb = {index, size - 1};
    struct hash hash = *leaf;
    for (size_t i = 0; i < length; i++) {
        ENSURE(climb.last != 0, PROOF_WRONG);
        hash = climb_left(&climb) ? merkle_node(&path[i], &hash) : merkle_node(&hash, &path[i]);
    }
    ENSURE(climb.last == 0 && hash_equal(&hash, root), PROOF_WRONG);
    return RESULT_OK;
}

RESULT consistency_verify(uint64_t m, uint64_t n, const struct hash *path, size_t length, const struct hash *root_m,
                          const struct hash *root_n)
{
    ENSURE(m > 0, CONSISTENCY_WRONG); /* of two empty trees too: nothing would be proved */
    if (m == n) {
        ENSURE(length == 0 && hash_equal(root_m, root_n), CONSISTENCY_WRONG);
        return RESULT_OK;
    }
    ENSURE(m < n && length > 0, CONSISTENCY_WRONG);
    struct climb climb = {m - 1, n - 1};
    while (climb.node & 1) {
        climb.node >>= 1;
        climb.last >>= 1;
    }
    /* The old tree is one complete subtree where m is a power of two; then its root is the first hash, and not sent. */
    const bool complete = (m & (m - 1)) == 0;
    struct hash old_hash = complete ? *root_m : path[0];
    struct hash new_hash = old_hash;
    for (size_t i = complete ? 0 : 1; i < length; i++) {
        ENSURE(climb.last != 0, CONSISTENCY_WRONG);
        if (climb_left(&climb)) {
            old_hash = merkle_node(&path[i], &old_hash);
            new_hash = merkle_node(&path[i], &new_hash);
        } else {
            new_hash = merkle_node(&new_hash, &path[i]);
        }
    }
    ENSURE(climb.last == 0 && hash_equal(&old_hash, root_m) && hash_equal(&new_hash, root_n), CONSISTENCY_WRONG);
    return RESULT_OK;
}
