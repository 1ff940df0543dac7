/*
 * The Merkle tree. The first byte chooses: an inclusion proof or a consistency proof out of arbitrary bytes, or batches
 * of arbitrary sizes, whose own proofs must hold and whose trees must extend each other.
 */
#include "core/tlog/merkle.h"

#include <assert.h>
#include <string.h>

enum { LEAVES_MAX = 600, BATCHES_MAX = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *data;
    size_t size;
};

/* The next bytes, zeros where there are none. */
static void take(struct input *input, void *to, size_t size)
{
    const size_t given = size < input->size ? size : input->size;
    memset(to, 0, size);
    if (given == 0)
        return;
    memcpy(to, input->data, given);
    input->data += given;
    input->size -= given;
}

/* Any proof: it is not to crash, and never to hold for numbers that no tree has. */
static void arbitrary_proof(struct input *input, bool inclusion)
{
    uint64_t numbers[2];
    struct hash hashes[2];
    struct hash path[CONSISTENCY_PATH_MAX];
    take(input, numbers, sizeof numbers);
    take(input, hashes, sizeof hashes);
    size_t length = 0;
    while (input->size >= HASH_SIZE && length < CONSISTENCY_PATH_MAX)
        take(input, &path[length++], HASH_SIZE);
    if (inclusion) {
        const struct result result = inclusion_verify(numbers[0], numbers[1], &hashes[0], path, length, &hashes[1]);
        assert(!is_ok(result) || numbers[0] < numbers[1]);
    } else {
        const struct result result = consistency_verify(numbers[0], numbers[1], path, length, &hashes[0], &hashes[1]);
        assert(!is_ok(result) || (numbers[0] >= 1 && numbers[0] <= numbers[1]));
    }
}

struct tree {
    struct frontier frontier;
    struct hash leaves[LEAVES_MAX]; /* level 0 */
    struct hash upper[LEAVES_MAX / TILE_WIDTH];
};

static RESULT read_tree(void *context, unsigned level, uint64_t first, size_t count, struct hash *ret_hashes)
{
    const struct tree *tree = context;
    assert(level < 2 && count > 0 && count <= TILE_WIDTH && first + count <= tree->frontier.size >> (8 * level));
    memcpy(ret_hashes, (level == 0 ? tree->leaves : tree->upper) + first, count * sizeof *ret_hashes);
    return RESULT_OK;
}

static void check_consistency(struct tree *tree, uint64_t old_size, const struct hash *old_root)
{
    const struct tile_source tiles = {.read = read_tree, .context = tree};
    const struct hash root = frontier_root(&tree->frontier);
    struct hash path[CONSISTENCY_PATH_MAX];
    size_t length = 0;
    assert(is_ok(consistency_prove(&tiles, old_size, tree->frontier.size, path, &length)));
    assert(is_ok(consistency_verify(old_size, tree->frontier.size, path, length, old_root, &root)));
}

/* Appends a batch and compares what it says with what the tiles say. */
static void append(struct tree *tree, struct input *input, size_t count)
{
    const struct hash old_root = frontier_root(&tree->frontier);
    const uint64_t old_size = tree->frontier.size;
    for (size_t i = 0; i < count; i++) {
        const uint64_t number = old_size + i;
        tree->leaves[old_size + i] = merkle_leaf(slice_make(&number, sizeof number));
    }
    struct merkle_batch *batch = NULL;
    if (!is_ok(merkle_append(&tree->frontier, tree->leaves + old_size, count, &batch)))
        return;
    uint64_t first = 0;
    const struct hash *hashes = NULL;
    const size_t new_hashes = merkle_batch_tile_hashes(batch, 1, &first, &hashes);
    if (new_hashes > 0)
        memcpy(tree->upper + first, hashes, new_hashes * sizeof *hashes);

    uint16_t choice = 0;
    take(input, &choice, sizeof choice);
    const size_t i = choice % count;
    const struct hash root = merkle_batch_root(batch);
    struct hash path[PROOF_PATH_MAX];
    struct hash stored[PROOF_PATH_MAX];
    size_t stored_length = 0;
    const size_t length = merkle_batch_proof(batch, i, path);
    assert(
        is_ok(inclusion_verify(old_size + i, tree->frontier.size, &tree->leaves[old_size + i], path, length, &root)));
    const struct tile_source tiles = {.read = read_tree, .context = tree};
    assert(is_ok(inclusion_prove(&tiles, old_size + i, tree->frontier.size, stored, &stored_length)));
    assert(length == stored_length && memcmp(path, stored, length * sizeof *path) == 0);
    struct frontier loaded;
    assert(is_ok(frontier_load(&tiles, tree->frontier.size, &loaded)));
    assert(memcmp(&loaded, &tree->frontier, sizeof loaded) == 0);
    if (old_size > 0)
        check_consistency(tree, old_size, &old_root);
    merkle_batch_free(batch);
}

static void grow(struct input *input)
{
    struct tree tree = {0};
    for (unsigned i = 0; i < BATCHES_MAX && input->size > 0; i++) {
        uint16_t wish = 0;
        take(input, &wish, sizeof wish);
        const size_t left = LEAVES_MAX - tree.frontier.size;
        if (left == 0)
            return;
        append(&tree, input, 1 + wish % left);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    uint8_t choice = 0;
    take(&input, &choice, sizeof choice);
    if (choice % 3 == 2)
        grow(&input);
    else
        arbitrary_proof(&input, choice % 3 == 0);
    return 0;
}
