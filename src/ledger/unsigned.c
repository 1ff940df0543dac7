/* What a ledger had beyond the tree that was signed; see unsigned.h. */
#include "unsigned.h"

#include "store/machines.h"
#include "store/operators.h"

enum { MACHINES_AT_ONCE = 64 };

struct page {
    size_t count;
    struct machine_entry entries[MACHINES_AT_ONCE];
};

static bool add(void *context, const struct machine_entry *entry)
{
    struct page *const page = context;
    page->entries[page->count++] = *entry;
    return page->count < MACHINES_AT_ONCE;
}

/* Its seat is held again, until its lease ends; where a reclaim did not make it free, it may be held for longer. */
static RESULT undo(struct store *store, struct machine_entry *entry, uint32_t ledger, uint64_t signed_size,
                   struct reason *reason)
{
    struct machine_record *const record = &entry->row.record;
    const struct reclaim_place *const reclaimed = &record->reclaimed;
    if (record->released && record->ledger == ledger && record->leaf >= signed_size) {
        record->released = false;
        record->expires = record->ends;
    } else if (reclaimed->ledger == ledger && reclaimed->leaf >= signed_size) {
        record->reclaimed = (struct reclaim_place){0};
        record->expires = seat_until(record->expires, record->ends);
    } else {
        return RESULT_OK;
    }
    return store_machine_put(store, entry->license, &entry->machine, &entry->row, reason);
}

RESULT unsigned_returns_undo(struct store *store, uint32_t ledger, uint64_t signed_size, struct reason *reason)
{
    struct page page;
    struct machine_entry last;
    struct machine_filter filter = {.limit = MACHINES_AT_ONCE};
    do {
        page.count = 0;
        TRY(store_machines(store, &filter, add, &page, reason));
        for (size_t i = 0; i < page.count; i++)
            TRY(undo(store, &page.entries[i], ledger, signed_size, reason));
        if (page.count > 0)
            last = page.entries[page.count - 1];
        filter.after = &last;
    } while (page.count == MACHINES_AT_ONCE);
    return RESULT_OK;
}
