/* Answers, machine table and figures; see audit.h. */
#include "audit.h"
#include "store/ledger.h"
#include "store/machines.h"
#include "store/operators.h"
#include "store/sqlite.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- the answers ---- */

static void check_received(const struct audit *audit, const struct history *history)
{
    for (size_t i = 0; i < audit->evidence->answer_count; i++) {
        const struct received *const received = &audit->evidence->answers[i];
        const uint64_t index = received->index;
        if (index >= history->size || !hash_equal(&history->leaves[index], &received->leaf)) {
            fault_add(audit->faults, FAULT_LOST, "machine %" PRIu32 " received leaf %" PRIu64 ", which is %s",
                      received->machine, index, index < history->size ? "another one in the ledger" : "not there");
            continue;
        }
        const struct fate *const fate = &history->fates[received->machine];
        if (!fate->listed || fate->leaf <= index)
            fault_add(audit->faults, FAULT_LOST,
                      "machine %" PRIu32 " received leaf %" PRIu64 "; the table does not know", received->machine,
                      index);
    }
}

/* ---- the machine table ---- */

struct table {
    const struct audit *audit;
    struct history *history;
    struct figures figures; /* counted row by row */
};

/* Whether the row says what the leaves say. */
static bool agrees(const struct machine_record *record, const struct fate *fate, uint32_t ledger)
{
    if (fate->leaf == 0)
        return record->issued == 0 && record->expires == 0 && record->number == 0;
    return record->leaf == fate->leaf - 1 && record->ledger == ledger && record->issued == fate->issued &&
           record->expires == fate->expires && record->released == fate->released && record->number == fate->number &&
           hash_equal(&record->note, &fate->note);
}

static bool take_row(void *context, const struct machine_entry *entry)
{
    struct table *const table = context;
    const struct machine_record *const record = &entry->row.record;
    struct faults *const faults = table->audit->faults;
    size_t number;
    table->figures.count += record_counts(record, table->audit->now);
    table->figures.held += record_holds(record, table->audit->now);
    if (!machines_find(table->audit->machines, &entry->machine, &number)) {
        fault_add(faults, FAULT_TABLE, "the table has a machine that never asked");
        return true;
    }
    struct fate *const fate = &table->history->fates[number];
    fate->listed = true;
    if (record->issued > 0 && record->leaf >= table->history->size)
        fault_add(faults, FAULT_TABLE, "machine %zu has its last leaf at %" PRIu64 ", which is not there", number,
                  record->leaf);
    else if (!agrees(record, fate, table->history->ledger))
        fault_add(faults, FAULT_TABLE, "machine %zu: its row (leaf %" PRIu64 ") is not what the ledger says", number,
                  record->leaf);
    return true;
}

static void check_figures(const struct table *table)
{
    const struct history *const history = table->history;
    struct faults *const faults = table->audit->faults;
    struct figures kept;
    const struct result result = store_figures(history->store, history->license, table->audit->now, &kept, NULL);
    if (!is_ok(result) || kept.count != table->figures.count || kept.held != table->figures.held)
        fault_add(faults, FAULT_TABLE,
                  "kept figures: count %" PRIu64 ", held %" PRIu64 "; counted: %" PRIu64 ", %" PRIu64 "; %s",
                  kept.count, kept.held, table->figures.count, table->figures.held,
                  error_info(result_code(result))->name);
    if (history->held != table->figures.held)
        fault_add(faults, FAULT_TABLE, "by the ledger %" PRIu64 " seats are held, by the table %" PRIu64, history->held,
                  table->figures.held);
}

static void check_table(const struct audit *audit, struct history *history)
{
    struct table table = {.audit = audit, .history = history};
    const struct machine_filter filter = {.license = history->license, .limit = audit->machines->count + 1};
    const struct result result = store_machines(history->store, &filter, take_row, &table, NULL);
    if (!is_ok(result))
        fault_add(audit->faults, FAULT_TABLE, "the table cannot be read: %s", error_info(result_code(result))->name);
    for (size_t number = 0; number < audit->machines->count; number++)
        if (history->fates[number].leaf != 0 && !history->fates[number].listed)
            fault_add(audit->faults, FAULT_TABLE, "machine %zu has a leaf and no row", number);
    check_figures(&table);
}

/* ---- all of it ---- */

static RESULT open_history(const struct audit *audit, struct history *history)
{
    char path[PATH_SIZE];
    TRY(world_copied_database(audit->world, path));
    const struct store_sqlite_options options = {.path = path};
    TRY(store_open_sqlite(&options, &history->store, NULL));
    TRY(store_open_reader(history->store, &history->reader, NULL));
    TRY(store_ledger_find(history->store, audit->world->host_key.name, &history->ledger, NULL));
    TRY(store_license_find(history->store, history->ledger, audit->world->license.id, &history->license, NULL));
    return store_ledger_size(history->store, history->ledger, &history->size, NULL);
}

static RESULT compare(const struct audit *audit, struct history *history)
{
    history->leaves = calloc(history->size + 1, sizeof *history->leaves);
    history->fates = calloc(audit->machines->count + 1, sizeof *history->fates);
    ENSURE(history->leaves != NULL && history->fates != NULL, NO_MEMORY);
    TRY(audit_ledger(audit, history));
    check_table(audit, history);
    check_received(audit, history);
    return RESULT_OK;
}

RESULT audit_run(const struct audit *audit, uint64_t *ret_leaves)
{
    struct history history = {0};
    const struct result opened = open_history(audit, &history);
    struct result result = RESULT_OK;
    if (is_ok(opened))
        result = compare(audit, &history);
    else if (audit->evidence->answer_count > 0)
        fault_add(audit->faults, FAULT_LOST, "the database cannot be opened: %s",
                  error_info(result_code(opened))->name);
    *ret_leaves = history.size;
    store_close(history.reader);
    store_close(history.store);
    free(history.leaves);
    free(history.fates);
    return result;
}
