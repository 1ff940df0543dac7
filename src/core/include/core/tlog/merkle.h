/*
 * The Merkle tree of RFC 6962 / RFC 9162: frontier, batches, proofs and their verification.
 *
 * A tree is known by its right frontier alone: the roots of its complete subtrees, one for each bit set in its size.
 * Appending a batch gives root, every inclusion proof of the batch and every new tile hash without reading anything.
 * All functions are pure and thread-safe.
 */
#ifndef CORE_TLOG_MERKLE_H
#define CORE_TLOG_MERKLE_H

#include "base/bytes.h"
#include "base/hash.h"
#include "core/limits.h"

enum { FRONTIER_MAX = 63 };
/* Leaves of the largest tree that is appended to or proved from. */
#define TREE_SIZE_MAX (UINT64_C(1) << 62)

/* SHA-256(00, data) */
struct hash merkle_leaf(struct slice data);
/* SHA-256(01, left, right) */
struct hash merkle_node(const struct hash *left, const struct hash *right);

/* levels[l] is the root of the complete subtree of 2^l leaves that ends the tree's prefix of that bit; it means
 * something only where bit l of size is set. An all-zero frontier is the empty tree. */
struct frontier {
    uint64_t size;
    struct hash levels[FRONTIER_MAX];
};

/* Root of the tree; that of the empty tree is SHA-256(""). */
struct hash frontier_root(const struct frontier *frontier);

/* What one appended run of leaves gave. */
struct merkle_batch;

/* Appends `count` >= 1 leaf hashes and moves the frontier on. NO_MEMORY; TEXT_TOO_LONG where the tree would pass 2^62.
 * On failure the frontier is as it was. *ret_batch is yours to free. */
RESULT merkle_append(struct frontier *frontier, const struct hash *leaves, size_t count,
                     struct merkle_batch **ret_batch);
/* Takes NULL. */
void merkle_batch_free(struct merkle_batch *batch);
/* Size and root of the tree after the batch. */
uint64_t merkle_batch_size(const struct merkle_batch *batch);
struct hash merkle_batch_root(const struct merkle_batch *batch);
/* Inclusion proof of the batch's leaf `i` (0-based in the batch) in the tree after it; returns its length. */
size_t merkle_batch_proof(const struct merkle_batch *batch, size_t i, struct hash path[static PROOF_PATH_MAX]);
/* The hashes that the batch completed at height 8 * tile_level: *ret_first is the index of the first at that height,
 * *ret_hashes borrows from the batch. Returns how many (0: none). */
size_t merkle_batch_tile_hashes(const struct merkle_batch *batch, unsigned tile_level, uint64_t *ret_first,
                                const struct hash **ret_hashes);

/* Whether `path` ties the leaf to the root (RFC 9162, 2.1.3.2). PROOF_WRONG. */
RESULT inclusion_verify(uint64_t index, uint64_t size, const struct hash *leaf, const struct hash *path, size_t length,
                        const struct hash *root);
/* Whether the tree of size n extends the one of size m >= 1. CONSISTENCY_WRONG. */
RESULT consistency_verify(uint64_t m, uint64_t n, const struct hash *path, size_t length, const struct hash *root_m,
                          const struct hash *root_n);

/* Tiles (C2SP tlog-tiles): 256 hashes each. */
enum { TILE_WIDTH = 256, TILE_LEVELS = 8 };

/* The tiles that were asked for last, with the nodes inside them: 16 KiB each. Proofs for one tree after the other, as
 * it grows, then read and hash what is new. For one source, whose hashes never change; for one thread at a time. */
struct tile_memory;
/* For `tiles` >= 1 of them. NO_MEMORY. Yours to free. */
RESULT tile_memory_new(size_t tiles, struct tile_memory **ret_memory);
/* Takes NULL. */
void tile_memory_free(struct tile_memory *memory);

/* Where hashes are read from: `count` hashes at height 8 * level from index `first`, all within one tile; they are
 * complete subtrees of the tree asked about. The function returns any error of its own. */
struct tile_source {
    RESULT (*read)(void *context, unsigned level, uint64_t first, size_t count, struct hash *ret_hashes);
    void *context;
    struct tile_memory *memory; /* NULL: none */
};

/* Inclusion proof of leaf `index` in the tree of `size` leaves; index < size or PROOF_WRONG. */
RESULT inclusion_prove(const struct tile_source *tiles, uint64_t index, uint64_t size,
                       struct hash ret_path[static PROOF_PATH_MAX], size_t *ret_length);
/* Consistency proof of m in n; 1 <= m <= n or CONSISTENCY_WRONG. */
RESULT consistency_prove(const struct tile_source *tiles, uint64_t m, uint64_t n,
                         struct hash ret_path[static CONSISTENCY_PATH_MAX], size_t *ret_length);
/* Frontier of the tree of `size` leaves. */
RESULT frontier_load(const struct tile_source *tiles, uint64_t size, struct frontier *ret_frontier);

#endif
