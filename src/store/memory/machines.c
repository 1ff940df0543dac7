/* The store in memory: machines, figures, blocked machines and their listing; see memory.h. */
#include "memory.h"

#include <string.h>

struct block_value {
    seconds since;
    char reason[BLOCK_REASON_SIZE];
};

static struct map_key machine_key(uint32_t license, const struct machine_id *machine)
{
    struct map_key key = map_key_make(TABLE_MACHINE);
    map_key_add_number(&key, license);
    map_key_add_bytes(&key, machine, sizeof *machine);
    return key;
}

static struct map_key block_key(const struct machine_id *machine)
{
    struct map_key key = map_key_make(TABLE_BLOCK);
    map_key_add_bytes(&key, machine, sizeof *machine);
    return key;
}

static struct map_key moment_key(uint32_t license, enum moment_kind kind, seconds second)
{
    struct map_key key = map_key_make(TABLE_MOMENT);
    map_key_add_number(&key, license);
    map_key_add_number(&key, kind);
    map_key_add_number(&key, (uint64_t)second);
    return key;
}

RESULT mem_machine_get(struct store *store, uint32_t license, const struct machine_id *machine,
                       struct machine_row *ret_row)
{
    const struct map_key key = machine_key(license, machine);
    const struct map_entry *const entry = mem_find(mem_of(store), &key);
    memset(ret_row, 0, sizeof *ret_row);
    if (entry != NULL)
        memcpy(ret_row, entry->value, sizeof *ret_row);
    return RESULT_OK;
}

static RESULT moment_sum(void *context, uint32_t license, enum moment_kind kind, seconds after, seconds until,
                         uint64_t *ret_sum)
{
    const struct mem_store *const mem = context;
    struct map_key key = moment_key(license, kind, after < 0 ? 0 : after);
    const struct map_key end = moment_key(license, kind, until);
    uint64_t sum = 0;
    const struct map_entry *entry;
    while ((entry = mem_next(mem, &key)) != NULL && until > 0 && map_key_compare(&entry->key, &end) <= 0) {
        uint64_t count;
        memcpy(&count, entry->value, sizeof count);
        sum += count;
        key = entry->key;
    }
    *ret_sum = sum;
    return RESULT_OK;
}

static RESULT moment_add(struct mem_store *mem, uint32_t license, enum moment_kind kind, seconds second, int change)
{
    if (second <= 0)
        return RESULT_OK;
    const struct map_key key = moment_key(license, kind, second);
    const struct map_entry *const entry = mem_find(mem, &key);
    uint64_t count = 0;
    if (entry != NULL)
        memcpy(&count, entry->value, sizeof count);
    ENSURE(change > 0 || count > 0, STORE_CORRUPT);
    count = change > 0 ? count + 1 : count - 1;
    return count == 0 ? mem_remove(mem, &key) : mem_put(mem, &key, &count, sizeof count);
}

static RESULT figures_load(void *context, struct license_figures *entry)
{
    const struct mem_store *const mem = context;
    struct map_key key = map_key_make(TABLE_FIGURES);
    map_key_add_number(&key, entry->license);
    const struct map_entry *const saved = mem_find(mem, &key);
    if (saved != NULL)
        memcpy(entry, saved->value, sizeof *entry);
    return RESULT_OK;
}

static struct moment_source source_of(struct mem_store *mem)
{
    return (struct moment_source){.sum = moment_sum, .load = figures_load, .context = mem};
}

static RESULT move_moments(struct store *store, uint32_t license, const struct machine_id *machine,
                           struct machine_times after)
{
    struct mem_store *const mem = mem_of(store);
    struct machine_row old;
    TRY(mem_machine_get(store, license, machine, &old));
    const struct machine_times before = {old.record.last_request, old.record.expires};
    const struct moment_source source = source_of(mem);
    TRY(figures_change(&mem->figures, &source, license, &before, &after));
    TRY(moment_add(mem, license, MOMENT_LAST_REQUEST, before.last_request, -1));
    TRY(moment_add(mem, license, MOMENT_LAST_REQUEST, after.last_request, 1));
    TRY(moment_add(mem, license, MOMENT_EXPIRES, before.expires, -1));
    return moment_add(mem, license, MOMENT_EXPIRES, after.expires, 1);
}

