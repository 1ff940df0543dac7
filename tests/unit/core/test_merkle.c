/*
 * The Merkle tree against the definitions of RFC 6962 section 2.1, written down here once more as plain recursion.
 * The other tests of the tree compare with that.
 */
#include "core/tlog/merkle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    SMALL_SIZE = 300,       /* every size up to here is tried */
    LARGE_SIZE = 70000,     /* two tile levels full, one begun */
    LEVELS = 3,             /* tile levels of the large tree */
    READS_MAX = 2 * LEVELS, /* for one proof: the way up, and the right edge */
};

static struct hash *leaves; /* LARGE_SIZE of them */

/* MTH(D[from:to]) of complete subtrees, kept: index (from >> height) at each height. Without it the recursion below
 * would be too slow for the large tree. */
static struct hash *kept[18];

static uint64_t split(uint64_t n)
{
    uint64_t k = 1;
    while (k * 2 < n)
        k *= 2;
    return k;
}

static struct hash naive_root(uint64_t from, uint64_t to)
{
    const uint64_t n = to - from;
    if (n == 0)
        return hash_of(slice_of(""));
    if (n == 1)
        return leaves[from];
    const uint64_t k = split(n);
    const int height = __builtin_ctzll(n);
    if (n == 2 * k && (from & (n - 1)) == 0 && kept[height] != NULL)
        return kept[height][from >> height];
    const struct hash left = naive_root(from, from + k);
    const struct hash right = naive_root(from + k, to);
    return merkle_node(&left, &right);
}

/* PATH(index, D[from:to]) */
static size_t naive_path(uint64_t index, uint64_t from, uint64_t to, struct hash *path)
{
    const uint64_t n = to - from;
    if (n == 1)
        return 0;
    const uint64_t k = split(n);
    size_t length = 0;
    if (index < k) {
        length = naive_path(index, from, from + k, path);
        path[length] = naive_root(from + k, to);
    } else {
        length = naive_path(index - k, from + k, to, path);
        path[length] = naive_root(from, from + k);
    }
    return length + 1;
}

/* SUBPROOF(m, D[from:to], known) */
static size_t naive_subproof(uint64_t m, uint64_t from, uint64_t to, bool known, struct hash *path)
{
    const uint64_t n = to - from;
    if (m == n) {
        if (!known)
            path[0] = naive_root(from, to);
        return known ? 0 : 1;
    }
    const uint64_t k = split(n);
    size_t length = 0;
    if (m <= k) {
        length = naive_subproof(m, from, from + k, known, path);
        path[length] = naive_root(from + k, to);
    } else {
        length = naive_subproof(m - k, from + k, to, false, path);
        path[length] = naive_root(from, from + k);
    }
    return length + 1;
}

static int make_leaves(void **state)
{
    (void)state;
    leaves = malloc(LARGE_SIZE * sizeof *leaves);
    if (leaves == NULL)
        return -1;
    for (uint32_t i = 0; i < LARGE_SIZE; i++)
        leaves[i] = merkle_leaf(slice_make(&i, sizeof i));
    for (unsigned height = 1; height < 18; height++) {
        const size_t count = LARGE_SIZE >> height;
        struct hash *level = malloc((count + 1) * sizeof *level);
        if (level == NULL)
            return -1;
        for (size_t i = 0; i < count; i++)
            level[i] = naive_root(i << height, (i + 1) << height);
        kept[height] = level;
    }
    return 0;
}

static int free_leaves(void **state)
{
    (void)state;
    for (unsigned height = 1; height < 18; height++)
        free(kept[height]);
    free(leaves);
    return 0;
}

static void append(struct frontier *frontier, size_t count, struct merkle_batch **ret_batch)
{
    assert_true(is_ok(merkle_append(frontier, leaves + frontier->size, count, ret_batch)));
}

/* A frontier as appending leaf by leaf would give it, by definition. */
static struct frontier naive_frontier(uint64_t size)
{
    struct frontier frontier = {.size = size};
    for (unsigned l = 0; l < FRONTIER_MAX; l++)
        if (size >> l & 1) {
            const uint64_t index = (size >> l) - 1;
            frontier.levels[l] = naive_root(index << l, (index + 1) << l);
        }
    return frontier;
}

