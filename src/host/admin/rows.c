/*
 * Rows of the control interface; see rows.h.
 *
 * Always: a list is read from the store whole before anything else is asked of that handle: a page of it
 * at a time, where its machines are compared with what is in other tables (matching.h).
 */
#include "rows.h"
#include "matching.h"

#include "core/tlog/checkpoint.h"
#include "store/ledger.h"
#include "store/machines.h"
#include "store/operators.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where an array could be empty, so that NULL means that there is no memory. */
static void *array_new(size_t count, size_t size)
{
    return calloc(count == 0 ? 1 : count, size);
}

/* ---- ledgers ---- */

static RESULT fill_checkpoint(const struct rows *rows, uint32_t number, struct control_ledger *ledger)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    const struct result state = store_checkpoint_get(rows->store, number, &note, rows->reason);
    if (result_code(state) == ERR_NOT_FOUND)
        return RESULT_OK;
    TRY(state);
    struct note *parts = malloc(sizeof *parts);
    ENSURE(parts != NULL, NO_MEMORY);
    struct checkpoint checkpoint = {0};
    struct result read = note_read(buffer_slice(&note), parts);
    if (is_ok(read))
        read = checkpoint_read(parts->text, &checkpoint);
    free(parts);
    ENSURE(is_ok(read), STORE_CORRUPT);
    ledger->checkpoint_size = checkpoint.size;
    base64_write(checkpoint.root.bytes, HASH_SIZE, ledger->checkpoint_root);
    return RESULT_OK;
}

static RESULT fill_ledger(const struct rows *rows, const struct authority_vendor *vendor, struct control_ledger *ledger)
{
    memcpy(ledger->vendor, vendor->vendor, sizeof ledger->vendor);
    memcpy(ledger->origin, vendor->origin, sizeof ledger->origin);
    ledger->revocations = vendor->revocations_sequence;
    uint32_t number = 0;
    const struct result state = store_ledger_find(rows->store, ledger->origin, &number, rows->reason);
    if (result_code(state) == ERR_NOT_FOUND)
        return RESULT_OK; /* nothing was ever asked of it */
    TRY(state);
    TRY(store_ledger_size(rows->store, number, &ledger->size, rows->reason));
    return fill_checkpoint(rows, number, ledger);
}

RESULT rows_ledgers(const struct rows *rows, struct control_ledger **ret_ledgers, size_t *ret_count)
{
    const size_t count = rows->authority->vendor_count;
    struct control_ledger *ledgers = array_new(count, sizeof *ledgers);
    ENSURE(ledgers != NULL, NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        const struct result state = fill_ledger(rows, &rows->authority->vendors[i], &ledgers[i]);
        if (is_ok(state))
            continue;
        free(ledgers);
        return state;
    }
    *ret_ledgers = ledgers;
    *ret_count = count;
    return RESULT_OK;
}

/* ---- licenses ---- */

static enum control_license_state state_of(const struct authority_license *license, bool replaced, seconds now)
{
    if (license->revoked)
        return CONTROL_LICENSE_REVOKED;
    if (replaced)
        return CONTROL_LICENSE_REPLACED;
    if (now < license->license.not_before)
        return CONTROL_LICENSE_NOT_YET_VALID;
    return now < license->license.not_after ? CONTROL_LICENSE_IN_FORCE : CONTROL_LICENSE_ENDED;
}

RESULT rows_license_number(const struct rows *rows, const char *id, uint32_t *ret_number, bool *ret_asked)
{
    const struct authority_vendor *vendor = NULL;
    ENSURE(authority_find_license(rows->authority, id, &vendor) != NULL, NOT_FOUND);
    uint32_t ledger = 0;
    uint32_t number = 0;
    struct result state = store_ledger_find(rows->store, vendor->host_key.name, &ledger,
                                            rows->reason); /* of the first epoch, see catalog.c */
    if (is_ok(state))
        state = store_license_find(rows->store, ledger, id, &number, rows->reason);
    *ret_asked = is_ok(state);
    if (result_code(state) == ERR_NOT_FOUND)
        return RESULT_OK;
    TRY(state);
    *ret_number = number;
    return RESULT_OK;
}

