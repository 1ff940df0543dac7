/* The store in memory: handles, transactions, names and denials; see memory.h. */
#include "memory.h"
#include "store/memory.h"

#include <stdlib.h>
#include <string.h>

static void lock_shared(struct store *store)
{
    pthread_mutex_lock(&mem_of(store)->shared->lock);
}

static void unlock_shared(struct store *store)
{
    pthread_mutex_unlock(&mem_of(store)->shared->lock);
}

static RESULT begin(struct store *store)
{
    (void)store;
    return RESULT_OK;
}

static RESULT commit(struct store *store)
{
    struct mem_store *const mem = mem_of(store);
    TRY(mem_figures_save(mem));
    map_move(&mem->pending, &mem->shared->committed);
    return RESULT_OK;
}

static void rollback(struct store *store)
{
    struct mem_store *const mem = mem_of(store);
    map_clear(&mem->pending);
    figures_clear(&mem->figures);
}

static RESULT ledger(struct store *store, const char *origin, bool make, uint32_t *ret_ledger)
{
    struct mem_store *const mem = mem_of(store);
    struct map_key key = map_key_make(TABLE_LEDGER);
    uint64_t last = 0;
    const struct map_entry *entry;
    while (mem_in_table(entry = mem_next(mem, &key), TABLE_LEDGER)) {
        key = entry->key;
        last = map_key_number(&key, TABLE_END);
        if (slice_is(slice_make(entry->value, entry->size), origin)) {
            *ret_ledger = (uint32_t)last;
            return RESULT_OK;
        }
    }
    ENSURE(make, NOT_FOUND);
    key = map_key_make(TABLE_LEDGER);
    map_key_add_number(&key, last + 1);
    TRY(mem_put(mem, &key, origin, strlen(origin)));
    *ret_ledger = (uint32_t)last + 1;
    return RESULT_OK;
}

static RESULT ledger_next(struct store *store, uint32_t after, uint32_t *ret_ledger,
                          char ret_origin[static KEY_NAME_SIZE])
{
    struct map_key key = map_key_make(TABLE_LEDGER);
    map_key_add_number(&key, after);
    const struct map_entry *const entry = mem_next(mem_of(store), &key);
    ENSURE(mem_in_table(entry, TABLE_LEDGER), NOT_FOUND);
    TRY(slice_copy_text(slice_make(entry->value, entry->size), ret_origin, KEY_NAME_SIZE));
    *ret_ledger = (uint32_t)map_key_number(&entry->key, TABLE_END);
    return RESULT_OK;
}

struct license_value {
    uint32_t ledger;
    char id[NAME_SIZE];
    char product[NAME_SIZE];
};

static RESULT license(struct store *store, uint32_t of_ledger, const char *id, const char *product,
                      uint32_t *ret_license)
{
    struct mem_store *const mem = mem_of(store);
    struct map_key key = map_key_make(TABLE_LICENSE);
    struct license_value value;
    uint64_t last = 0;
    const struct map_entry *entry;
    while (mem_in_table(entry = mem_next(mem, &key), TABLE_LICENSE)) {
        key = entry->key;
        last = map_key_number(&key, TABLE_END);
        memcpy(&value, entry->value, sizeof value);
        if (value.ledger == of_ledger && strcmp(value.id, id) == 0) {
            *ret_license = (uint32_t)last;
            return RESULT_OK;
        }
    }
    ENSURE(product != NULL, NOT_FOUND);
    key = map_key_make(TABLE_LICENSE);
    map_key_add_number(&key, last + 1);
    memset(&value, 0, sizeof value);
    value.ledger = of_ledger;
    TRY(slice_copy_text(slice_of(id), value.id, sizeof value.id));
    TRY(slice_copy_text(slice_of(product), value.product, sizeof value.product));
    TRY(mem_put(mem, &key, &value, sizeof value));
    *ret_license = (uint32_t)last + 1;
    return RESULT_OK;
}

static RESULT license_next(struct store *store, uint32_t of_ledger, uint32_t after, uint32_t *ret_license,
                           char ret_product[static NAME_SIZE])
{
    struct map_key key = map_key_make(TABLE_LICENSE);
    map_key_add_number(&key, after);
    const struct map_entry *entry;
    while (mem_in_table(entry = mem_next(mem_of(store), &key), TABLE_LICENSE)) {
        struct license_value value;
        memcpy(&value, entry->value, sizeof value);
        key = entry->key;
        if (value.ledger != of_ledger)
            continue;
        memcpy(ret_product, value.product, NAME_SIZE);
        *ret_license = (uint32_t)map_key_number(&key, TABLE_END);
        return RESULT_OK;
    }
    return FAIL(NOT_FOUND);
}

static RESULT license_id(struct store *store, uint32_t number, char ret_id[static NAME_SIZE])
{
    struct map_key key = map_key_make(TABLE_LICENSE);
    map_key_add_number(&key, number);
    const struct map_entry *const entry = mem_find(mem_of(store), &key);
    ENSURE(entry != NULL, NOT_FOUND);
    struct license_value value;
    memcpy(&value, entry->value, sizeof value);
    memcpy(ret_id, value.id, NAME_SIZE);
    return RESULT_OK;
}

