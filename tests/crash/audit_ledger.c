/* Leaves, tiles and checkpoints; see audit.h. */
#include "audit.h"

#include "core/documents/leaf.h"
#include "signer/state.h"
#include "store/ledger.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { STATE_MAX = STATE_FILE_SIZE, NOTE_LIMIT = 4096 };

/* A tree that somebody vouched for. */
struct point {
    uint64_t size;
    struct hash root;
};

/* The reading of the leaves, which stops at the end of each tile and at each point. */
struct reading {
    const struct audit *audit;
    struct history *history;
    struct point *points; /* ascending by size */
    size_t point_count;
    size_t next_point;
    struct frontier frontier;
    struct hash hashes[TILE_WIDTH];
    size_t count;
    seconds last_time;
    struct leaf leaf;
    struct result state;
};

/* ---- what a leaf does to its machine ---- */

static void follow_lease(struct reading *reading, uint64_t index, struct fate *fate, const struct lease *lease)
{
    const struct audit *const audit = reading->audit;
    struct history *const history = reading->history;
    if (!fate->holds)
        history->held++;
    if (history->held > audit->world->license.seats)
        fault_add(audit->faults, FAULT_DUPLICATED, "with leaf %" PRIu64 ", %" PRIu64 " hold the %" PRIu64 " seats",
                  index, history->held, audit->world->license.seats);
    fate->issued = lease->issued;
    fate->expires = lease->expires;
    fate->released = false;
    fate->holds = true;
}

static void follow_release(struct reading *reading, uint64_t index, struct fate *fate, const struct released *released)
{
    if (!fate->holds) {
        fault_add(reading->audit->faults, FAULT_LEDGER, "leaf %" PRIu64 " releases a seat that is not held", index);
        return;
    }
    reading->history->held--;
    fate->released = true;
    fate->holds = false;
    fate->expires = released->released;
}

/* The machine whose key is in the leaf, or NULL. */
static const struct machine *machine_of(const struct reading *reading, const struct leaf *leaf)
{
    const struct machines *const machines = reading->audit->machines;
    const struct verifier_key *const key = leaf_machine_key(leaf);
    size_t number;
    if (key == NULL)
        return NULL;
    const struct machine_id id = machine_id_of(key->public_key);
    return machines_find(machines, &id, &number) ? &machines->list[number] : NULL;
}

/* A leaf carries, byte for byte, what its machine signed; and of a machine's numbers each is above the one before. */
static void follow_note(const struct reading *reading, uint64_t index, const struct machine *machine, struct fate *fate,
                        const struct leaf *leaf)
{
    struct faults *const faults = reading->audit->faults;
    const struct hash note = hash_of(leaf->note);
    const struct asked *asked;
    if (!evidence_signed(reading->audit->evidence, machine, &note, &asked))
        fault_add(faults, FAULT_LEDGER, "leaf %" PRIu64 " carries what its machine has not signed", index);
    if (leaf_number(leaf) <= fate->number)
        fault_add(faults, FAULT_DUPLICATED,
                  "leaf %" PRIu64 " has number %" PRIu64 ", and leaf %" PRIu64 " of the same key has %" PRIu64, index,
                  leaf_number(leaf), fate->leaf - 1, fate->number);
    fate->leaf = index + 1;
    fate->number = leaf_number(leaf);
    fate->note = note;
}

static void follow(struct reading *reading, uint64_t index, struct slice text)
{
    struct leaf *const leaf = &reading->leaf;
    const struct machine *const machine = is_ok(leaf_read(text, leaf)) ? machine_of(reading, leaf) : NULL;
    if (machine == NULL) {
        fault_add(reading->audit->faults, FAULT_LEDGER, "leaf %" PRIu64 " is of no machine that asked", index);
        return;
    }
    struct fate *const fate = &reading->history->fates[machine_number(reading->audit->machines, machine)];
    const seconds time = leaf_time(leaf);
    if (time < reading->last_time)
        fault_add(reading->audit->faults, FAULT_LEDGER, "leaf %" PRIu64 " is earlier than the one before it", index);
    reading->last_time = time;
    follow_note(reading, index, machine, fate, leaf);
    if (leaf->kind == LEAF_LEASE)
        follow_lease(reading, index, fate, &leaf->lease);
    else
        follow_release(reading, index, fate, &leaf->released);
}