static void check_hash(const struct hash *got, const struct hash *expected)
{
    assert_memory_equal(got->bytes, expected->bytes, HASH_SIZE);
}

static void check_path(const struct hash *got, size_t got_length, const struct hash *expected, size_t length)
{
    assert_int_equal(got_length, length);
    for (size_t i = 0; i < length; i++)
        check_hash(&got[i], &expected[i]);
}

/* Tiles in memory: the hashes that batches gave, appended level by level. */
struct memory_tiles {
    struct hash *levels[LEVELS];
    uint64_t counts[LEVELS];
    uint64_t size; /* of the tree asked about: nothing beyond it may be read */
    size_t reads;
    struct result failure;
};

static RESULT read_memory(void *context, unsigned level, uint64_t first, size_t count, struct hash *ret_hashes)
{
    struct memory_tiles *tiles = context;
    tiles->reads++;
    TRY(tiles->failure);
    assert_true(level < LEVELS);
    assert_true(count > 0);
    assert_int_equal(first / TILE_WIDTH, (first + count - 1) / TILE_WIDTH);
    assert_true(first + count <= tiles->size >> (8 * level));
    assert_true(first + count <= tiles->counts[level]);
    memcpy(ret_hashes, tiles->levels[level] + first, count * sizeof *ret_hashes);
    return RESULT_OK;
}

static void keep_hashes(struct memory_tiles *tiles, const struct merkle_batch *batch)
{
    uint64_t first = 0;
    const struct hash *hashes = NULL;
    for (unsigned level = 0; level < LEVELS; level++) {
        const size_t count = merkle_batch_tile_hashes(batch, level, &first, &hashes);
        if (count == 0)
            continue;
        assert_int_equal(first, tiles->counts[level]);
        memcpy(tiles->levels[level] + first, hashes, count * sizeof *hashes);
        tiles->counts[level] += count;
    }
    for (unsigned level = LEVELS; level < TILE_LEVELS; level++)
        assert_int_equal(merkle_batch_tile_hashes(batch, level, &first, &hashes), 0);
}

static struct memory_tiles make_tiles(uint64_t size, size_t batch_size)
{
    struct memory_tiles tiles = {.size = size};
    for (unsigned level = 0; level < LEVELS; level++) {
        tiles.levels[level] = malloc(((size >> (8 * level)) + 1) * sizeof(struct hash));
        if (tiles.levels[level] == NULL)
            abort();
    }
    struct frontier frontier = {0};
    while (frontier.size < size) {
        struct merkle_batch *batch = NULL;
        const uint64_t left = size - frontier.size;
        append(&frontier, left < batch_size ? left : batch_size, &batch);
        keep_hashes(&tiles, batch);
        merkle_batch_free(batch);
    }
    return tiles;
}

static void free_tiles(struct memory_tiles *tiles)
{
    for (unsigned level = 0; level < LEVELS; level++)
        free(tiles->levels[level]);
}

