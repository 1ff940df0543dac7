/*
 * What all stores have in common: arguments are checked, transactions are opened and closed in pairs, and each call
 * goes to the implementation under its lock.
 *
 * Always: a change outside a transaction or through a reader is a bug of the caller and asserts.
 */
#include "backend.h"

#include <assert.h>
#include <string.h>

static void lock(struct store *store)
{
    if (store->ops->lock != NULL)
        store->ops->lock(store);
}

static void unlock(struct store *store)
{
    if (store->ops->unlock != NULL)
        store->ops->unlock(store);
}

/* Returns from the calling function with what the implementation's function says. A listing's callback may call again,
 * so the words of the call around it are not forgotten. */
#define DISPATCH(store, function, ...) \
    do { \
        lock(store); \
        struct reason *const outer_reason_ = (store)->reason; \
        (store)->reason = reason; \
        const struct result dispatch_result_ = (store)->ops->function(__VA_ARGS__); \
        (store)->reason = outer_reason_; \
        unlock(store); \
        return dispatch_result_; \
    } while (0)

static void assert_writing(const struct store *store)
{
    assert(!store->reader && store->in_transaction);
    (void)store;
}

RESULT store_open_reader(struct store *store, struct store **ret_reader, struct reason *reason)
{
    assert(!store->reader);
    lock(store);
    /* Whose call the store's own words are of is another thread's to say. */
    const struct result result = store->ops->open_reader(store, ret_reader, reason);
    if (is_ok(result))
        (*ret_reader)->archive = store->archive;
    unlock(store);
    return result;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    if (store->in_transaction)
        store_rollback(store);
    store->ops->close(store);
}

RESULT store_begin(struct store *store, struct reason *reason)
{
    assert(!store->reader && !store->in_transaction);
    lock(store);
    store->reason = reason;
    const struct result result = store->ops->begin(store);
    store->in_transaction = is_ok(result);
    store->reason = NULL;
    unlock(store);
    return result;
}

RESULT store_commit(struct store *store, struct reason *reason)
{
    assert_writing(store);
    lock(store);
    store->reason = reason;
    const struct result result = store->ops->commit(store);
    store->reason = NULL; /* what went wrong says more than the rollback */
    if (!is_ok(result))
        store->ops->rollback(store);
    store->in_transaction = false;
    unlock(store);
    return result;
}

void store_rollback(struct store *store)
{
    assert_writing(store);
    lock(store);
    store->ops->rollback(store);
    store->in_transaction = false;
    unlock(store);
}

RESULT store_transact(struct store *store, RESULT (*work)(void *context, struct store *store, struct reason *reason),
                      void *context, struct reason *reason)
{
    TRY(store_begin(store, reason));
    const struct result result = work(context, store, reason);
    if (is_ok(result))
        return store_commit(store, reason);
    store_rollback(store);
    return result;
}

RESULT store_sync(struct store *store, struct reason *reason)
{
    assert(!store->reader && !store->in_transaction);
    if (store->ops->sync == NULL)
        return RESULT_OK;
    DISPATCH(store, sync, store);
}

RESULT store_tend(struct store *store, size_t most, bool *ret_more, struct reason *reason)
{
    assert(!store->reader && !store->in_transaction && most >= 1);
    if (store->ops->tend == NULL) {
        *ret_more = false;
        return RESULT_OK;
    }
    DISPATCH(store, tend, store, most, ret_more);
}

RESULT store_ledger_find(struct store *store, const char *origin, uint32_t *ret_ledger, struct reason *reason)
{
    ENSURE(strlen(origin) < KEY_NAME_SIZE, TEXT_TOO_LONG);
    DISPATCH(store, ledger, store, origin, false, ret_ledger);
}

RESULT store_ledger_make(struct store *store, const char *origin, uint32_t *ret_ledger, struct reason *reason)
{
    assert_writing(store);
    ENSURE(strlen(origin) < KEY_NAME_SIZE, TEXT_TOO_LONG);
    DISPATCH(store, ledger, store, origin, true, ret_ledger);
}

RESULT store_ledger_next(struct store *store, uint32_t after, uint32_t *ret_ledger,
                         char ret_origin[static KEY_NAME_SIZE], struct reason *reason)
{
    DISPATCH(store, ledger_next, store, after, ret_ledger, ret_origin);
}