/* ---- tiles and roots ---- */

static RESULT check_hashes(const struct reading *reading, unsigned level, uint64_t first, const struct hash *hashes,
                           size_t count)
{
    const struct history *const history = reading->history;
    struct hash kept[TILE_WIDTH];
    for (size_t done = 0; done < count;) {
        const size_t room = TILE_WIDTH - (size_t)((first + done) % TILE_WIDTH);
        const size_t part = count - done < room ? count - done : room;
        const struct result got =
            store_hashes_get(history->reader, history->ledger, level, first + done, part, kept, NULL);
        if (!is_ok(got) || memcmp(kept, hashes + done, part * sizeof *kept) != 0)
            fault_add(reading->audit->faults, FAULT_LEDGER, "tile hashes %" PRIu64 " to %" PRIu64 " of level %u: %s",
                      first + done, first + done + part - 1, level,
                      is_ok(got) ? "not those of the leaves" : error_info(result_code(got))->name);
        done += part;
    }
    return RESULT_OK;
}

/* The tree has grown to where it is looked at. */
static void check_points(struct reading *reading)
{
    const struct hash root = frontier_root(&reading->frontier);
    while (reading->next_point < reading->point_count &&
           reading->points[reading->next_point].size == reading->frontier.size) {
        if (!hash_equal(&root, &reading->points[reading->next_point].root))
            fault_add(reading->audit->faults, FAULT_CHECKPOINT,
                      "the checkpoint of size %" PRIu64 " is of another tree than the leaves", reading->frontier.size);
        reading->next_point++;
    }
}

static RESULT grow(struct reading *reading)
{
    if (reading->count == 0)
        return RESULT_OK;
    struct merkle_batch *batch;
    TRY(merkle_append(&reading->frontier, reading->hashes, reading->count, &batch));
    reading->count = 0;
    struct result result = RESULT_OK;
    for (unsigned level = 0; level < TILE_LEVELS && is_ok(result); level++) {
        uint64_t first;
        const struct hash *hashes;
        const size_t count = merkle_batch_tile_hashes(batch, level, &first, &hashes);
        if (count == 0)
            break;
        result = check_hashes(reading, level, first, hashes, count);
    }
    merkle_batch_free(batch);
    check_points(reading);
    return result;
}

static bool take_leaf(void *context, uint64_t index, struct slice leaf)
{
    struct reading *const reading = context;
    const struct hash hash = merkle_leaf(leaf);
    reading->history->leaves[index] = hash;
    reading->hashes[reading->count++] = hash;
    follow(reading, index, leaf);
    const uint64_t end = index + 1;
    const bool at_point =
        reading->next_point < reading->point_count && reading->points[reading->next_point].size == end;
    if (end % TILE_WIDTH == 0 || at_point)
        reading->state = grow(reading);
    return is_ok(reading->state);
}

static RESULT read_leaves(struct reading *reading)
{
    const struct audit *const audit = reading->audit;
    struct history *const history = reading->history;
    check_points(reading); /* those of the empty tree */
    const struct result read =
        store_leaves(history->store, history->ledger, 0, history->size, take_leaf, reading, NULL);
    TRY(reading->state);
    TRY(grow(reading));
    if (!is_ok(read) || reading->frontier.size != history->size)
        fault_add(audit->faults, FAULT_LEDGER, "of %" PRIu64 " leaves %" PRIu64 " can be read: %s", history->size,
                  reading->frontier.size, error_info(result_code(read))->name);
    for (; reading->next_point < reading->point_count; reading->next_point++)
        fault_add(audit->faults, FAULT_LOST, "a checkpoint was signed for %" PRIu64 " leaves, and there are %" PRIu64,
                  reading->points[reading->next_point].size, reading->frontier.size);
    return RESULT_OK;
}

/* ---- points ---- */

static void add_point(struct reading *reading, uint64_t size, const struct hash *root)
{
    reading->points[reading->point_count++] = (struct point){size, *root};
}