static void the_reference_leaves_have_their_published_roots(void **state)
{
    (void)state;
    static const char *const data[] = {
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
    static const struct {
        size_t size;
        const char *root;
    } rows[] = {
        {0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
        {7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
        {8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
    };
    struct hash hashes[8];
    for (size_t i = 0; i < 8; i++) {
        uint8_t bytes[16];
        const size_t size = strlen(data[i]) / 2;
        assert_true(is_ok(hex_read_exactly(slice_of(data[i]), bytes, size)));
        hashes[i] = merkle_leaf(slice_make(bytes, size));
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct frontier frontier = {0};
        if (rows[i].size > 0) {
            struct merkle_batch *batch = NULL;
            assert_true(is_ok(merkle_append(&frontier, hashes, rows[i].size, &batch)));
            merkle_batch_free(batch);
        }
        const struct hash root = frontier_root(&frontier);
        char text[2 * HASH_SIZE + 1];
        hex_write(root.bytes, HASH_SIZE, text);
        assert_string_equal(text, rows[i].root);
    }
}

/* Appends `count` leaves to a tree of `size` and compares all that the batch says. */
static void check_batch(uint64_t size, size_t count)
{
    struct frontier frontier = naive_frontier(size);
    struct merkle_batch *batch = NULL;
    append(&frontier, count, &batch);
    const uint64_t after = size + count;
    const struct frontier expected = naive_frontier(after);
    assert_memory_equal(&frontier, &expected, sizeof frontier);
    const struct hash root = naive_root(0, after);
    const struct hash of_batch = merkle_batch_root(batch);
    const struct hash of_frontier = frontier_root(&frontier);
    check_hash(&of_batch, &root);
    check_hash(&of_frontier, &root);
    assert_int_equal(merkle_batch_size(batch), after);
    const size_t step = count > 512 ? 97 : 1;
    for (size_t i = 0; i < count; i += step) {
        struct hash path[PROOF_PATH_MAX];
        struct hash naive[PROOF_PATH_MAX];
        const size_t length = merkle_batch_proof(batch, i, path);
        check_path(path, length, naive, naive_path(size + i, 0, after, naive));
        assert_true(is_ok(inclusion_verify(size + i, after, &leaves[size + i], path, length, &root)));
    }
    merkle_batch_free(batch);
}

static void a_batch_gives_root_frontier_and_proofs_of_the_tree_after_it(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 33, 64, 100, 255, 256, 257};
    for (uint64_t size = 0; size <= SMALL_SIZE; size++)
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
            if (size < 40 || (size + i) % 5 == 0)
                check_batch(size, counts[i]);
}

static void a_batch_of_thousands_is_right_too(void **state)
{
    (void)state;
    check_batch(0, LARGE_SIZE);
    check_batch(1, 65536);
    check_batch(65535, 3);
    check_batch(12345, 4096);
}

static void a_batch_names_each_new_complete_tile_hash_once(void **state)
{
    (void)state;
    static const size_t batch_sizes[] = {1, 77, 256, 1000, 65536, LARGE_SIZE};
    for (size_t b = 0; b < sizeof batch_sizes / sizeof batch_sizes[0]; b++) {
        struct memory_tiles tiles = make_tiles(LARGE_SIZE, batch_sizes[b]);
        for (unsigned level = 0; level < LEVELS; level++) {
            assert_int_equal(tiles.counts[level], LARGE_SIZE >> (8 * level));
            for (uint64_t i = 0; i < tiles.counts[level]; i++) {
                const struct hash expected = naive_root(i << (8 * level), (i + 1) << (8 * level));
                check_hash(&tiles.levels[level][i], &expected);
            }
        }
        free_tiles(&tiles);
    }
}

static void a_tree_of_70000_leaves_has_the_published_tile_widths(void **state)
{
    (void)state;
    static const uint64_t full[LEVELS] = {273, 1, 0};
    static const uint64_t partial[LEVELS] = {112, 17, 1};
    struct memory_tiles tiles = make_tiles(LARGE_SIZE, 5000);
    for (unsigned level = 0; level < LEVELS; level++) {
        assert_int_equal(tiles.counts[level] / TILE_WIDTH, full[level]);
        assert_int_equal(tiles.counts[level] % TILE_WIDTH, partial[level]);
    }
    free_tiles(&tiles);
}

static void a_tree_that_would_pass_its_largest_size_is_left_as_it_was(void **state)
{
    (void)state;
    struct frontier frontier = {.size = TREE_SIZE_MAX - 1};
    const struct frontier before = frontier;
    struct merkle_batch *batch = NULL;
    assert_int_equal(result_code(merkle_append(&frontier, leaves, 2, &batch)), ERR_TEXT_TOO_LONG);
    assert_null(batch);
    assert_memory_equal(&frontier, &before, sizeof frontier);
    assert_true(is_ok(merkle_append(&frontier, leaves, 1, &batch)));
    assert_true(merkle_batch_size(batch) == TREE_SIZE_MAX);
    struct hash path[PROOF_PATH_MAX];
    const struct hash root = merkle_batch_root(batch);
    const size_t length = merkle_batch_proof(batch, 0, path);
    assert_int_equal(length, 62);
    assert_true(is_ok(inclusion_verify(TREE_SIZE_MAX - 1, TREE_SIZE_MAX, leaves, path, length, &root)));
    merkle_batch_free(batch);
}

/* Nothing is written behind the path. */
static void check_end(const struct hash path[static CONSISTENCY_PATH_MAX], size_t length)
{
    static const struct hash untouched;
    if (length < CONSISTENCY_PATH_MAX)
        check_hash(&path[length], &untouched);
}

static void check_proofs_from_tiles(struct memory_tiles *memory, uint64_t size, uint64_t index)
{
    const struct tile_source tiles = {.read = read_memory, .context = memory};
    struct hash path[CONSISTENCY_PATH_MAX];
    struct hash naive[CONSISTENCY_PATH_MAX];
    size_t length = 0;
    memory->size = size;
    memory->reads = 0;
    memset(path, 0, sizeof path);
    assert_true(is_ok(inclusion_prove(&tiles, index, size, path, &length)));
    check_path(path, length, naive, naive_path(index, 0, size, naive));
    check_end(path, length);
    assert_true(memory->reads <= READS_MAX);
    memory->reads = 0;
    memset(path, 0, sizeof path);
    assert_true(is_ok(consistency_prove(&tiles, index + 1, size, path, &length)));
    check_path(path, length, naive, naive_subproof(index + 1, 0, size, true, naive));
    check_end(path, length);
    assert_true(memory->reads <= READS_MAX);
    const struct hash old_root = naive_root(0, index + 1);
    const struct hash new_root = naive_root(0, size);
    assert_true(is_ok(consistency_verify(index + 1, size, path, length, &old_root, &new_root)));
}

static void proofs_from_tiles_are_those_of_the_definition_at_every_small_size(void **state)
{
    (void)state;
    struct memory_tiles memory = make_tiles(SMALL_SIZE, 13);
    for (uint64_t size = 1; size <= SMALL_SIZE; size++) {
        const uint64_t step = size <= 80 ? 1 : 16;
        for (uint64_t index = size % step; index < size; index += step)
            check_proofs_from_tiles(&memory, size, index);
    }
    free_tiles(&memory);
}

static void proofs_from_tiles_are_those_of_the_definition_in_large_trees(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {511, 512, 513, 4097, 65535, 65536, 65537, 65792, 65793, 69999, LARGE_SIZE};
    struct memory_tiles memory = make_tiles(LARGE_SIZE, 4096);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (uint64_t index = i; index < sizes[i]; index += sizes[i] / 37)
            check_proofs_from_tiles(&memory, sizes[i], index);
        check_proofs_from_tiles(&memory, sizes[i], sizes[i] - 1);
        for (uint64_t power = 1; power < sizes[i]; power *= 2)
            check_proofs_from_tiles(&memory, sizes[i], power - 1);
    }
    free_tiles(&memory);
}

static void a_frontier_loaded_from_tiles_is_the_one_that_appending_gave(void **state)
{
    (void)state;
    struct memory_tiles memory = make_tiles(LARGE_SIZE, LARGE_SIZE);
    const struct tile_source tiles = {.read = read_memory, .context = &memory};
    for (uint64_t size = 0; size <= LARGE_SIZE; size += size < SMALL_SIZE ? 1 : 997) {
        memory.size = size;
        memory.reads = 0;
        struct frontier frontier;
        assert_true(is_ok(frontier_load(&tiles, size, &frontier)));
        const struct frontier expected = naive_frontier(size);
        assert_memory_equal(&frontier, &expected, sizeof frontier);
        assert_true(memory.reads <= LEVELS);
    }
    free_tiles(&memory);
}

static void an_error_of_the_tile_source_is_passed_on(void **state)
{
    (void)state;
    struct memory_tiles memory = make_tiles(SMALL_SIZE, SMALL_SIZE);
    memory.failure = FAIL(STORE_FAILED);
    const struct tile_source tiles = {.read = read_memory, .context = &memory};
    struct hash path[CONSISTENCY_PATH_MAX];
    struct frontier frontier;
    size_t length = 0;
    assert_int_equal(result_code(inclusion_prove(&tiles, 7, SMALL_SIZE, path, &length)), ERR_STORE_FAILED);
    assert_int_equal(result_code(consistency_prove(&tiles, 7, SMALL_SIZE, path, &length)), ERR_STORE_FAILED);
    assert_int_equal(result_code(frontier_load(&tiles, SMALL_SIZE, &frontier)), ERR_STORE_FAILED);
    free_tiles(&memory);
}

/* Asks both, and returns how often the one that remembers read. */
static size_t check_remembered(struct memory_tiles *memory, struct tile_memory *remembered, uint64_t seen,
                               uint64_t size)
{
    const struct tile_source tiles = {.read = read_memory, .context = memory};
    const struct tile_source remembering = {.read = read_memory, .context = memory, .memory = remembered};
    struct hash path[CONSISTENCY_PATH_MAX];
    struct hash again[CONSISTENCY_PATH_MAX];
    size_t length = 0;
    size_t length_again = 0;
    memory->size = size;
    assert_true(is_ok(consistency_prove(&tiles, seen, size, path, &length)));
    memory->reads = 0;
    assert_true(is_ok(consistency_prove(&remembering, seen, size, again, &length_again)));
    size_t reads = memory->reads;
    check_path(again, length_again, path, length);
    assert_true(is_ok(inclusion_prove(&tiles, seen - 1, size, path, &length)));
    memory->reads = 0;
    assert_true(is_ok(inclusion_prove(&remembering, seen - 1, size, again, &length_again)));
    check_path(again, length_again, path, length);
    return reads + memory->reads;
}

static void remembered_tiles_give_the_same_proofs_while_the_tree_grows(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 5, 16}; /* the first has to forget what it is about to need */
    struct memory_tiles memory = make_tiles(LARGE_SIZE, 4096);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct tile_memory *remembered = NULL;
        assert_true(is_ok(tile_memory_new(sizes[i], &remembered)));
        for (uint64_t size = 1; size <= LARGE_SIZE; size += 1 + size / 29)
            for (uint64_t turn = 0; turn < 8; turn++)
                check_remembered(&memory, remembered, 1 + (size * 2654435761U >> turn) % size, size);
        for (uint64_t size = LARGE_SIZE; size > 7; size -= size / 7) /* and for trees that were asked about before */
            check_remembered(&memory, remembered, size - 3, size);
        tile_memory_free(remembered);
    }
    free_tiles(&memory);
}

