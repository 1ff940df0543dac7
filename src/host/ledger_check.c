/*
 * The check of a ledger's database; see ledger_check.h.
 *
 * Always: a position is moved on only behind what has been looked at and reported. What cannot be read because it is
 * damaged is reported like what is wrong; other failures end the step.
 */
#include "host/ledger_check.h"

#include "host/epochs.h"

#include <string.h>

enum { CHECKPOINT_NOTE_MAX = 4096, MACHINES_AT_ONCE = 64, LEVEL_HEIGHT = 8 };

/* One step under way. */
struct step {
    const struct ledger_check *check;
    struct ledger_check_position *position;
    uint32_t ledger;
    uint64_t epoch;
    uint32_t first_ledger; /* of the first epoch, under which licenses are numbered */
    uint64_t budget;
    struct buffer leaf;
    /* Leaves of one tile, one behind the other. */
    struct buffer texts;
    size_t ends[TILE_WIDTH];
    size_t listed;
    size_t wanted;
    /* The license asked for last: neighbours are mostly under the same. */
    char license[NAME_SIZE];
    uint32_t license_number; /* 0: none yet */
};

static void spend(struct step *step, uint64_t count)
{
    step->budget -= count < step->budget ? count : step->budget;
}

static void report(struct step *step, const struct ledger_finding *finding)
{
    step->position->findings++;
    step->check->report(step->check->context, finding);
}

static void report_range(struct step *step, enum ledger_fault fault, unsigned level, uint64_t first, uint64_t last)
{
    report(step, &(struct ledger_finding){.fault = fault, .level = level, .first = first, .last = last});
}

static void report_machine(struct step *step, const char *license, const struct machine_id *machine, uint64_t leaf)
{
    struct ledger_finding finding = {.fault = LEDGER_FAULT_MACHINE, .first = leaf, .last = leaf, .machine = *machine};
    memcpy(finding.license, license, sizeof finding.license);
    report(step, &finding);
}

/* Turns damage into *ret_sound = false; passes on what is no damage. */
static RESULT tell_damage(struct result result, bool *ret_sound)
{
    const enum error_code code = result_code(result);
    *ret_sound = is_ok(result);
    return code == ERR_NOT_FOUND || code == ERR_STORE_CORRUPT ? RESULT_OK : result;
}

static RESULT has_hash(struct step *step, unsigned level, uint64_t index, bool *ret_has)
{
    struct hash hash;
    return tell_damage(store_hashes_get(step->check->store, step->ledger, level, index, 1, &hash), ret_has);
}

/* ---- begin: the checkpoint, and where the ledger ends ---- */

