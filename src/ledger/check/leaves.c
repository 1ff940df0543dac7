/* Each leaf against its hash and the row of its machine; see step.h. */
#include "check/leaves.h"

#include "check/closing.h"
#include "check/moved.h"

#include "store/ledger.h"
#include "store/machines.h"

#include <string.h>

/* Both ways: rows of machines are listed by the numbers of licenses, and leaves name their ids. */
static RESULT look_up(struct step *step, const char *id, uint32_t *ret_license)
{
    struct store *const store = step->check->store;
    char again[NAME_SIZE];
    bool sound;
    *ret_license = 0;
    uint32_t number = 0;
    TRY(tell_damage(store_license_find(store, step->first_ledger, id, &number, step->reason), &sound));
    if (sound)
        TRY(tell_damage(store_license_id(store, number, again, step->reason), &sound));
    if (sound && strcmp(id, again) == 0)
        *ret_license = number;
    return RESULT_OK;
}

RESULT find_license(struct step *step, const char *id, uint32_t *ret_license)
{
    if (step->license_number == 0 || strcmp(step->license, id) != 0) {
        TRY(look_up(step, id, &step->license_number));
        memcpy(step->license, id, sizeof step->license);
    }
    *ret_license = step->license_number;
    return RESULT_OK;
}

/* An epoch before may have had a clock that was ahead. */
static bool begun_again(const struct step *step, const struct machine_record *record)
{
    return record->ledger != step->first_ledger;
}

/* Until when its lease holds the seat: for longer than that lasts, where one of an epoch before did, or the machine
 * held the seat already, by a lease that ends later. */
static bool held_to_the_end(const struct step *step, const struct machine_record *record)
{
    return record->expires == record->ends ||
           ((begun_again(step, record) || record->renewed) && record->expires > record->ends);
}

/* The seat was reclaimed: whether the leaf that the row names for it stands behind the lease is looked at by the row.
 * It may be dated before the lease where it stands in a later epoch, which has begun for that. */
static bool is_freed(const struct step *step, const struct machine_record *record)
{
    return record_is_reclaimed(record) && (record->issued <= record->expires || begun_again(step, record) ||
                                           record->reclaimed.ledger > record->ledger);
}

static RESULT lease_told(struct step *step, const struct machine_record *record, const struct lease *lease,
                         bool *ret_told)
{
    *ret_told = !record->released && record->issued == lease->issued && record->ends == lease->expires;
    if (!*ret_told || held_to_the_end(step, record) || is_freed(step, record))
        return RESULT_OK;
    return seat_moved(step, lease->license, &lease->request.machine, record, ret_told);
}

/* Of the lease that was given back the row says when it was issued, which the leaf does not; and that its seat is held
 * to its end, where more came back than the license allows, or until the machine leaves it. A release that was never
 * signed before the next epoch began gave no seat back. */
static RESULT release_told(struct step *step, const struct machine_record *record, const struct released *released,
                           bool *ret_told)
{
    const bool freed = record->expires == released->released;
    *ret_told = false;
    if (record->issued == 0 || record_is_reclaimed(record))
        return RESULT_OK;
    if (!record->released && record->expires == record->ends)
        return closing_leaves_out(step, record->ledger, record->leaf, ret_told);
    *ret_told = record->released &&
                (freed || (record->expires > released->released && held_to_the_end(step, record))) &&
                (record->issued <= record->expires || begun_again(step, record));
    if (*ret_told || !record->released || record->expires <= released->released)
        return RESULT_OK;
    return seat_moved(step, released->release.license, &released->release.machine, record, ret_told);
}

RESULT row_tells(struct step *step, const struct machine_record *record, const struct leaf *leaf, bool *ret_tells)
{
    const struct hash note = hash_of(leaf->note);
    *ret_tells = false;
    if (record->number != leaf_number(leaf) || !hash_equal(&record->note, &note))
        return RESULT_OK;
    switch (leaf->kind) {
    case LEAF_LEASE:
        return lease_told(step, record, &leaf->lease, ret_tells);
    case LEAF_RELEASED:
        return release_told(step, record, &leaf->released, ret_tells);
    case LEAF_RECLAIMED:
    case LEAF_EPOCH:
        break;
    }
    return RESULT_OK;
}