static void what_is_remembered_is_not_read_again(void **state)
{
    (void)state;
    struct memory_tiles memory = make_tiles(LARGE_SIZE, 4096);
    struct tile_memory *remembered = NULL;
    assert_true(is_ok(tile_memory_new(16, &remembered)));
    assert_true(check_remembered(&memory, remembered, 1000, LARGE_SIZE - 40) > 0);
    assert_int_equal(check_remembered(&memory, remembered, 1000, LARGE_SIZE - 40), 0);
    assert_int_equal(check_remembered(&memory, remembered, 1001, LARGE_SIZE - 40), 0);
    assert_true(check_remembered(&memory, remembered, 1000, LARGE_SIZE) <= 2); /* the ends of two levels */
    tile_memory_free(remembered);
    free_tiles(&memory);
}

static void a_tile_that_could_not_be_read_is_not_remembered(void **state)
{
    (void)state;
    struct memory_tiles memory = make_tiles(SMALL_SIZE, SMALL_SIZE);
    struct tile_memory *remembered = NULL;
    assert_true(is_ok(tile_memory_new(4, &remembered)));
    const struct tile_source tiles = {.read = read_memory, .context = &memory, .memory = remembered};
    struct hash path[CONSISTENCY_PATH_MAX];
    size_t length = 0;
    memory.failure = FAIL(STORE_FAILED);
    assert_int_equal(result_code(consistency_prove(&tiles, 7, SMALL_SIZE, path, &length)), ERR_STORE_FAILED);
    memory.failure = RESULT_OK;
    check_remembered(&memory, remembered, 7, SMALL_SIZE);
    tile_memory_free(remembered);
    free_tiles(&memory);
}