/* What is written under a license, whose file may be gone; *ret_found: anything ever was. */
static RESULT read_figures(const struct rows *rows, uint32_t ledger, const char *id, struct figures *ret_figures,
                           bool *ret_found)
{
    uint32_t number = 0;
    *ret_figures = (struct figures){0};
    const struct result found = store_license_find(rows->store, ledger, id, &number, rows->reason);
    *ret_found = is_ok(found);
    if (result_code(found) == ERR_NOT_FOUND)
        return RESULT_OK;
    TRY(found);
    return store_figures(rows->store, number, rows->now, ret_figures, rows->reason);
}

RESULT rows_figures(const struct rows *rows, const struct authority_vendor *vendor,
                    const struct authority_license *license, struct figures *ret_figures, bool *ret_inherits)
{
    struct authority_count counts[REPLACES_MAX];
    size_t count = 0;
    uint32_t ledger = 0;
    bool found = false;
    *ret_figures = (struct figures){0};
    *ret_inherits = false;
    const struct result first =
        store_ledger_find(rows->store, vendor->host_key.name, &ledger, rows->reason); /* of the first epoch */
    if (result_code(first) == ERR_NOT_FOUND)
        return RESULT_OK;
    TRY(first);
    TRY(read_figures(rows, ledger, license->license.id, ret_figures, &found));
    for (size_t i = 0; i < vendor->succession_count; i++) {
        const char *const before = vendor->successions[i].before;
        if (authority_heir(vendor, before, rows->now) != license ||
            &vendor->licenses[vendor->successions[i].by] != license)
            continue;
        struct figures more;
        TRY(read_figures(rows, ledger, before, &more, &found));
        assert(count < REPLACES_MAX);
        counts[count++] = (struct authority_count){before, more.count};
        ret_figures->held += more.held;
        *ret_inherits = *ret_inherits || found;
    }
    ret_figures->count += authority_joint_count(vendor, counts, count);
    return RESULT_OK;
}

static RESULT fill_figures(const struct rows *rows, const struct authority_vendor *vendor,
                           const struct authority_license *license, struct control_license *row)
{
    struct figures figures;
    bool inherits;
    TRY(rows_figures(rows, vendor, license, &figures, &inherits));
    row->count = figures.count;
    row->held = figures.held;
    return RESULT_OK;
}

static void fill_heir(const struct authority_vendor *vendor, const struct authority_license *heir,
                      struct control_license *row)
{
    if (heir == NULL)
        heir = authority_heir_to_be(vendor, row->id);
    if (heir == NULL)
        return;
    memcpy(row->replaced_by, heir->license.id, sizeof row->replaced_by);
    row->replaced_from = heir->license.not_before;
}

static RESULT fill_license(const struct rows *rows, const struct authority_vendor *vendor,
                           const struct authority_license *known, struct control_license *row)
{
    const struct license *license = &known->license;
    const struct authority_license *const heir = authority_heir(vendor, license->id, rows->now);
    memcpy(row->id, license->id, sizeof row->id);
    memcpy(row->vendor, license->vendor, sizeof row->vendor);
    memcpy(row->customer, license->customer, sizeof row->customer);
    memcpy(row->product, license->product, sizeof row->product);
    memcpy(row->edition, license->edition, sizeof row->edition);
    row->state = state_of(known, heir != NULL, rows->now);
    row->threshold = license->threshold;
    row->seats = license->seats;
    row->overage = license->overage;
    row->lease = license->lease;
    row->renew = license->renew;
    row->retry = license->retry;
    row->not_before = license->not_before;
    row->not_after = license->not_after;
    row->test = license->test;
    row->followed = authority_is_followed(vendor, known);
    fill_heir(vendor, heir, row);
    if (heir == NULL)
        TRY(fill_figures(rows, vendor, known, row));
    row->overage_used = row->held > license->seats ? row->held - license->seats : 0;
    return RESULT_OK;
}

RESULT rows_licenses(const struct rows *rows, struct control_license **ret_licenses, size_t *ret_count)
{
    const struct authority *authority = rows->authority;
    size_t count = 0;
    for (size_t i = 0; i < authority->vendor_count; i++)
        count += authority->vendors[i].license_count;
    struct control_license *licenses = array_new(count, sizeof *licenses);
    ENSURE(licenses != NULL, NO_MEMORY);
    size_t next = 0;
    for (size_t i = 0; i < authority->vendor_count; i++) {
        const struct authority_vendor *const vendor = &authority->vendors[i];
        for (size_t k = 0; k < vendor->license_count; k++) {
            const struct result state = fill_license(rows, vendor, &vendor->licenses[k], &licenses[next++]);
            if (is_ok(state))
                continue;
            free(licenses);
            return state;
        }
    }
    *ret_licenses = licenses;
    *ret_count = count;
    return RESULT_OK;
}