/* Whether the leaf that a row names stands before (negative), at or behind (positive) that one, in whatever epoch. */
static int row_compare(const struct machine_record *record, uint32_t ledger, uint64_t index)
{
    if (record->ledger != ledger)
        return record->ledger < ledger ? -1 : 1;
    return record->leaf == index ? 0 : record->leaf < index ? -1 : 1;
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
        step_report(step, &finding);
        return RESULT_OK;
    }
    TRY(tell_damage(store_machine_get(step->check->store, number, machine, ret_row, step->reason), ret_found));
    if (!*ret_found)
        step_report_machine(step, license, machine, leaf);
    return RESULT_OK;
}

/* Whether the row can be that of the machine, whose last leaf it names: this one, or a later one with a higher number;
 * whether that later one is the machine's is looked at by the row. */
static RESULT row_knows(struct step *step, const struct machine_record *record, const struct leaf *leaf, uint64_t index,
                        bool *ret_knows)
{
    const int order = row_compare(record, step->ledger, index);
    if (order == 0)
        return row_tells(step, record, leaf, ret_knows);
    *ret_knows = order > 0 && record->number > leaf_number(leaf);
    return RESULT_OK;
}

/* Whether the host may have forgotten what the leaf says, and its machine with it; then that may have come back since,
 * and have begun anew. Where the next epoch began before the leaf is dated, the clock was ahead, and the row had what
 * that epoch said later and of earlier times. */
static RESULT may_be_forgotten(struct step *step, const struct leaf *leaf, bool *ret_may)
{
    const seconds time = leaf_time(leaf);
    seconds began;
    TRY(step_forgettable(step, leaf->kind == LEAF_LEASE ? leaf->lease.expires : time, ret_may));
    if (*ret_may)
        return RESULT_OK;
    TRY(closing_began(step, &began));
    return began < time ? step_forgettable(step, began, ret_may) : RESULT_OK;
}

/* A lease or a release against the row of its machine. */
static RESULT check_machine(struct step *step, const struct leaf *leaf, uint64_t index)
{
    const struct machine_id *const machine = leaf_machine(leaf);
    const char *const license = leaf_license(leaf);
    struct machine_row row;
    bool found;
    bool knows = true;
    TRY(find_row(step, license, machine, index, &row, &found));
    if (found)
        TRY(row_knows(step, &row.record, leaf, index, &knows));
    if (!knows)
        TRY(may_be_forgotten(step, leaf, &knows));
    if (!knows)
        step_report_machine(step, license, machine, index);
    return RESULT_OK;
}

/* Whether the place is that leaf's of this ledger, or behind it. */
static bool reclaim_is_at(const struct step *step, const struct reclaim_place *place, uint64_t index)
{
    return place->ledger > step->ledger || (place->ledger == step->ledger && place->leaf >= index);
}

/* Its machine has had a lease; where that is still the last one, the row says that it was reclaimed, unless that was
 * never signed before the next epoch began. */
static RESULT check_reclaimed(struct step *step, const struct leaf *leaf, uint64_t index)
{
    struct machine_row row;
    bool found;
    TRY(find_row(step, leaf_license(leaf), leaf_machine(leaf), index, &row, &found));
    if (!found)
        return RESULT_OK;
    const struct machine_record *const record = &row.record;
    bool right = row_compare(record, step->ledger, index) > 0 || reclaim_is_at(step, &record->reclaimed, index);
    if (!right)
        TRY(closing_leaves_out(step, step->ledger, index, &right));
    right = right && record->issued != 0;
    if (!right)
        TRY(may_be_forgotten(step, leaf, &right));
    if (!right)
        step_report_machine(step, leaf_license(leaf), leaf_machine(leaf), index);
    return RESULT_OK;
}

/* Whether it is the leaf that begins this epoch. */
static bool is_beginning(const struct step *step, const struct epoch *epoch, uint64_t index)
{
    return index == 0 && step->epoch > 1 && strcmp(epoch->origin, step->check->origin) == 0;
}