static void proofs_of_what_is_not_in_the_tree_are_refused(void **state)
{
    (void)state;
    struct memory_tiles memory = {0};
    const struct tile_source tiles = {.read = read_memory, .context = &memory};
    struct hash path[CONSISTENCY_PATH_MAX];
    size_t length = 0;
    assert_int_equal(result_code(inclusion_prove(&tiles, 5, 5, path, &length)), ERR_PROOF_WRONG);
    assert_int_equal(result_code(inclusion_prove(&tiles, 0, 0, path, &length)), ERR_PROOF_WRONG);
    assert_int_equal(result_code(inclusion_prove(&tiles, 0, TREE_SIZE_MAX + 1, path, &length)), ERR_PROOF_WRONG);
    assert_int_equal(result_code(consistency_prove(&tiles, 0, 5, path, &length)), ERR_CONSISTENCY_WRONG);
    assert_int_equal(result_code(consistency_prove(&tiles, 6, 5, path, &length)), ERR_CONSISTENCY_WRONG);
    assert_int_equal(result_code(consistency_prove(&tiles, 1, TREE_SIZE_MAX + 1, path, &length)),
                     ERR_CONSISTENCY_WRONG);
    assert_int_equal(memory.reads, 0);
}

static void an_inclusion_proof_holds_for_its_index_and_length_alone(void **state)
{
    (void)state;
    for (uint64_t size = 1; size <= 40; size++)
        for (uint64_t index = 0; index < size; index++) {
            struct hash path[PROOF_PATH_MAX + 1];
            const struct hash root = naive_root(0, size);
            const size_t length = naive_path(index, 0, size, path);
            path[length] = root;
            for (uint64_t other = 0; other <= size + 1; other++)
                assert_true(is_ok(inclusion_verify(other, size, &leaves[index], path, length, &root)) ==
                            (other == index));
            assert_false(is_ok(inclusion_verify(index, size, &leaves[index], path, length + 1, &root)));
            for (size_t cut = 0; cut < length; cut++)
                assert_false(is_ok(inclusion_verify(index, size, &leaves[index], path, cut, &root)));
            assert_false(is_ok(inclusion_verify(index, size, &leaves[size], path, length, &root)));
        }
}

