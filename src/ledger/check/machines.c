/* Each row of a machine against its leaf; see step.h. */
#include "store/machines.h"
#include "check/leaves.h"
#include "check/machines.h"
#include "check/moved.h"
#include "store/ledger.h"
#include "store/operators.h"

#include <string.h>

enum { MACHINES_AT_ONCE = 64 };

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

/* Whether the leaf that a machine's row names is one of that machine and says the same. */
static RESULT row_holds(struct step *step, const char *license, const struct machine_entry *entry, bool *ret_holds)
{
    const struct machine_record *const record = &entry->row.record;
    struct leaf leaf;
    TRY(read_leaf(step, record->ledger, record->leaf, ret_holds));
    if (!*ret_holds)
        return RESULT_OK;
    TRY(tell_form(leaf_read(buffer_slice(&step->leaf), &leaf), ret_holds));
    if (*ret_holds)
        TRY(row_tells(step, record, &leaf, ret_holds));
    *ret_holds = *ret_holds && strcmp(leaf_license(&leaf), license) == 0 &&
                 memcmp(leaf_machine(&leaf), &entry->machine, sizeof entry->machine) == 0;
    return RESULT_OK;
}

/* Whether the leaf by which the row says that the machine's seat was reclaimed ends the lease that the row names. */
static RESULT reclaim_holds(struct step *step, const char *license, const struct machine_entry *entry, bool *ret_holds)
{
    const struct machine_record *const record = &entry->row.record;
    const struct reclaim_place *const place = &record->reclaimed;
    struct leaf leaf;
    TRY(read_leaf(step, place->ledger, place->leaf, ret_holds));
    if (*ret_holds)
        TRY(tell_form(leaf_read(buffer_slice(&step->leaf), &leaf), ret_holds));
    if (!*ret_holds)
        return RESULT_OK;
    const struct reclaimed *const reclaimed = &leaf.reclaimed;
    char origin[KEY_NAME_SIZE];
    TRY(ledger_origin(step, record->ledger, origin, ret_holds));
    *ret_holds = *ret_holds && leaf.kind == LEAF_RECLAIMED && strcmp(reclaimed->license, license) == 0 &&
                 memcmp(&reclaimed->machine, &entry->machine, sizeof entry->machine) == 0 &&
                 strcmp(reclaimed->lease_origin, origin) == 0 && reclaimed->lease_index == record->leaf;
    if (!*ret_holds || record->expires == reclaimed->reclaimed || record->expires >= record->ends)
        return RESULT_OK;
    return seat_moved(step, license, &entry->machine, record, ret_holds);
}

/* What the row of a machine says that never got a leaf. */
static bool names_none(const struct machine_record *record)
{
    const struct hash none = {{0}};
    return record->issued == 0 && record->ends == 0 && record->expires == 0 && !record->released && !record->renewed &&
           record->leaf == 0 && record->ledger == 0 && !record_is_reclaimed(record) && hash_equal(&record->note, &none);
}

static RESULT row_is_right(struct step *step, const char *license, const struct machine_entry *entry, bool *ret_right)
{
    const struct machine_record *const record = &entry->row.record;
    *ret_right = names_none(record);
    if (record->number != 0)
        TRY(row_holds(step, license, entry, ret_right));
    return *ret_right && record_is_reclaimed(record) ? reclaim_holds(step, license, entry, ret_right) : RESULT_OK;
}

/* Nothing can be said of a row whose leaf is in a file of the archive that is missing, and has been reported. */
static RESULT check_row(struct step *step, const char *license, const struct machine_entry *entry)
{
    const struct machine_record *const record = &entry->row.record;
    bool right;
    bool there;
    TRY(tell_archive(row_is_right(step, license, entry, &right), &there));
    if (there && !right)
        step_report_machine(step, license, &entry->machine, record->leaf);
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
    TRY(tell_damage(store_license_id(step->check->store, entry->license, license, step->reason), &sound));
    if (sound)
        TRY(find_license(step, license, &number));
    if (sound && number != entry->license)
        return RESULT_OK;
    if (!is_behind(step->position, entry))
        step_report_machine(step, license, &entry->machine, entry->row.record.leaf);
    return check_row(step, license, entry);
}

RESULT check_machines(struct step *step)
{
    struct ledger_check_position *const position = step->position;
    struct listed listed = {0};
    const struct machine_entry after = {.license = position->license, .machine = position->machine};
    const struct machine_filter filter = {.after = position->next == 0 ? NULL : &after, .limit = MACHINES_AT_ONCE};
    bool sound;
    TRY(tell_damage(store_machines(step->check->store, &filter, list_one, &listed, step->reason), &sound));
    for (size_t i = 0; i < listed.count; i++) {
        TRY(check_entry(step, &listed.entries[i]));
        position->license = listed.entries[i].license;
        position->machine = listed.entries[i].machine;
        position->next++;
    }
    step_spend(step, listed.count);
    if (!sound) {
        struct ledger_finding finding = {.fault = LEDGER_FAULT_MACHINES, .machine = position->machine};
        step_report(step, &finding);
    }
    if (!sound || listed.count < MACHINES_AT_ONCE)
        position->stage = LEDGER_CHECK_DONE;
    return RESULT_OK;
}