static RESULT read_checkpoint(struct step *step, bool *ret_found)
{
    struct ledger_check_position *const position = step->position;
    CLEANUP_BUFFER struct buffer note = buffer_make(CHECKPOINT_NOTE_MAX);
    struct result read = store_checkpoint_get(step->check->store, step->ledger, &note);
    *ret_found = result_code(read) != ERR_NOT_FOUND;
    if (result_code(read) == ERR_TEXT_TOO_LONG)
        read = FAIL(STORE_CORRUPT);
    bool sound;
    TRY(tell_damage(read, &sound));
    if (!*ret_found)
        return RESULT_OK;
    struct checkpoint checkpoint = {0};
    struct result opened = FAIL(STORE_CORRUPT);
    if (sound)
        opened = checkpoint_open(buffer_slice(&note), step->check->key, &checkpoint);
    if (result_code(opened) == ERR_NO_MEMORY)
        return opened;
    if (!is_ok(opened) || strcmp(checkpoint.origin, step->check->origin) != 0) {
        report_range(step, LEDGER_FAULT_CHECKPOINT, 0, 0, 0);
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
    TRY(tell_damage(store_ledger_size(step->check->store, step->ledger, &now), &sound));
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
    TRY(tell_damage(store_ledger_size(step->check->store, step->ledger, &leaves), &readable));
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
    report_range(step, LEDGER_FAULT_END, 0, lower, upper > lower ? upper - 1 : lower);
    /* A last leaf with a number out of a damaged row must not send this on an endless way. */
    position->size = readable ? lower : hashes;
    if (position->size < position->signed_size && position->signed_size <= upper)
        position->size = position->signed_size;
    return RESULT_OK;
}

static RESULT begin(struct step *step)
{
    struct ledger_check_position *const position = step->position;
    bool found;
    *position = (struct ledger_check_position){0};
    TRY(read_checkpoint(step, &found));
    TRY(find_end(step));
    if (!found && position->size > 0)
        report_range(step, LEDGER_FAULT_CHECKPOINT, 0, 0, 0);
    if (position->size < position->signed_size)
        report_range(step, LEDGER_FAULT_SHORT, 0, position->size, position->signed_size - 1);
    position->stage = LEDGER_CHECK_LEAVES;
    return RESULT_OK;
}

/* ---- leaves ---- */

/* The number of a license of this ledger; 0 where there is none. */
static RESULT find_license(struct step *step, const char *id, uint32_t *ret_license)
{
    if (step->license_number == 0 || strcmp(step->license, id) != 0) {
        uint32_t number = 0;
        bool sound;
        TRY(tell_damage(store_license(step->check->store, step->first_ledger, id, &number), &sound));
        step->license_number = sound ? number : 0;
        memcpy(step->license, id, sizeof step->license);
    }
    *ret_license = step->license_number;
    return RESULT_OK;
}

/* Whether the row says what the lease says, and at most that it was given back before its end. */
static bool row_tells(const struct machine_record *record, const struct lease *lease)
{
    return record->issued == lease->issued && hash_equal(&record->lock, &lease->lock) &&
           memcmp(record->nonce.bytes, lease->nonce.bytes, NONCE_SIZE) == 0 &&
           (record->released ? record->expires < lease->expires : record->expires == lease->expires);
}

/* The row that a leaf is about. */
static RESULT find_row(struct step *step, const char *license, const struct machine_id *machine, uint64_t leaf,
                       struct machine_row *ret_row, bool *ret_found)
{
    uint32_t number;
    *ret_found = false;
    TRY(find_license(step, license, &number));
    if (number == 0) {
        struct ledger_finding finding = {.fault = LEDGER_FAULT_LICENSE, .first = leaf, .last = leaf};
        memcpy(finding.license, license, sizeof finding.license);
        report(step, &finding);
        return RESULT_OK;
    }
    TRY(tell_damage(store_machine_get(step->check->store, number, machine, ret_row), ret_found));
    if (!*ret_found)
        report_machine(step, license, machine, leaf);
    return RESULT_OK;
}

static RESULT check_lease(struct step *step, const struct lease *lease, uint64_t index)
{
    struct machine_row row;
    bool found;
    TRY(find_row(step, lease->license, &lease->machine, index, &row, &found));
    if (!found)
        return RESULT_OK;
    /* The row names the last lease of its machine; whether that is a lease of the machine is looked at by the row. */
    const struct machine_record *const record = &row.record;
    const uint64_t leaf = leaf_of_epoch(index, step->epoch);
    if (record->issued == 0 || record->leaf < leaf || (record->leaf == leaf && !row_tells(record, lease)))
        report_machine(step, lease->license, &lease->machine, index);
    return RESULT_OK;
}

static RESULT check_released(struct step *step, const struct released *released, uint64_t index)
{
    struct machine_row row;
    bool found;
    const uint64_t leaf = leaf_of_epoch(index, step->epoch);
    TRY(find_row(step, released->license, &released->machine, index, &row, &found));
    if (!found || row.record.leaf > leaf)
        return RESULT_OK;
    step->position->released_leaves++;
    if (!row.record.released || row.record.expires != released->released || row.record.leaf == leaf)
        report_machine(step, released->license, &released->machine, index);
    return RESULT_OK;
}

/* The leaf that begins an epoch. */
static bool is_beginning(const struct step *step, struct slice text, uint64_t index)
{
    struct epoch epoch;
    return index == 0 && step->epoch > 1 && is_ok(epoch_read(text, &epoch)) &&
           strcmp(epoch.origin, step->check->origin) == 0;
}

/* What the leaf says, against the row of its machine. */
static RESULT check_content(struct step *step, uint64_t index, struct slice text)
{
    struct lease lease;
    struct released released;
    if (is_ok(lease_read(text, &lease)))
        return check_lease(step, &lease, index);
    if (is_ok(released_read(text, &released)))
        return check_released(step, &released, index);
    if (!is_beginning(step, text, index))
        report_range(step, LEDGER_FAULT_LEAF_FORM, 0, index, index);
    return RESULT_OK;
}

static RESULT read_leaf(struct step *step, uint32_t ledger, uint64_t index, bool *ret_sound)
{
    buffer_clear(&step->leaf);
    struct result read = store_leaf_get(step->check->store, ledger, index, &step->leaf);
    if (result_code(read) == ERR_TEXT_TOO_LONG)
        read = FAIL(STORE_CORRUPT);
    return tell_damage(read, ret_sound);
}

static bool keep_leaf(void *context, uint64_t index, struct slice leaf)
{
    struct step *const step = context;
    (void)index;
    if (step->listed == step->wanted)
        return false;
    buffer_append_slice(&step->texts, leaf);
    step->ends[step->listed++] = step->texts.size;
    return is_ok(buffer_status(&step->texts));
}

/* Lists the leaves of a tile, and looks at the one behind, so that the way from tile to tile is gone once too. */
static RESULT list_leaves(struct step *step, uint64_t first, size_t count, bool *ret_sound)
{
    buffer_clear(&step->texts);
    step->listed = 0;
    step->wanted = count;
    TRY(tell_damage(store_leaves(step->check->store, step->ledger, first, count + 1, keep_leaf, step), ret_sound));
    return buffer_status(&step->texts);
}

/* The leaf `i` of the tile as it was listed, or read alone where it was not. */
static RESULT find_leaf(struct step *step, uint64_t first, size_t i, struct slice *ret_leaf, bool *ret_sound)
{
    if (i < step->listed) {
        const size_t start = i == 0 ? 0 : step->ends[i - 1];
        *ret_leaf = slice_make(step->texts.data + start, step->ends[i] - start);
        *ret_sound = true;
        return RESULT_OK;
    }
    TRY(read_leaf(step, step->ledger, first + i, ret_sound));
    *ret_leaf = buffer_slice(&step->leaf);
    return RESULT_OK;
}

/* One leaf; `hash` is the one kept for it, or NULL where that cannot be read. */
static RESULT check_leaf(struct step *step, uint64_t index, struct slice leaf, const struct hash *hash)
{
    const struct hash of_leaf = merkle_leaf(leaf);
    if (hash != NULL && !hash_equal(&of_leaf, hash))
        report_range(step, LEDGER_FAULT_LEAF_HASH, 0, index, index);
    return check_content(step, index, leaf);
}

/* Goes to the end of a tile, so that each is read once. */
static RESULT check_tile(struct step *step, uint64_t first, size_t count)
{
    struct hash hashes[TILE_WIDTH];
    bool hashes_sound;
    bool list_sound;
    bool leaves_sound = true;
    TRY(tell_damage(store_hashes_get(step->check->store, step->ledger, 0, first, count, hashes), &hashes_sound));
    if (!hashes_sound)
        report_range(step, LEDGER_FAULT_HASH, 0, first, first + count - 1);
    TRY(list_leaves(step, first, count, &list_sound));
    for (size_t i = 0; i < count; i++) {
        struct slice leaf;
        bool sound;
        TRY(find_leaf(step, first, i, &leaf, &sound));
        leaves_sound = leaves_sound && sound;
        if (sound)
            TRY(check_leaf(step, first + i, leaf, hashes_sound ? &hashes[i] : NULL));
        else
            report_range(step, LEDGER_FAULT_LEAF, 0, first + i, first + i);
        step->position->next++;
    }
    if (!list_sound && leaves_sound)
        report_range(step, LEDGER_FAULT_LEAF, 0, first, first + count - 1);
    spend(step, count);
    return RESULT_OK;
}

static RESULT check_leaves(struct step *step)
{
    struct ledger_check_position *const position = step->position;
    const uint64_t first = position->next;
    const uint64_t room = TILE_WIDTH - first % TILE_WIDTH;
    const uint64_t left = position->size - first;
    if (left > 0)
        TRY(check_tile(step, first, (size_t)(left < room ? left : room)));
    if (position->next >= position->size) {
        position->stage = LEDGER_CHECK_HASHES;
        position->level = 1;
        position->next = 0;
    }
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
    TRY(tell_damage(store_hashes_get(store, step->ledger, level - 1, index * TILE_WIDTH, TILE_WIDTH, below),
                    &has_below));
    TRY(tell_damage(store_hashes_get(store, step->ledger, level, index, 1, &kept), &has_kept));
    bool right = has_kept;
    if (has_kept && has_below) {
        const struct hash root = root_of_tile(below);
        right = hash_equal(&root, &kept);
    }
    if (!right)
        report_range(step, LEDGER_FAULT_HASH, level, index, index);
    return RESULT_OK;
}

static RESULT check_hashes(struct step *step)
{
    struct ledger_check_position *const position = step->position;
    const unsigned level = position->level;
    const uint64_t count = position->size >> (LEVEL_HEIGHT * level);
    while (step->budget > 0 && position->next < count) {
        TRY(check_hash(step, position->next));
        position->next++;
        spend(step, 1);
    }
    if (position->next < count)
        return RESULT_OK;
    bool more;
    TRY(has_more_hashes(step, level, position->size, &more));
    if (more)
        report_range(step, LEDGER_FAULT_HASH, level, count, count);
    position->next = 0;
    position->level++;
    if (position->level == TILE_LEVELS)
        position->stage = LEDGER_CHECK_ROOT;
    return RESULT_OK;
}

/* ---- the root ---- */

static RESULT check_root(struct step *step)
{
    struct ledger_check_position *const position = step->position;
    struct store_tiles context = {step->check->store, step->ledger};
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
        report_range(step, LEDGER_FAULT_ROOT, 0, 0, position->signed_size - 1);
    position->stage = LEDGER_CHECK_MACHINES;
    return RESULT_OK;
}

/* ---- machines ---- */

struct listed {
    size_t count;
    struct machine_entry entries[MACHINES_AT_ONCE];
};

static bool list_one(void *context, const struct machine_entry *entry)
{
    struct listed *const listed = context;
    listed->entries[listed->count++] = *entry;
    return listed->count < MACHINES_AT_ONCE;
}

/* The leaf that a row names, of whatever epoch. */
static RESULT read_named_leaf(struct step *step, uint64_t leaf, bool *ret_sound)
{
    char origin[KEY_NAME_SIZE];
    uint32_t ledger;
    *ret_sound = is_ok(origin_write(step->check->key->name, leaf_epoch(leaf), origin));
    if (*ret_sound)
        TRY(tell_damage(store_ledger(step->check->store, origin, &ledger), ret_sound));
    return *ret_sound ? read_leaf(step, ledger, leaf_index(leaf), ret_sound) : RESULT_OK;
}

/* Whether the leaf that the row names is a lease of its machine and says the same. */
static RESULT check_row(struct step *step, const char *license, const struct machine_entry *entry)
{
    const struct machine_record *const record = &entry->row.record;
    struct lease lease;
    bool right;
    if (record->issued == 0) {
        right = record->expires == 0 && !record->released && record->leaf == 0;
    } else {
        TRY(read_named_leaf(step, record->leaf, &right));
        right = right && is_ok(lease_read(buffer_slice(&step->leaf), &lease)) && strcmp(lease.license, license) == 0 &&
                memcmp(&lease.machine, &entry->machine, sizeof lease.machine) == 0 && row_tells(record, &lease);
    }
    step->position->released_rows += record->released;
    if (!right)
        report_machine(step, license, &entry->machine, leaf_index(record->leaf));
    return RESULT_OK;
}

/* Each machine has one row under a license, so that a list has no row twice: an old one that turns up again would be a
 * sound row of an old leaf. */
static bool is_behind(const struct ledger_check_position *position, const struct machine_entry *entry)
{
    if (position->next == 0 || entry->license > position->license)
        return true;
    return entry->license == position->license &&
           memcmp(&entry->machine, &position->machine, sizeof entry->machine) > 0;
}

/* A row of another ledger is passed over. */
static RESULT check_entry(struct step *step, const struct machine_entry *entry)
{
    char license[NAME_SIZE] = "";
    bool sound;
    uint32_t number = 0;
    if (entry->license == 0)
        return RESULT_OK; /* blocked, and never asked */
    TRY(tell_damage(store_license_id(step->check->store, entry->license, license), &sound));
    if (sound)
        TRY(find_license(step, license, &number));
    if (sound && number != entry->license)
        return RESULT_OK;
    if (!is_behind(step->position, entry))
        report_machine(step, license, &entry->machine, leaf_index(entry->row.record.leaf));
    return check_row(step, license, entry);
}

static RESULT check_machines(struct step *step)
{
    struct ledger_check_position *const position = step->position;
    struct listed listed = {0};
    const struct machine_entry after = {.license = position->license, .machine = position->machine};
    const struct machine_filter filter = {.after = position->next == 0 ? NULL : &after, .limit = MACHINES_AT_ONCE};
    bool sound;
    TRY(tell_damage(store_machines(step->check->store, &filter, list_one, &listed), &sound));
    for (size_t i = 0; i < listed.count; i++) {
        TRY(check_entry(step, &listed.entries[i]));
        position->license = listed.entries[i].license;
        position->machine = listed.entries[i].machine;
        position->next++;
    }
    spend(step, listed.count);
    if (!sound) {
        struct ledger_finding finding = {.fault = LEDGER_FAULT_MACHINES, .machine = position->machine};
        report(step, &finding);
    }
    if (!sound || listed.count < MACHINES_AT_ONCE)
        position->stage = LEDGER_CHECK_RELEASES;
    return RESULT_OK;
}

/* A row that says "released" without a leaf that says so cannot be found by its leaf, but the numbers differ. They are
 * compared where nothing came in meanwhile, which could have been counted on one side only; and where there is one
 * epoch, because rows tell of the releases of all. */
static RESULT check_releases(struct step *step)
{
    struct ledger_check_position *const position = step->position;
    struct store *const store = step->check->store;
    uint64_t now = 0;
    bool sound;
    bool more;
    char next[KEY_NAME_SIZE];
    uint32_t ledger;
    TRY(origin_write(step->check->key->name, 2, next));
    TRY(tell_damage(store_ledger(store, next, &ledger), &more));
    TRY(tell_damage(store_ledger_size(store, step->ledger, &now), &sound));
    if (step->epoch == 1 && !more && now == position->size && position->released_leaves != position->released_rows)
        report_range(step, LEDGER_FAULT_RELEASES, 0, position->released_rows, position->released_leaves);
    position->stage = LEDGER_CHECK_DONE;
    return RESULT_OK;
}

/* ---- steps ---- */

static RESULT run_stage(struct step *step)
{
    switch (step->position->stage) {
    case LEDGER_CHECK_BEGIN:
        return begin(step);
    case LEDGER_CHECK_LEAVES:
        return check_leaves(step);
    case LEDGER_CHECK_HASHES:
        return check_hashes(step);
    case LEDGER_CHECK_ROOT:
        return check_root(step);
    case LEDGER_CHECK_MACHINES:
        return check_machines(step);
    case LEDGER_CHECK_RELEASES:
        return check_releases(step);
    case LEDGER_CHECK_DONE:
        break;
    }
    return RESULT_OK;
}

RESULT ledger_check_step(const struct ledger_check *check, struct ledger_check_position *position, uint64_t budget)
{
    struct step step = {.check = check, .position = position, .budget = budget};
    TRY(origin_epoch(check->origin, check->key->name, &step.epoch));
    TRY(store_ledger(check->store, check->origin, &step.ledger));
    TRY(store_ledger(check->store, check->key->name, &step.first_ledger));
    step.leaf = buffer_make(LEAF_MAX);
    step.texts = buffer_make((size_t)TILE_WIDTH * LEAF_MAX);
    struct result result;
    do
        result = run_stage(&step);
    while (is_ok(result) && step.budget > 0 && position->stage != LEDGER_CHECK_DONE);
    buffer_free(&step.texts);
    buffer_free(&step.leaf);
    return result;
}