static void an_inclusion_proof_with_a_wrong_size_is_refused_where_the_size_changes_the_path(void **state)
{
    (void)state;
    const uint64_t size = 13;
    const struct hash root = naive_root(0, size);
    struct hash path[PROOF_PATH_MAX];
    const uint64_t last = size - 1; /* its path leads along the right edge, so that every size gives another one */
    const size_t length = naive_path(last, 0, size, path);
    for (uint64_t other = 0; other <= 64; other++)
        assert_true(is_ok(inclusion_verify(last, other, &leaves[last], path, length, &root)) == (other == size));
}

static void a_consistency_proof_holds_for_its_two_trees_alone(void **state)
{
    (void)state;
    for (uint64_t n = 2; n <= 40; n++)
        for (uint64_t m = 1; m < n; m++) {
            struct hash path[CONSISTENCY_PATH_MAX];
            const struct hash old_root = naive_root(0, m);
            const struct hash new_root = naive_root(0, n);
            const struct hash other = naive_root(0, n + 1);
            const size_t length = naive_subproof(m, 0, n, true, path);
            assert_true(is_ok(consistency_verify(m, n, path, length, &old_root, &new_root)));
            assert_false(is_ok(consistency_verify(m, n, path, length, &other, &new_root)));
            assert_false(is_ok(consistency_verify(m, n, path, length, &old_root, &other)));
            assert_false(is_ok(consistency_verify(n, m, path, length, &old_root, &new_root)));
            assert_false(is_ok(consistency_verify(0, n, path, length, &old_root, &new_root)));
            for (size_t cut = 0; cut < length; cut++)
                assert_false(is_ok(consistency_verify(m, n, path, cut, &old_root, &new_root)));
            for (size_t i = 0; i < length; i++) {
                path[i].bytes[i % HASH_SIZE] ^= 1;
                assert_false(is_ok(consistency_verify(m, n, path, length, &old_root, &new_root)));
                path[i].bytes[i % HASH_SIZE] ^= 1;
            }
            path[length] = other;
            assert_false(is_ok(consistency_verify(m, n, path, length + 1, &old_root, &new_root)));
        }
}