/* ---- machines ---- */

enum { PAGE_MACHINES = 256 };

struct collecting {
    struct machine_entry *entries;
    size_t count;
    size_t limit;
    struct machine_entry last; /* that was looked at */
    size_t looked_at;
    size_t page_count;
    struct machine_entry page[PAGE_MACHINES];
};

static bool collect_machine(void *context, const struct machine_entry *entry)
{
    struct collecting *const collecting = context;
    collecting->page[collecting->page_count++] = *entry;
    return collecting->page_count < PAGE_MACHINES;
}

/* Those of the page that match. `criteria` NULL: all. */
static RESULT match_page(const struct rows *rows, const struct criteria *criteria, struct collecting *collecting)
{
    for (size_t i = 0; i < collecting->page_count && collecting->count < collecting->limit; i++) {
        bool match = true;
        collecting->last = collecting->page[i];
        collecting->looked_at++;
        if (criteria != NULL)
            TRY(criteria_match(criteria, rows, &collecting->page[i], &match));
        if (match)
            collecting->entries[collecting->count++] = collecting->page[i];
    }
    return RESULT_OK;
}

static RESULT collect(const struct rows *rows, const struct machine_filter *filter, const struct criteria *criteria,
                      struct collecting *collecting)
{
    struct machine_filter next = *filter;
    struct machine_entry after;
    next.limit = PAGE_MACHINES;
    do {
        collecting->page_count = 0;
        TRY(store_machines(rows->store, &next, collect_machine, collecting, rows->reason));
        TRY(match_page(rows, criteria, collecting));
        after = collecting->last;
        next.after = &after;
    } while (collecting->page_count == PAGE_MACHINES && collecting->count < collecting->limit &&
             (criteria == NULL || collecting->looked_at < ROWS_LOOKED_AT));
    return RESULT_OK;
}

/* What is to be forgotten is not shown, also where it is still there. */
static RESULT fill_about(const struct rows *rows, const struct machine_entry *entry, struct control_machine *row)
{
    struct about_row about;
    const struct result state = store_about_get(rows->store, &entry->machine, row->product, &about, rows->reason);
    if (result_code(state) == ERR_NOT_FOUND)
        return RESULT_OK;
    TRY(state);
    if (about.until <= rows->now && !entry->blocked)
        return RESULT_OK;
    row->told = about.heard;
    row->says = about.says;
    return RESULT_OK;
}

static RESULT fill_machine(const struct rows *rows, const struct machine_entry *entry, struct control_machine *row)
{
    const struct machine_record *record = &entry->row.record;
    machine_id_write(&entry->machine, row->machine);
    row->holding = record_holds(record, rows->now);
    row->counted = record_counts(record, rows->now);
    row->first_request = record->first_request;
    row->last_request = record->last_request;
    row->requests = record->requests;
    row->issued = record->issued;
    row->ends = record->ends;
    row->expires = record->expires;
    row->released = record->released;
    row->reclaimed = record_is_reclaimed(record);
    row->leaf = record->leaf;
    if (record->last_denial != 0)
        snprintf(row->last_denial, sizeof row->last_denial, "%s",
                 error_info((enum error_code)record->last_denial)->name);
    snprintf(row->address, sizeof row->address, "%s", entry->row.address);
    row->blocked = entry->blocked;
    row->blocked_since = entry->blocked_since;
    snprintf(row->blocked_reason, sizeof row->blocked_reason, "%s", entry->blocked_reason);
    memcpy(row->label, entry->label, sizeof row->label);
    if (entry->license == 0)
        return RESULT_OK;
    TRY(store_license_id(rows->store, entry->license, row->license, rows->reason));
    const struct authority_license *license = authority_find_license(rows->authority, row->license, NULL);
    if (license == NULL)
        return RESULT_OK;
    memcpy(row->vendor, license->license.vendor, sizeof row->vendor);
    memcpy(row->product, license->license.product, sizeof row->product);
    memcpy(row->edition, license->license.edition, sizeof row->edition);
    return fill_about(rows, entry, row);
}