RESULT store_license_find(struct store *store, uint32_t ledger, const char *license_id, uint32_t *ret_license,
                          struct reason *reason)
{
    ENSURE(strlen(license_id) < NAME_SIZE, TEXT_TOO_LONG);
    DISPATCH(store, license, store, ledger, license_id, NULL, ret_license);
}

RESULT store_license_make(struct store *store, uint32_t ledger, const char *license_id, const char *product,
                          uint32_t *ret_license, struct reason *reason)
{
    assert_writing(store);
    ENSURE(strlen(license_id) < NAME_SIZE && strlen(product) < NAME_SIZE, TEXT_TOO_LONG);
    DISPATCH(store, license, store, ledger, license_id, product, ret_license);
}

RESULT store_license_next(struct store *store, uint32_t ledger, uint32_t after, uint32_t *ret_license,
                          char ret_product[static NAME_SIZE], struct reason *reason)
{
    DISPATCH(store, license_next, store, ledger, after, ret_license, ret_product);
}

RESULT store_license_id(struct store *store, uint32_t license, char ret_id[static NAME_SIZE], struct reason *reason)
{
    DISPATCH(store, license_id, store, license, ret_id);
}

RESULT store_machine_get(struct store *store, uint32_t license, const struct machine_id *machine,
                         struct machine_row *ret_row, struct reason *reason)
{
    DISPATCH(store, machine_get, store, license, machine, ret_row);
}

RESULT store_machine_put(struct store *store, uint32_t license, const struct machine_id *machine,
                         const struct machine_row *row, struct reason *reason)
{
    assert_writing(store);
    DISPATCH(store, machine_put, store, license, machine, row);
}

RESULT store_machines_expire(struct store *store, seconds before, size_t look, struct machine_key *at,
                             size_t *ret_count, struct reason *reason)
{
    assert_writing(store);
    assert(look >= 1);
    DISPATCH(store, machines_expire, store, before, look, at, ret_count);
}

RESULT store_machines_expired(struct store *store, seconds *ret_before, struct reason *reason)
{
    DISPATCH(store, machines_expired, store, ret_before);
}

RESULT store_fetch(struct store *store, const struct machine_key *keys, size_t count, struct machine_found *ret_found,
                   struct reason *reason)
{
    if (count == 0)
        return RESULT_OK;
    DISPATCH(store, fetch, store, keys, count, ret_found);
}

RESULT store_figures(struct store *store, uint32_t license, seconds now, struct figures *ret_figures,
                     struct reason *reason)
{
    DISPATCH(store, figures, store, license, now, ret_figures);
}

RESULT store_next_end(struct store *store, uint32_t license, seconds now, seconds *ret_time, struct reason *reason)
{
    DISPATCH(store, next_end, store, license, now, ret_time);
}

RESULT store_return_add(struct store *store, uint32_t license, enum return_way way, seconds time, struct reason *reason)
{
    assert_writing(store);
    DISPATCH(store, return_add, store, license, way, time);
}

RESULT store_returns(struct store *store, uint32_t license, enum return_way way, seconds after, uint64_t *ret_count,
                     struct reason *reason)
{
    DISPATCH(store, returns, store, license, way, after, ret_count);
}

RESULT store_block(struct store *store, const struct machine_id *machine, seconds now, const char *why,
                   struct reason *reason)
{
    assert_writing(store);
    ENSURE(strlen(why) < BLOCK_REASON_SIZE, TEXT_TOO_LONG);
    DISPATCH(store, block, store, machine, now, why);
}

RESULT store_unblock(struct store *store, const struct machine_id *machine, struct reason *reason)
{
    assert_writing(store);
    DISPATCH(store, unblock, store, machine);
}

RESULT store_blocked(struct store *store, const struct machine_id *machine, bool *ret_blocked, struct reason *reason)
{
    DISPATCH(store, blocked, store, machine, ret_blocked);
}

RESULT store_label(struct store *store, const struct machine_id *machine, const char *label, struct reason *reason)
{
    assert_writing(store);
    ENSURE(strlen(label) < LABEL_SIZE, TEXT_TOO_LONG);
    DISPATCH(store, label, store, machine, label);
}

/* The value of a hex digit of either case, or -1. */
static int digit_value(char digit)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    const char *const found = digit == '\0' ? NULL : strchr(digits, digit);
    if (found == NULL)
        return -1;
    const int position = (int)(found - digits);
    return position < 16 ? position : position - 6;
}