/* What the leaf says, against the row of its machine. */
static RESULT check_content(struct step *step, uint64_t index, struct slice text)
{
    struct leaf leaf;
    bool known;
    TRY(tell_form(leaf_read(text, &leaf), &known));
    if (known)
        switch (leaf.kind) {
        case LEAF_LEASE:
        case LEAF_RELEASED:
            return check_machine(step, &leaf, index);
        case LEAF_RECLAIMED:
            return check_reclaimed(step, &leaf, index);
        case LEAF_EPOCH:
            known = is_beginning(step, &leaf.epoch, index);
            break;
        }
    if (!known)
        step_report_range(step, LEDGER_FAULT_LEAF_FORM, 0, index, index);
    return RESULT_OK;
}

RESULT read_leaf(struct step *step, uint32_t ledger, uint64_t index, bool *ret_sound)
{
    buffer_clear(&step->leaf);
    struct result read = store_leaf_get(step->check->store, ledger, index, &step->leaf, step->reason);
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

/* Lists the leaves of a tile, and looks at the one behind, so that the way from tile to tile is gone once too; but for
 * a tile whose leaves are archived, which is a file by itself. *ret_there: that is not missing. */
static RESULT list_leaves(struct step *step, uint64_t first, size_t count, bool *ret_sound, bool *ret_there)
{
    struct archived archived;
    struct reason words = {.text = ""};
    buffer_clear(&step->texts);
    step->listed = 0;
    step->wanted = count;
    TRY(store_archived(step->check->store, step->ledger, &archived, step->reason));
    const size_t behind = first / TILE_WIDTH < archived.bundles ? 0 : 1;
    const struct result listed =
        store_leaves(step->check->store, step->ledger, first, count + behind, keep_leaf, step, &words);
    TRY(tell_archive(reason_say(step->reason, listed, "%s", words.text), ret_there));
    if (!*ret_there) {
        step_report_archive(step, first, first + count - 1, words.text);
        return RESULT_OK;
    }
    TRY(tell_damage(listed, ret_sound));
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
        step_report_range(step, LEDGER_FAULT_LEAF_HASH, 0, index, index);
    return check_content(step, index, leaf);
}

static RESULT pass_over(struct step *step, size_t count)
{
    step->position->next += count;
    step_spend(step, count);
    return RESULT_OK;
}

/* Goes to the end of a tile, so that each is read once. */
static RESULT check_tile(struct step *step, uint64_t first, size_t count)
{
    struct hash hashes[TILE_WIDTH];
    bool hashes_sound;
    bool list_sound;
    bool there;
    bool leaves_sound = true;
    TRY(tell_damage(store_hashes_get(step->check->store, step->ledger, 0, first, count, hashes, step->reason),
                    &hashes_sound));
    if (!hashes_sound)
        step_report_range(step, LEDGER_FAULT_HASH, 0, first, first + count - 1);
    TRY(list_leaves(step, first, count, &list_sound, &there));
    if (!there)
        return pass_over(step, count);
    for (size_t i = 0; i < count; i++) {
        struct slice leaf;
        bool sound;
        TRY(find_leaf(step, first, i, &leaf, &sound));
        leaves_sound = leaves_sound && sound;
        if (sound)
            TRY(check_leaf(step, first + i, leaf, hashes_sound ? &hashes[i] : NULL));
        else
            step_report_range(step, LEDGER_FAULT_LEAF, 0, first + i, first + i);
        step->position->next++;
    }
    if (!list_sound && leaves_sound)
        step_report_range(step, LEDGER_FAULT_LEAF, 0, first, first + count - 1);
    step_spend(step, count);
    return RESULT_OK;
}

RESULT check_leaves(struct step *step)
{
    struct ledger_check_position *const position = step->position;
    const uint64_t first = position->next;
    const uint64_t room = TILE_WIDTH - first % TILE_WIDTH;
    const uint64_t left = first < position->size ? position->size - first : 0;
    if (left > 0)
        TRY(check_tile(step, first, (size_t)(left < room ? left : room)));
    if (position->next >= position->size) {
        position->stage = LEDGER_CHECK_HASHES;
        position->level = 1;
        position->next = 0;
    }
    return RESULT_OK;
}
