/* A store whose calls can fail; see failing_store.h. */
#include "failing_store.h"

#include "backend.h"

struct failing_store failing_store;

static const struct store_ops *real_ops;
static struct store_ops counted_ops;

static RESULT called(enum store_call call)
{
    struct failing_store *const calls = &failing_store;
    calls->made[call]++;
    calls->total++;
    const bool of_kind = call == calls->fails && (calls->fails_at == 0 || calls->fails_at == calls->made[call]);
    if (calls->total != calls->fail_at && !of_kind)
        return RESULT_OK;
    calls->failed = call;
    return calls->failure;
}

/* An operation that is counted, and may fail before it has done anything. */
#define COUNTED(name, call, parameters, arguments) \
    static RESULT counted_##name parameters \
    { \
        TRY(called(call)); \
        return real_ops->name arguments; \
    }

COUNTED(begin, CALL_BEGIN, (struct store * store), (store))
COUNTED(commit, CALL_COMMIT, (struct store * store), (store))
COUNTED(ledger, CALL_LEDGER, (struct store * store, const char *origin, bool make, uint32_t *ret_ledger),
        (store, origin, make, ret_ledger))
COUNTED(fetch, CALL_FETCH,
        (struct store * store, const struct machine_key *keys, size_t count, struct machine_found *ret_found),
        (store, keys, count, ret_found))
COUNTED(figures, CALL_FIGURES, (struct store * store, uint32_t license, seconds now, struct figures *ret_figures),
        (store, license, now, ret_figures))
COUNTED(machine_put, CALL_MACHINE_PUT,
        (struct store * store, uint32_t license, const struct machine_id *machine, const struct machine_row *row),
        (store, license, machine, row))
COUNTED(machines_expire, CALL_MACHINES_EXPIRE,
        (struct store * store, seconds before, size_t look, struct machine_key *at, size_t *ret_count),
        (store, before, look, at, ret_count))
COUNTED(about_put, CALL_ABOUT_PUT,
        (struct store * store, const struct machine_id *machine, const char *product, const struct about_row *row),
        (store, machine, product, row))
COUNTED(about_expire, CALL_ABOUT_EXPIRE, (struct store * store, seconds now, size_t most, size_t *ret_count),
        (store, now, most, ret_count))
COUNTED(denial_add, CALL_DENIAL_ADD, (struct store * store, const struct denial_entry *entry), (store, entry))
COUNTED(ledger_size, CALL_LEDGER_SIZE, (struct store * store, uint32_t ledger, uint64_t *ret_size),
        (store, ledger, ret_size))
COUNTED(leaves, CALL_LEAVES,
        (struct store * store, uint32_t ledger, uint64_t first, uint64_t count,
         bool (*each)(void *context, uint64_t index, struct slice leaf), void *context),
        (store, ledger, first, count, each, context))
COUNTED(leaves_append, CALL_LEAVES_APPEND,
        (struct store * store, uint32_t ledger, uint64_t first, const struct slice *leaves, size_t count),
        (store, ledger, first, leaves, count))
COUNTED(hashes_get, CALL_HASHES_GET,
        (struct store * store, uint32_t ledger, unsigned level, uint64_t first, size_t count, struct hash *ret_hashes),
        (store, ledger, level, first, count, ret_hashes))
COUNTED(hashes_append, CALL_HASHES_APPEND,
        (struct store * store, uint32_t ledger, unsigned level, uint64_t first, const struct hash *hashes,
         size_t count),
        (store, ledger, level, first, hashes, count))
COUNTED(checkpoint_put, CALL_CHECKPOINT_PUT, (struct store * store, uint32_t ledger, struct slice note),
        (store, ledger, note))
COUNTED(shown_put, CALL_SHOWN_PUT, (struct store * store, uint32_t ledger, const struct shown *shown),
        (store, ledger, shown))

COUNTED(ledger_next, CALL_LEDGER_NEXT,
        (struct store * store, uint32_t after, uint32_t *ret_ledger, char ret_origin[static KEY_NAME_SIZE]),
        (store, after, ret_ledger, ret_origin))
COUNTED(license, CALL_LICENSE,
        (struct store * store, uint32_t ledger, const char *id, const char *product, uint32_t *ret_license),
        (store, ledger, id, product, ret_license))
COUNTED(license_id, CALL_LICENSE_ID, (struct store * store, uint32_t license, char ret_id[static NAME_SIZE]),
        (store, license, ret_id))
COUNTED(machine_get, CALL_MACHINE_GET,
        (struct store * store, uint32_t license, const struct machine_id *machine, struct machine_row *ret_row),
        (store, license, machine, ret_row))
COUNTED(machines, CALL_MACHINES, (struct store * store, const struct listing *listing), (store, listing))
COUNTED(checkpoint_get, CALL_CHECKPOINT_GET, (struct store * store, uint32_t ledger, struct buffer *out),
        (store, ledger, out))
COUNTED(shown, CALL_SHOWN,
        (struct store * store, uint32_t ledger, struct shown ret_shown[static SHOWN_MAX], size_t *ret_count),
        (store, ledger, ret_shown, ret_count))

static RESULT counted_tend(struct store *store, size_t most, bool *ret_more)
{
    (void)store;
    (void)most;
    TRY(called(CALL_TEND));
    *ret_more = failing_store.tends > 0;
    failing_store.tends -= failing_store.tends > 0;
    return RESULT_OK;
}

void failing_store_wrap(struct store *store)
{
    real_ops = store->ops;
    counted_ops = *real_ops;
    counted_ops.begin = counted_begin;
    counted_ops.commit = counted_commit;
    counted_ops.tend = counted_tend;
    counted_ops.ledger = counted_ledger;
    counted_ops.fetch = counted_fetch;
    counted_ops.figures = counted_figures;
    counted_ops.machine_put = counted_machine_put;
    counted_ops.about_put = counted_about_put;
    counted_ops.machines_expire = counted_machines_expire;
    counted_ops.about_expire = counted_about_expire;
    counted_ops.denial_add = counted_denial_add;
    counted_ops.ledger_size = counted_ledger_size;
    counted_ops.leaves = counted_leaves;
    counted_ops.leaves_append = counted_leaves_append;
    counted_ops.hashes_get = counted_hashes_get;
    counted_ops.hashes_append = counted_hashes_append;
    counted_ops.checkpoint_put = counted_checkpoint_put;
    counted_ops.shown_put = counted_shown_put;
    counted_ops.ledger_next = counted_ledger_next;
    counted_ops.license = counted_license;
    counted_ops.license_id = counted_license_id;
    counted_ops.machine_get = counted_machine_get;
    counted_ops.machines = counted_machines;
    counted_ops.checkpoint_get = counted_checkpoint_get;
    counted_ops.shown = counted_shown;
    store->ops = &counted_ops;
    failing_store_reset();
}

void failing_store_reset(void)
{
    failing_store = (struct failing_store){.failure = FAIL(STORE_FAILED)};
}
