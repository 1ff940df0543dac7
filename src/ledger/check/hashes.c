/* The checkpoint, where a ledger ends, and the hashes up to the root; see step.h. */
#include "check/hashes.h"
#include "check/closing.h"
#include "store/ledger.h"

#include <string.h>

enum { LEVEL_HEIGHT = 8 };

static RESULT has_hash(struct step *step, unsigned level, uint64_t index, bool *ret_has)
{
    struct hash hash;
    return tell_damage(store_hashes_get(step->check->store, step->ledger, level, index, 1, &hash, step->reason),
                       ret_has);
}

/* ---- begin: the checkpoint, and where the ledger ends ---- */

static RESULT read_checkpoint(struct step *step, bool *ret_found)
{
    struct ledger_check_position *const position = step->position;
    CLEANUP_BUFFER struct buffer note = buffer_make(SIGNED_NOTE_MAX);
    struct result read = store_checkpoint_get(step->check->store, step->ledger, &note, step->reason);
    *ret_found = result_code(read) != ERR_NOT_FOUND;
    if (result_code(read) == ERR_TEXT_TOO_LONG)
        read = FAIL(STORE_CORRUPT);
    bool sound;
    TRY(tell_damage(read, &sound));
    if (!*ret_found)
        return RESULT_OK;
    struct checkpoint checkpoint = {0};
    if (sound)
        TRY(tell_form(checkpoint_open(buffer_slice(&note), step->check->key, &checkpoint), &sound));
    if (!sound || strcmp(checkpoint.origin, step->check->origin) != 0) {
        step_report_range(step, LEDGER_FAULT_CHECKPOINT, 0, 0, 0);
        return RESULT_OK;
    }
    position->signed_size = checkpoint.size;
    position->root = checkpoint.root;
    return RESULT_OK;
}

/* How many hashes of leaves there are, taken to be dense; found by halving, so that one look at a few tiles is enough.
 */
static RESULT count_hashes(struct step *step, uint64_t *ret_count)
{
    uint64_t low = 0;
    uint64_t high = TREE_SIZE_MAX;
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        bool has;
        TRY(has_hash(step, 0, middle, &has));
        if (has)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_count = low;
    return RESULT_OK;
}

/* Whether there is a hash of leaf `size` and no such leaf. A hash that came with a leaf after the size was read is
 * none: so the size is read again, after the hash. */
static RESULT has_more_hashes(struct step *step, unsigned level, uint64_t size, bool *ret_more)
{
    const uint64_t count = size >> (LEVEL_HEIGHT * level);
    TRY(has_hash(step, level, count, ret_more));
    if (!*ret_more)
        return RESULT_OK;
    uint64_t now = 0;
    bool sound;
    TRY(tell_damage(store_ledger_size(step->check->store, step->ledger, &now, step->reason), &sound));
    *ret_more = now >> (LEVEL_HEIGHT * level) <= count;
    return RESULT_OK;
}

/* Sets the size to look at: that of leaves and hashes, where they agree. */
static RESULT find_end(struct step *step)
{
    struct ledger_check_position *const position = step->position;
    uint64_t leaves = 0;
    bool readable;
    bool last = true;
    bool more;
    TRY(tell_damage(store_ledger_size(step->check->store, step->ledger, &leaves, step->reason), &readable));
    if (leaves > 0)
        TRY(has_hash(step, 0, leaves - 1, &last));
    TRY(has_more_hashes(step, 0, leaves, &more));
    position->size = leaves;
    if (readable && last && !more)
        return RESULT_OK;
    uint64_t hashes;
    TRY(count_hashes(step, &hashes));
    const uint64_t lower = leaves < hashes ? leaves : hashes;
    const uint64_t upper = leaves < hashes ? hashes : leaves;
    step_report_range(step, LEDGER_FAULT_END, 0, lower, upper > lower ? upper - 1 : lower);
    /* A last leaf with a number out of a damaged row must not send this on an endless way. */
    position->size = readable ? lower : hashes;
    if (position->size < position->signed_size && position->signed_size <= upper)
        position->size = position->signed_size;
    return RESULT_OK;
}

RESULT check_begin(struct step *step)
{
    struct ledger_check_position *const position = step->position;
    bool found;
    *position = (struct ledger_check_position){0};
    TRY(read_checkpoint(step, &found));
    TRY(find_end(step));
    if (!found && position->size > 0)
        TRY(closing_find(step, &found));
    if (!found && position->size > 0)
        step_report_range(step, LEDGER_FAULT_CHECKPOINT, 0, 0, 0);
    if (position->size < position->signed_size)
        step_report_range(step, LEDGER_FAULT_SHORT, 0, position->size, position->signed_size - 1);
    position->stage = LEDGER_CHECK_LEAVES;
    return RESULT_OK;
}

/* ---- hashes ---- */

static struct hash root_of_tile(struct hash hashes[static TILE_WIDTH])
{
    for (size_t width = TILE_WIDTH; width > 1; width /= 2)
        for (size_t i = 0; i < width / 2; i++)
            hashes[i] = merkle_node(&hashes[2 * i], &hashes[2 * i + 1]);
    return hashes[0];
}

/* Hash `index` of the level against the tile below it. One that cannot be compared because of that tile alone was
 * reported with it. */
static RESULT check_hash(struct step *step, uint64_t index)
{
    const unsigned level = step->position->level;
    struct store *const store = step->check->store;
    struct hash below[TILE_WIDTH];
    struct hash kept;
    bool has_below;
    bool has_kept;
    TRY(tell_damage(
        store_hashes_get(store, step->ledger, level - 1, index * TILE_WIDTH, TILE_WIDTH, below, step->reason),
        &has_below));
    TRY(tell_damage(store_hashes_get(store, step->ledger, level, index, 1, &kept, step->reason), &has_kept));
    bool right = has_kept;
    if (has_kept && has_below) {
        const struct hash root = root_of_tile(below);
        right = hash_equal(&root, &kept);
    }
    if (!right)
        step_report_range(step, LEDGER_FAULT_HASH, level, index, index);
    return RESULT_OK;
}

RESULT check_hashes(struct step *step)
{
    struct ledger_check_position *const position = step->position;
    const unsigned level = position->level;
    const uint64_t count = position->size >> (LEVEL_HEIGHT * level);
    while (step->budget > 0 && position->next < count) {
        TRY(check_hash(step, position->next));
        position->next++;
        step_spend(step, 1);
    }
    if (position->next < count)
        return RESULT_OK;
    bool more;
    TRY(has_more_hashes(step, level, position->size, &more));
    if (more)
        step_report_range(step, LEDGER_FAULT_HASH, level, count, count);
    position->next = 0;
    position->level++;
    if (position->level == TILE_LEVELS)
        position->stage = LEDGER_CHECK_ROOT;
    return RESULT_OK;
}

/* ---- the root ---- */

RESULT check_root(struct step *step)
{
    struct ledger_check_position *const position = step->position;
    struct store_tiles context = {step->check->store, step->ledger, step->reason};
    const struct tile_source tiles = store_tile_source(&context);
    struct frontier frontier = {0};
    bool right = true;
    if (position->signed_size > 0)
        TRY(tell_damage(frontier_load(&tiles, position->signed_size, &frontier), &right));
    if (right && position->signed_size > 0) {
        const struct hash root = frontier_root(&frontier);
        right = hash_equal(&root, &position->root);
    }
    if (!right)
        step_report_range(step, LEDGER_FAULT_ROOT, 0, 0, position->signed_size - 1);
    position->stage = LEDGER_CHECK_MACHINES;
    return RESULT_OK;
}