static RESULT denial_add(struct store *store, const struct denial_entry *entry)
{
    struct mem_store *const mem = mem_of(store);
    struct map_key key = map_key_make(TABLE_DENIAL);
    map_key_add_number(&key, UINT64_MAX);
    const struct map_entry *const newest = mem_previous(mem, &key);
    struct denial_entry kept = *entry;
    kept.number = mem_in_table(newest, TABLE_DENIAL) ? map_key_number(&newest->key, TABLE_END) + 1 : 1;
    key = map_key_make(TABLE_DENIAL);
    map_key_add_number(&key, kept.number);
    TRY(mem_put(mem, &key, &kept, sizeof kept));
    if (kept.number <= DENIALS_KEPT)
        return RESULT_OK;
    key = map_key_make(TABLE_DENIAL);
    map_key_add_number(&key, kept.number - DENIALS_KEPT);
    return mem_remove(mem, &key);
}

static RESULT denials(struct store *store, const struct machine_id *machine, uint64_t before, size_t limit,
                      bool (*each)(void *context, const struct denial_entry *entry), void *context)
{
    const struct mem_store *const mem = mem_of(store);
    struct map_key key = map_key_make(TABLE_DENIAL);
    map_key_add_number(&key, before);
    const struct map_entry *entry;
    while (limit > 0 && mem_in_table(entry = mem_previous(mem, &key), TABLE_DENIAL)) {
        key = entry->key;
        struct denial_entry denial;
        memcpy(&denial, entry->value, sizeof denial);
        if (machine != NULL && memcmp(machine, &denial.machine, sizeof *machine) != 0)
            continue;
        limit--;
        if (!each(context, &denial))
            break;
    }
    return RESULT_OK;
}

static RESULT open_reader(struct store *store, struct store **ret_reader, struct reason *reason)
{
    (void)reason;
    struct mem_store *const reader = calloc(1, sizeof *reader);
    ENSURE(reader != NULL, NO_MEMORY);
    reader->common = (struct store){.ops = store->ops, .reader = true};
    reader->shared = mem_of(store)->shared;
    reader->shared->handles++;
    *ret_reader = &reader->common;
    return RESULT_OK;
}

static void close_handle(struct store *store)
{
    struct mem_store *const mem = mem_of(store);
    map_clear(&mem->pending);
    figures_free(&mem->figures);
    lock_shared(store);
    const bool last = --mem->shared->handles == 0;
    unlock_shared(store);
    if (last) {
        map_clear(&mem->shared->committed);
        pthread_mutex_destroy(&mem->shared->lock);
        free(mem->shared);
    }
    free(mem);
}

static const struct store_ops memory_ops = {
    .close = close_handle,
    .open_reader = open_reader,
    .lock = lock_shared,
    .unlock = unlock_shared,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .ledger = ledger,
    .license = license,
    .ledger_next = ledger_next,
    .license_next = license_next,
    .license_id = license_id,
    .machine_get = mem_machine_get,
    .fetch = mem_fetch,
    .machine_put = mem_machine_put,
    .machines_expire = mem_machines_expire,
    .machines_expired = mem_machines_expired,
    .figures = mem_figures,
    .next_end = mem_next_end,
    .return_add = mem_return_add,
    .returns = mem_returns,
    .block = mem_block,
    .unblock = mem_unblock,
    .blocked = mem_blocked,
    .label = mem_label,
    .machines = mem_machines,
    .about_get = mem_about_get,
    .about_put = mem_about_put,
    .about_expire = mem_about_expire,
    .about_clear = mem_about_clear,
    .denial_add = denial_add,
    .denials = denials,
    .ledger_size = mem_ledger_size,
    .leaves_append = mem_leaves_append,
    .leaves = mem_leaves,
    .archived = mem_archived,
    .archive = mem_archive,
    .hashes_append = mem_hashes_append,
    .hashes_get = mem_hashes_get,
    .checkpoint_get = mem_checkpoint_get,
    .checkpoint_put = mem_checkpoint_put,
    .shown = mem_shown,
    .shown_put = mem_shown_put,
    .shown_drop = mem_shown_drop,
};

RESULT store_open_memory(struct store **ret_store)
{
    struct mem_shared *const shared = calloc(1, sizeof *shared);
    struct mem_store *const mem = calloc(1, sizeof *mem);
    pthread_mutexattr_t attributes;
    if (shared == NULL || mem == NULL || pthread_mutexattr_init(&attributes) != 0) {
        free(shared);
        free(mem);
        return FAIL(NO_MEMORY);
    }
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&shared->lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
    shared->handles = 1;
    mem->common.ops = &memory_ops;
    mem->shared = shared;
    *ret_store = &mem->common;
    return RESULT_OK;
}