RESULT mem_machine_put(struct store *store, uint32_t license, const struct machine_id *machine,
                       const struct machine_row *row)
{
    const struct map_key key = machine_key(license, machine);
    TRY(move_moments(store, license, machine, (struct machine_times){row->record.last_request, row->record.expires}));
    return mem_put(mem_of(store), &key, row, sizeof *row);
}

/* Forgets the machine of the entry, if it is to be forgotten. */
static RESULT expire(struct store *store, const struct machine_key *machine, const struct machine_row *row,
                     seconds before, bool *ret_forgotten)
{
    bool blocked;
    TRY(mem_blocked(store, &machine->machine, &blocked));
    *ret_forgotten = !blocked && row->record.last_request < before && row->record.expires < before;
    if (!*ret_forgotten)
        return RESULT_OK;
    const struct map_key key = machine_key(machine->license, &machine->machine);
    TRY(move_moments(store, machine->license, &machine->machine, (struct machine_times){0}));
    return mem_remove(mem_of(store), &key);
}

RESULT mem_machines_expire(struct store *store, seconds before, size_t look, struct machine_key *at, size_t *ret_count)
{
    struct mem_store *const mem = mem_of(store);
    struct map_key key = at->license == 0 ? map_key_make(TABLE_MACHINE) : machine_key(at->license, &at->machine);
    size_t count = 0;
    for (; look > 0; look--) {
        const struct map_entry *const entry = mem_next(mem, &key);
        struct machine_row row;
        bool forgotten;
        if (!mem_in_table(entry, TABLE_MACHINE)) {
            *at = (struct machine_key){0};
            break;
        }
        key = entry->key;
        at->license = (uint32_t)map_key_number(&key, TABLE_END);
        memcpy(&at->machine, key.bytes + NUMBER_END, sizeof at->machine);
        memcpy(&row, entry->value, sizeof row);
        TRY(expire(store, at, &row, before, &forgotten));
        count += forgotten;
    }
    *ret_count = count;
    return RESULT_OK;
}

RESULT mem_figures(struct store *store, uint32_t license, seconds now, struct figures *ret_figures)
{
    struct mem_store *const mem = mem_of(store);
    const struct moment_source source = source_of(mem);
    if (store->reader)
        figures_clear(&mem->figures);
    return figures_at(&mem->figures, &source, license, now, ret_figures);
}

RESULT mem_next_end(struct store *store, uint32_t license, seconds now, seconds *ret_time)
{
    const struct moment_source source = source_of(mem_of(store));
    return figures_next_end(&source, license, now, ret_time);
}

RESULT mem_figures_save(struct mem_store *mem)
{
    for (size_t i = 0; i < mem->figures.count; i++) {
        struct license_figures *const entry = &mem->figures.entries[i];
        if (!entry->changed)
            continue;
        entry->changed = false;
        struct map_key key = map_key_make(TABLE_FIGURES);
        map_key_add_number(&key, entry->license);
        TRY(mem_put(mem, &key, entry, sizeof *entry));
    }
    return RESULT_OK;
}

RESULT mem_block(struct store *store, const struct machine_id *machine, seconds now, const char *reason)
{
    struct block_value value = {.since = now};
    const struct map_key key = block_key(machine);
    const struct map_entry *const before = mem_find(mem_of(store), &key);
    if (before != NULL)
        memcpy(&value, before->value, sizeof value);
    if (before == NULL || reason[0] != '\0')
        TRY(slice_copy_text(slice_of(reason), value.reason, sizeof value.reason));
    return mem_put(mem_of(store), &key, &value, sizeof value);
}

RESULT mem_unblock(struct store *store, const struct machine_id *machine)
{
    const struct map_key key = block_key(machine);
    ENSURE(mem_find(mem_of(store), &key) != NULL, NOT_FOUND);
    return mem_remove(mem_of(store), &key);
}

RESULT mem_blocked(struct store *store, const struct machine_id *machine, bool *ret_blocked)
{
    const struct map_key key = block_key(machine);
    *ret_blocked = mem_find(mem_of(store), &key) != NULL;
    return RESULT_OK;
}