static void trees_of_one_size_are_consistent_when_their_roots_are_equal(void **state)
{
    (void)state;
    const struct hash root = naive_root(0, 5);
    const struct hash other = naive_root(0, 6);
    assert_true(is_ok(consistency_verify(5, 5, NULL, 0, &root, &root)));
    assert_int_equal(result_code(consistency_verify(5, 5, NULL, 0, &root, &other)), ERR_CONSISTENCY_WRONG);
    assert_int_equal(result_code(consistency_verify(5, 5, &other, 1, &root, &root)), ERR_CONSISTENCY_WRONG);
}

static void nothing_is_consistent_with_the_empty_tree(void **state)
{
    (void)state;
    const struct hash empty = naive_root(0, 0);
    const struct hash root = naive_root(0, 1);
    assert_int_equal(result_code(consistency_verify(0, 0, NULL, 0, &empty, &empty)), ERR_CONSISTENCY_WRONG);
    assert_int_equal(result_code(consistency_verify(0, 1, NULL, 0, &empty, &root)), ERR_CONSISTENCY_WRONG);
    assert_int_equal(result_code(consistency_verify(0, 1, &root, 1, &empty, &root)), ERR_CONSISTENCY_WRONG);
}

/* Of a proof without hashes nothing is read. */
static void no_hashes_prove_no_growth(void **state)
{
    (void)state;
    for (uint64_t n = 2; n <= 40; n++)
        for (uint64_t m = 1; m < n; m++) {
            const struct hash old_root = naive_root(0, m);
            const struct hash new_root = naive_root(0, n);
            assert_int_equal(result_code(consistency_verify(m, n, NULL, 0, &old_root, &new_root)),
                             ERR_CONSISTENCY_WRONG);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_leaves_have_their_published_roots),
        cmocka_unit_test(a_batch_gives_root_frontier_and_proofs_of_the_tree_after_it),
        cmocka_unit_test(a_batch_of_thousands_is_right_too),
        cmocka_unit_test(a_batch_names_each_new_complete_tile_hash_once),
        cmocka_unit_test(a_tree_of_70000_leaves_has_the_published_tile_widths),
        cmocka_unit_test(a_tree_that_would_pass_its_largest_size_is_left_as_it_was),
        cmocka_unit_test(proofs_from_tiles_are_those_of_the_definition_at_every_small_size),
        cmocka_unit_test(proofs_from_tiles_are_those_of_the_definition_in_large_trees),
        cmocka_unit_test(a_frontier_loaded_from_tiles_is_the_one_that_appending_gave),
        cmocka_unit_test(an_error_of_the_tile_source_is_passed_on),
        cmocka_unit_test(remembered_tiles_give_the_same_proofs_while_the_tree_grows),
        cmocka_unit_test(what_is_remembered_is_not_read_again),
        cmocka_unit_test(a_tile_that_could_not_be_read_is_not_remembered),
        cmocka_unit_test(proofs_of_what_is_not_in_the_tree_are_refused),
        cmocka_unit_test(an_inclusion_proof_holds_for_its_index_and_length_alone),
        cmocka_unit_test(an_inclusion_proof_with_a_wrong_size_is_refused_where_the_size_changes_the_path),
        cmocka_unit_test(a_consistency_proof_holds_for_its_two_trees_alone),
        cmocka_unit_test(trees_of_one_size_are_consistent_when_their_roots_are_equal),
        cmocka_unit_test(nothing_is_consistent_with_the_empty_tree),
        cmocka_unit_test(no_hashes_prove_no_growth),
    };
    return cmocka_run_group_tests(tests, make_leaves, free_leaves);
}