/* The lowest and highest id that begin with those digits; false where no id does. */
static bool prefix_range(const char *prefix, struct machine_id *ret_lowest, struct machine_id *ret_highest)
{
    memset(ret_lowest->bytes, 0x00, MACHINE_ID_SIZE);
    memset(ret_highest->bytes, 0xff, MACHINE_ID_SIZE);
    const size_t length = prefix == NULL ? 0 : strlen(prefix);
    if (length > (size_t)2 * MACHINE_ID_SIZE)
        return false;
    for (size_t i = 0; i < length; i++) {
        const int value = digit_value(prefix[i]);
        if (value < 0)
            return false;
        const unsigned shift = i % 2 == 0 ? 4 : 0;
        uint8_t *const low = &ret_lowest->bytes[i / 2];
        uint8_t *const high = &ret_highest->bytes[i / 2];
        *low = (uint8_t)(*low | ((unsigned)value << shift));
        *high = (uint8_t)((*high & ~(0xfu << shift)) | ((unsigned)value << shift));
    }
    return true;
}

RESULT store_machines(struct store *store, const struct machine_filter *filter,
                      bool (*each)(void *context, const struct machine_entry *entry), void *context,
                      struct reason *reason)
{
    assert(filter->limit >= 1);
    struct listing listing = {.filter = filter, .each = each, .context = context};
    if (!prefix_range(filter->id_prefix, &listing.lowest, &listing.highest))
        return RESULT_OK;
    DISPATCH(store, machines, store, &listing);
}

RESULT store_about_get(struct store *store, const struct machine_id *machine, const char *product,
                       struct about_row *ret_row, struct reason *reason)
{
    DISPATCH(store, about_get, store, machine, product, ret_row);
}

RESULT store_about_put(struct store *store, const struct machine_id *machine, const char *product,
                       const struct about_row *row, struct reason *reason)
{
    assert_writing(store);
    DISPATCH(store, about_put, store, machine, product, row);
}

RESULT store_about_expire(struct store *store, seconds now, size_t most, size_t *ret_count, struct reason *reason)
{
    assert_writing(store);
    assert(most >= 1);
    DISPATCH(store, about_expire, store, now, most, ret_count);
}

RESULT store_about_clear(struct store *store, struct reason *reason)
{
    assert_writing(store);
    DISPATCH(store, about_clear, store);
}

RESULT store_denial_add(struct store *store, const struct denial_entry *entry, struct reason *reason)
{
    assert_writing(store);
    DISPATCH(store, denial_add, store, entry);
}

RESULT store_denials(struct store *store, const struct machine_id *machine, uint64_t before, size_t limit,
                     bool (*each)(void *context, const struct denial_entry *entry), void *context,
                     struct reason *reason)
{
    const uint64_t end = before == 0 || before > INT64_MAX ? INT64_MAX : before;
    DISPATCH(store, denials, store, machine, end, limit, each, context);
}

RESULT store_ledger_size(struct store *store, uint32_t ledger, uint64_t *ret_size, struct reason *reason)
{
    DISPATCH(store, ledger_size, store, ledger, ret_size);
}

RESULT store_leaves_append(struct store *store, uint32_t ledger, uint64_t first, const struct slice *leaves,
                           size_t count, struct reason *reason)
{
    assert_writing(store);
    for (size_t i = 0; i < count; i++)
        ENSURE(leaves[i].size <= LEAF_MAX, TEXT_TOO_LONG);
    DISPATCH(store, leaves_append, store, ledger, first, leaves, count);
}

RESULT store_leaves(struct store *store, uint32_t ledger, uint64_t first, uint64_t count,
                    bool (*each)(void *context, uint64_t index, struct slice leaf), void *context,
                    struct reason *reason)
{
    if (count == 0)
        return RESULT_OK;
    DISPATCH(store, leaves, store, ledger, first, count, each, context);
}

/* ---- old leaves that lie elsewhere ---- */

void store_archive_attach(struct store *store, const struct leaf_archive *archive)
{
    lock(store);
    store->archive = *archive;
    unlock(store);
}

RESULT store_archived(struct store *store, uint32_t ledger, struct archived *ret_archived, struct reason *reason)
{
    DISPATCH(store, archived, store, ledger, ret_archived);
}

RESULT store_archive(struct store *store, uint32_t ledger, const struct archived *archived, struct reason *reason)
{
    struct archived before;
    uint64_t size;
    assert_writing(store);
    ENSURE(utf8_valid(slice_of(archived->folder)), TEXT_NOT_UTF8);
    TRY(store_archived(store, ledger, &before, reason));
    TRY(store_ledger_size(store, ledger, &size, reason));
    ENSURE(archived->bundles >= before.bundles && archived->bundles > 0, STORE_CORRUPT);
    ENSURE(size > 0 && archived->bundles <= (size - 1) / TILE_WIDTH, STORE_CORRUPT);
    DISPATCH(store, archive, store, ledger, archived);
}

