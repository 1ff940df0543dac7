/* Which machines a list is to show; see matching.h. */
#include "matching.h"

#include <string.h>

bool criteria_any(const struct criteria *criteria)
{
    return criteria->text != NULL || criteria->label != NULL || criteria->name != NULL || criteria->product != NULL ||
           criteria->state != NULL || criteria->seen != 0 || criteria->unseen != 0;
}

/* ---- states ---- */

static bool is_holding(const struct machine_entry *entry, seconds now)
{
    return record_holds(&entry->row.record, now);
}

static bool is_blocked(const struct machine_entry *entry, seconds now)
{
    (void)now;
    return entry->blocked;
}

static bool is_reclaimed(const struct machine_entry *entry, seconds now)
{
    (void)now;
    return record_is_reclaimed(&entry->row.record);
}

static bool is_released(const struct machine_entry *entry, seconds now)
{
    (void)now;
    return entry->row.record.released;
}

static bool is_denied(const struct machine_entry *entry, seconds now)
{
    (void)now;
    return entry->row.record.last_denial != 0;
}

static bool is_ended(const struct machine_entry *entry, seconds now)
{
    return entry->row.record.issued > 0 && !is_holding(entry, now) && !is_released(entry, now) &&
           !is_reclaimed(entry, now);
}

static const struct state {
    const char *name;
    bool (*is)(const struct machine_entry *entry, seconds now);
} states[] = {
    {"holding", is_holding},   {"blocked", is_blocked}, {"reclaimed", is_reclaimed},
    {"released", is_released}, {"denied", is_denied},   {"ended", is_ended},
};

static const struct state *find_state(const char *name)
{
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (strcmp(states[i].name, name) == 0)
            return &states[i];
    return NULL;
}

bool criteria_is_state(const char *state)
{
    return find_state(state) != NULL;
}

/* ---- texts ---- */

static bool begins_with(const char *text, const char *part)
{
    for (; *part != 0; text++, part++)
        if (ascii_lower(*text) != ascii_lower(*part))
            return false;
    return true;
}

static bool contains(const char *text, const char *part)
{
    for (; *text != 0; text++)
        if (begins_with(text, part))
            return true;
    return *part == 0;
}

/* The product of the machine's license, and what the machine tells of itself beside requests for it; "" where there is
 * none. */
struct told {
    char product[NAME_SIZE];
    char name[TEXT_SIZE];
};

static RESULT find_told(const struct rows *rows, const struct machine_entry *entry, bool name, struct told *ret_told)
{
    char id[NAME_SIZE];
    *ret_told = (struct told){.product = ""};
    if (entry->license == 0)
        return RESULT_OK;
    TRY(store_license_id(rows->store, entry->license, id, rows->reason));
    const struct authority_license *const license = authority_find_license(rows->authority, id, NULL);
    if (license == NULL)
        return RESULT_OK;
    memcpy(ret_told->product, license->license.product, sizeof ret_told->product);
    struct about_row about;
    if (!name)
        return RESULT_OK;
    const struct result found = store_about_get(rows->store, &entry->machine, ret_told->product, &about, rows->reason);
    if (result_code(found) == ERR_NOT_FOUND || (is_ok(found) && about.until <= rows->now && !entry->blocked))
        return RESULT_OK;
    TRY(found);
    memcpy(ret_told->name, about.says.name, sizeof ret_told->name);
    return RESULT_OK;
}

static bool text_matches(const char *text, const struct machine_entry *entry, const struct told *told)
{
    char id[MACHINE_ID_TEXT_SIZE];
    machine_id_write(&entry->machine, id);
    return begins_with(id, text) || strcmp(entry->row.address, text) == 0 || contains(entry->label, text) ||
           contains(told->name, text);
}

static bool row_matches(const struct criteria *criteria, const struct machine_entry *entry, seconds now)
{
    const seconds last = entry->row.record.last_request;
    return (criteria->label == NULL || contains(entry->label, criteria->label)) &&
           (criteria->state == NULL || find_state(criteria->state)->is(entry, now)) &&
           (criteria->seen == 0 || last >= criteria->seen) && (criteria->unseen == 0 || last < criteria->unseen);
}

RESULT criteria_match(const struct criteria *criteria, const struct rows *rows, const struct machine_entry *entry,
                      bool *ret_match)
{
    const bool name = criteria->name != NULL || criteria->text != NULL;
    struct told told = {.product = ""};
    *ret_match = row_matches(criteria, entry, rows->now);
    if (!*ret_match)
        return RESULT_OK;
    if (name || criteria->product != NULL)
        TRY(find_told(rows, entry, name, &told));
    *ret_match = (criteria->product == NULL || strcmp(told.product, criteria->product) == 0) &&
                 (criteria->name == NULL || contains(told.name, criteria->name)) &&
                 (criteria->text == NULL || text_matches(criteria->text, entry, &told));
    return RESULT_OK;
}