/* The checkpoint that the host keeps for everybody. */
static RESULT add_kept(struct reading *reading)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_LIMIT);
    struct checkpoint checkpoint = {0};
    struct result result = store_checkpoint_get(reading->history->store, reading->history->ledger, &note, NULL);
    if (result_code(result) == ERR_NOT_FOUND)
        return RESULT_OK; /* none yet */
    if (is_ok(result))
        result = checkpoint_open(buffer_slice(&note), &reading->audit->world->host_key, &checkpoint);
    if (is_ok(result))
        add_point(reading, checkpoint.size, &checkpoint.root);
    else
        fault_add(reading->audit->faults, FAULT_CHECKPOINT, "the kept checkpoint does not hold: %s",
                  error_info(result_code(result))->name);
    return RESULT_OK;
}

/* What the signer says it signed last. Nothing that a client holds may be beyond it. */
static RESULT add_signed(struct reading *reading)
{
    const struct audit *const audit = reading->audit;
    char path[PATH_SIZE];
    TRY(world_copied_state(audit->world, path));
    CLEANUP_BUFFER struct buffer file = buffer_make(STATE_MAX);
    struct signer_state state;
    struct result result = file_read(path, &file, NULL);
    if (is_ok(result))
        result = signer_state_load(buffer_slice(&file), &audit->world->host_key, &state);
    if (!is_ok(result)) {
        fault_add(audit->faults, FAULT_CHECKPOINT, "the signer's state does not hold: %s",
                  error_info(result_code(result))->name);
        return RESULT_OK;
    }
    for (size_t i = 0; i < reading->point_count; i++)
        if (reading->points[i].size > state.frontier.size)
            fault_add(audit->faults, FAULT_CHECKPOINT, "size %" PRIu64 " was signed, and the signer remembers %" PRIu64,
                      reading->points[i].size, state.frontier.size);
    const struct hash root = frontier_root(&state.frontier);
    add_point(reading, state.frontier.size, &root);
    return RESULT_OK;
}

static int compare_points(const void *left, const void *right)
{
    const struct point *const a = left;
    const struct point *const b = right;
    return (a->size > b->size) - (a->size < b->size);
}

static RESULT gather_points(struct reading *reading)
{
    const struct evidence *const evidence = reading->audit->evidence;
    for (size_t i = 0; i < evidence->checkpoint_count; i++)
        add_point(reading, evidence->checkpoints[i].size, &evidence->checkpoints[i].root);
    TRY(add_kept(reading));
    TRY(add_signed(reading));
    qsort(reading->points, reading->point_count, sizeof *reading->points, compare_points);
    return RESULT_OK;
}

/* Each tree must be provably extended by the next, from the tiles that the host has now. */
static void check_extensions(const struct reading *reading)
{
    struct store_tiles context = {reading->history->reader, reading->history->ledger};
    const struct tile_source tiles = store_tile_source(&context);
    for (size_t i = 1; i < reading->point_count; i++) {
        const struct point *const then = &reading->points[i - 1];
        const struct point *const now = &reading->points[i];
        struct hash path[CONSISTENCY_PATH_MAX];
        size_t length;
        if (then->size == 0)
            continue;
        struct result result = consistency_prove(&tiles, then->size, now->size, path, &length);
        if (is_ok(result))
            result = consistency_verify(then->size, now->size, path, length, &then->root, &now->root);
        if (!is_ok(result))
            fault_add(reading->audit->faults, FAULT_CHECKPOINT,
                      "size %" PRIu64 " is not shown to extend size %" PRIu64 ": %s", now->size, then->size,
                      error_info(result_code(result))->name);
    }
}

RESULT audit_ledger(const struct audit *audit, struct history *history)
{
    struct reading *const reading = calloc(1, sizeof *reading);
    ENSURE(reading != NULL, NO_MEMORY);
    reading->audit = audit;
    reading->history = history;
    reading->points = calloc(audit->evidence->checkpoint_count + 2, sizeof *reading->points);
    struct result result = reading->points == NULL ? FAIL(NO_MEMORY) : gather_points(reading);
    if (is_ok(result))
        result = read_leaves(reading);
    if (is_ok(result))
        check_extensions(reading);
    free(reading->points);
    free(reading);
    return result;
}