static RESULT fill_machines(const struct rows *rows, const struct collecting *found, size_t limit,
                            struct control_machines *machines)
{
    const size_t count = found->count < limit ? found->count : limit;
    machines->machines = array_new(count, sizeof *machines->machines);
    ENSURE(machines->machines != NULL, NO_MEMORY);
    for (size_t i = 0; i < count; i++)
        TRY(fill_machine(rows, &found->entries[i], &machines->machines[i]));
    machines->count = count;
    const struct machine_entry *const last = found->count > limit ? &found->entries[count - 1] : &found->last;
    char id[MACHINE_ID_TEXT_SIZE];
    machine_id_write(&last->machine, id);
    if (found->count > limit || (found->page_count == PAGE_MACHINES && found->looked_at >= ROWS_LOOKED_AT))
        snprintf(machines->next, sizeof machines->next, "%" PRIu32 "-%s", last->license, id);
    return RESULT_OK;
}

RESULT rows_machines(const struct rows *rows, const struct machine_filter *filter, const struct criteria *criteria,
                     struct control_machines *ret_machines)
{
    if (criteria != NULL && !criteria_any(criteria))
        criteria = NULL;
    struct collecting *const found = calloc(1, sizeof *found);
    ENSURE(found != NULL, NO_MEMORY);
    struct control_machines machines = {.now = rows->now};
    found->limit = filter->limit + 1; /* one more than is shown says whether the list goes on */
    found->entries = array_new(found->limit, sizeof *found->entries);
    struct result state = found->entries == NULL ? FAIL(NO_MEMORY) : collect(rows, filter, criteria, found);
    if (is_ok(state))
        state = fill_machines(rows, found, filter->limit, &machines);
    free(found->entries);
    free(found);
    if (!is_ok(state)) {
        control_machines_free(&machines);
        return state;
    }
    *ret_machines = machines;
    return RESULT_OK;
}

struct finding {
    bool any;
    bool several;
    struct machine_id machine;
};

static bool compare_machine(void *context, const struct machine_entry *entry)
{
    struct finding *finding = context;
    if (!finding->any)
        finding->machine = entry->machine;
    finding->several = memcmp(&finding->machine, &entry->machine, sizeof entry->machine) != 0;
    finding->any = true;
    return !finding->several;
}

RESULT rows_find_machine(const struct rows *rows, const char *digits, struct machine_id *ret_machine, bool *ret_several)
{
    struct finding finding = {0};
    const struct machine_filter filter = {.id_prefix = digits, .now = rows->now, .limit = CONTROL_LIST_MAX};
    TRY(store_machines(rows->store, &filter, compare_machine, &finding, rows->reason));
    ENSURE(finding.any, NOT_FOUND);
    *ret_machine = finding.machine;
    *ret_several = finding.several;
    return RESULT_OK;
}

/* ---- denials ---- */

struct collecting_denials {
    struct control_denial *denials;
    size_t count;
    size_t limit;
    bool more;
};

static bool collect_denial(void *context, const struct denial_entry *entry)
{
    struct collecting_denials *collecting = context;
    if (collecting->count == collecting->limit) {
        collecting->more = true;
        return false;
    }
    struct control_denial *row = &collecting->denials[collecting->count++];
    row->number = entry->number;
    row->time = entry->time;
    machine_id_write(&entry->machine, row->machine);
    memcpy(row->vendor, entry->vendor, sizeof row->vendor);
    memcpy(row->product, entry->product, sizeof row->product);
    memcpy(row->edition, entry->edition, sizeof row->edition);
    snprintf(row->code, sizeof row->code, "%s", error_info((enum error_code)entry->code)->name);
    snprintf(row->message, sizeof row->message, "%s", entry->message);
    snprintf(row->address, sizeof row->address, "%s", entry->address);
    return true;
}

RESULT rows_denials(const struct rows *rows, const struct machine_id *machine, uint64_t before, size_t limit,
                    struct control_denials *ret_denials)
{
    struct collecting_denials found = {.denials = array_new(limit, sizeof *found.denials), .limit = limit};
    ENSURE(found.denials != NULL, NO_MEMORY);
    const struct result state =
        store_denials(rows->store, machine, before, limit + 1, collect_denial, &found, rows->reason);
    if (!is_ok(state)) {
        free(found.denials);
        return state;
    }
    *ret_denials = (struct control_denials){found.count, found.denials, 0};
    if (found.more)
        ret_denials->next = found.denials[found.count - 1].number;
    return RESULT_OK;
}