RESULT mem_fetch(struct store *store, const struct machine_key *keys, size_t count, struct machine_found *ret_found)
{
    for (size_t i = 0; i < count; i++) {
        TRY(mem_machine_get(store, keys[i].license, &keys[i].machine, &ret_found[i].row));
        TRY(mem_blocked(store, &keys[i].machine, &ret_found[i].blocked));
    }
    return RESULT_OK;
}

static struct map_key label_key(const struct machine_id *machine)
{
    struct map_key key = map_key_make(TABLE_LABEL);
    map_key_add_bytes(&key, machine, sizeof *machine);
    return key;
}

RESULT mem_label(struct store *store, const struct machine_id *machine, const char *label)
{
    const struct map_key key = label_key(machine);
    return *label == 0 ? mem_remove(mem_of(store), &key) : mem_put(mem_of(store), &key, label, strlen(label));
}

static bool passes(const struct listing *listing, const struct machine_entry *entry)
{
    const struct machine_filter *const filter = listing->filter;
    const struct machine_entry *const after = filter->after;
    const bool behind =
        after == NULL || entry->license > after->license ||
        (entry->license == after->license && memcmp(&entry->machine, &after->machine, sizeof entry->machine) > 0);
    return behind && (filter->license == 0 || entry->license == filter->license) &&
           memcmp(&entry->machine, &listing->lowest, sizeof entry->machine) >= 0 &&
           memcmp(&entry->machine, &listing->highest, sizeof entry->machine) <= 0 &&
           (filter->address == NULL || strcmp(entry->row.address, filter->address) == 0) &&
           (!filter->blocked_only || entry->blocked) &&
           (!filter->holding_only || entry->row.record.expires > filter->now);
}

/* Block and label. */
static void add_block(const struct mem_store *mem, struct machine_entry *entry)
{
    const struct map_key called = label_key(&entry->machine);
    const struct map_entry *const label = mem_find(mem, &called);
    if (label != NULL)
        memcpy(entry->label, label->value, label->size);
    const struct map_key key = block_key(&entry->machine);
    const struct map_entry *const found = mem_find(mem, &key);
    if (found == NULL)
        return;
    struct block_value value;
    memcpy(&value, found->value, sizeof value);
    entry->blocked = true;
    entry->blocked_since = value.since;
    memcpy(entry->blocked_reason, value.reason, sizeof value.reason);
}

static bool ever_asked(const struct mem_store *mem, const struct machine_id *machine)
{
    struct map_key license = map_key_make(TABLE_LICENSE);
    const struct map_entry *entry;
    while (mem_in_table(entry = mem_next(mem, &license), TABLE_LICENSE)) {
        license = entry->key;
        const struct map_key key = machine_key((uint32_t)map_key_number(&license, TABLE_END), machine);
        if (mem_find(mem, &key) != NULL)
            return true;
    }
    return false;
}

RESULT mem_machines(struct store *store, const struct listing *listing)
{
    const struct mem_store *const mem = mem_of(store);
    size_t left = listing->filter->limit;
    const struct map_entry *found;
    struct map_key key = map_key_make(TABLE_BLOCK);
    while (left > 0 && mem_in_table(found = mem_next(mem, &key), TABLE_BLOCK)) {
        struct machine_entry entry = {0};
        key = found->key;
        memcpy(&entry.machine, key.bytes + TABLE_END, sizeof entry.machine);
        add_block(mem, &entry);
        if (ever_asked(mem, &entry.machine) || !passes(listing, &entry))
            continue;
        left--;
        if (!listing->each(listing->context, &entry))
            return RESULT_OK;
    }
    key = map_key_make(TABLE_MACHINE);
    while (left > 0 && mem_in_table(found = mem_next(mem, &key), TABLE_MACHINE)) {
        struct machine_entry entry = {0};
        key = found->key;
        entry.license = (uint32_t)map_key_number(&key, TABLE_END);
        memcpy(&entry.machine, key.bytes + NUMBER_END, sizeof entry.machine);
        memcpy(&entry.row, found->value, sizeof entry.row);
        add_block(mem, &entry);
        if (!passes(listing, &entry))
            continue;
        left--;
        if (!listing->each(listing->context, &entry))
            return RESULT_OK;
    }
    return RESULT_OK;
}