RESULT store_shrink(struct store *store, struct reason *reason)
{
    assert(!store->reader && !store->in_transaction);
    if (store->ops->shrink == NULL)
        return RESULT_OK;
    DISPATCH(store, shrink, store);
}

struct leaf_copy {
    struct buffer *out;
    bool found;
};

static bool copy_leaf(void *context, uint64_t index, struct slice leaf)
{
    struct leaf_copy *const copy = context;
    (void)index;
    buffer_append_slice(copy->out, leaf);
    copy->found = true;
    return false;
}

RESULT store_leaf_get(struct store *store, uint32_t ledger, uint64_t index, struct buffer *out, struct reason *reason)
{
    struct leaf_copy copy = {.out = out};
    TRY(store_leaves(store, ledger, index, 1, copy_leaf, &copy, reason));
    ENSURE(copy.found, NOT_FOUND);
    return buffer_status(out);
}

RESULT store_hashes_append(struct store *store, uint32_t ledger, unsigned level, uint64_t first,
                           const struct hash *hashes, size_t count, struct reason *reason)
{
    assert_writing(store);
    assert(level < TILE_LEVELS);
    DISPATCH(store, hashes_append, store, ledger, level, first, hashes, count);
}

RESULT store_hashes_get(struct store *store, uint32_t ledger, unsigned level, uint64_t first, size_t count,
                        struct hash *ret_hashes, struct reason *reason)
{
    assert(level < TILE_LEVELS && first % TILE_WIDTH + count <= TILE_WIDTH);
    DISPATCH(store, hashes_get, store, ledger, level, first, count, ret_hashes);
}

static RESULT read_tile(void *context, unsigned level, uint64_t first, size_t count, struct hash *ret_hashes)
{
    const struct store_tiles *const tiles = context;
    return store_hashes_get(tiles->store, tiles->ledger, level, first, count, ret_hashes, tiles->reason);
}

struct tile_source store_tile_source(struct store_tiles *context)
{
    return (struct tile_source){.read = read_tile, .context = context};
}

RESULT store_checkpoint_get(struct store *store, uint32_t ledger, struct buffer *out, struct reason *reason)
{
    DISPATCH(store, checkpoint_get, store, ledger, out);
}

RESULT store_checkpoint_put(struct store *store, uint32_t ledger, struct slice note, struct reason *reason)
{
    assert_writing(store);
    DISPATCH(store, checkpoint_put, store, ledger, note);
}

RESULT store_copy(struct store *store, const char *path, const struct store_watch *watch, struct reason *reason)
{
    assert(!store->in_transaction);
    ENSURE(store->ops->copy != NULL, STORE_FAILED);
    DISPATCH(store, copy, store, path, watch);
}

/* ---- what a host was shown of itself ---- */

RESULT store_shown(struct store *store, uint32_t ledger, struct shown ret_shown[static SHOWN_MAX], size_t *ret_count,
                   struct reason *reason)
{
    DISPATCH(store, shown, store, ledger, ret_shown, ret_count);
}

static RESULT put_shown(struct store *store, uint32_t ledger, const struct shown *shown, struct reason *reason)
{
    DISPATCH(store, shown_put, store, ledger, shown);
}

static RESULT drop_shown(struct store *store, uint32_t ledger, uint64_t epoch, struct reason *reason)
{
    DISPATCH(store, shown_drop, store, ledger, epoch);
}

RESULT store_shown_put(struct store *store, uint32_t ledger, const struct shown *shown, struct reason *reason)
{
    struct shown kept[SHOWN_MAX];
    size_t count;
    assert_writing(store);
    TRY(store_shown(store, ledger, kept, &count, reason));
    for (size_t i = 0; i < count; i++) {
        if (kept[i].epoch == shown->epoch)
            return kept[i].seen.size < shown->seen.size ? put_shown(store, ledger, shown, reason) : RESULT_OK;
    }
    if (count == SHOWN_MAX) {
        if (shown->epoch < kept[0].epoch)
            return RESULT_OK;
        TRY(drop_shown(store, ledger, kept[0].epoch, reason));
    }
    return put_shown(store, ledger, shown, reason);
}
