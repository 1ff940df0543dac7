/*
 * The authority in force with its numbers in the store; see state.h.
 *
 * Always: a catalog holds only numbers of a committed transaction, and its ledgers are the engine's, which outlive it.
 */
#include "catalog.h"
#include "ledgers.h"
#include "state.h"
#include "store/ledger.h"
#include "store/machines.h"

#include <stdlib.h>
#include <string.h>

void catalog_free(struct catalog *catalog)
{
    if (catalog == NULL)
        return;
    for (size_t i = 0; i < catalog->count; i++) {
        free(catalog->vendors[i].licenses);
        free(catalog->vendors[i].befores);
        free(catalog->vendors[i].known);
    }
    free(catalog->vendors);
    authority_release(catalog->authority);
    free(catalog);
}

const struct catalog_vendor *catalog_find(const struct catalog *catalog, const struct authority_vendor *vendor)
{
    return vendor == NULL ? NULL : &catalog->vendors[vendor - catalog->authority->vendors];
}

/* The engine's ledger for a vendor, made where it is new. */
static RESULT find_ledger(struct engine *engine, const struct authority_vendor *vendor, bool *added,
                          struct ledger **ret_ledger)
{
    for (size_t i = 0; i < engine->ledger_count; i++)
        if (strcmp(engine->ledgers[i]->origin, vendor->origin) == 0) {
            *ret_ledger = engine->ledgers[i];
            return RESULT_OK;
        }
    struct ledger *ledger;
    TRY(ledger_new(vendor, engine->options.batch, &ledger));
    pthread_mutex_lock(&engine->lock);
    struct ledger **const ledgers = reallocarray(engine->ledgers, engine->ledger_count + 1, sizeof(struct ledger *));
    if (ledgers != NULL) {
        engine->ledgers = ledgers;
        ledgers[engine->ledger_count++] = ledger;
    }
    pthread_mutex_unlock(&engine->lock);
    if (ledgers == NULL) {
        ledger_free(ledger);
        return FAIL(NO_MEMORY);
    }
    *added = true;
    *ret_ledger = ledger;
    return RESULT_OK;
}

/* Takes over the reference, also on failure. */
static RESULT catalog_new(struct engine *engine, struct authority *authority, bool *added, struct catalog **ret_catalog)
{
    struct catalog *const catalog = calloc(1, sizeof *catalog);
    if (catalog == NULL) {
        authority_release(authority);
        return FAIL(NO_MEMORY);
    }
    catalog->authority = authority;
    catalog->vendors = calloc(authority->vendor_count + 1, sizeof *catalog->vendors);
    struct result result = catalog->vendors == NULL ? FAIL(NO_MEMORY) : RESULT_OK;
    for (size_t i = 0; is_ok(result) && i < authority->vendor_count; i++) {
        struct catalog_vendor *const entry = &catalog->vendors[i];
        entry->vendor = &authority->vendors[i];
        entry->licenses = calloc(entry->vendor->license_count + 1, sizeof *entry->licenses);
        entry->befores = calloc(entry->vendor->succession_count + 1, sizeof *entry->befores);
        catalog->count++;
        result = entry->licenses == NULL || entry->befores == NULL
                     ? FAIL(NO_MEMORY)
                     : find_ledger(engine, entry->vendor, added, &entry->ledger);
    }
    if (!is_ok(result)) {
        catalog_free(catalog);
        return result;
    }
    *ret_catalog = catalog;
    return RESULT_OK;
}

/* What is being numbered, for store_transact(). */
struct numbering {
    struct engine *engine;
    struct catalog *catalog;
};

static RESULT add_known(struct catalog_vendor *entry, const struct catalog_license *license)
{
    struct catalog_license *const known = reallocarray(entry->known, entry->known_count + 1, sizeof *known);
    ENSURE(known != NULL, NO_MEMORY);
    entry->known = known;
    known[entry->known_count++] = *license;
    return RESULT_OK;
}

/* What is here says it better than the store. */
static void set_product(const struct catalog_vendor *entry, struct catalog_license *license)
{
    for (size_t i = 0; i < entry->vendor->license_count; i++)
        if (entry->licenses[i] == license->number)
            memcpy(license->product, entry->vendor->licenses[i].license.product, sizeof license->product);
}

/* All that the store has numbered for the vendor. */
static RESULT load_known(struct store *store, struct catalog_vendor *entry, struct reason *reason)
{
    struct catalog_license license = {0};
    for (;;) {
        const struct result found =
            store_license_next(store, entry->ledger->first, license.number, &license.number, license.product, reason);
        if (result_code(found) == ERR_NOT_FOUND)
            return RESULT_OK;
        TRY(found);
        set_product(entry, &license);
        TRY(add_known(entry, &license));
    }
}

/* Also of those whose files are gone. */
static RESULT number_befores(struct store *store, const struct catalog_vendor *entry, struct reason *reason)
{
    for (size_t i = 0; i < entry->vendor->succession_count; i++) {
        const char *const before = entry->vendor->successions[i].before;
        const struct result found = store_license_find(store, entry->ledger->first, before, &entry->befores[i], reason);
        if (result_code(found) != ERR_NOT_FOUND)
            TRY(found);
    }
    return RESULT_OK;
}

/* Licenses are numbered under the ledger's first epoch, so that machines keep their rows when another one begins. */
static RESULT number_licenses(struct store *store, struct catalog_vendor *entry, struct reason *reason)
{
    for (size_t i = 0; i < entry->vendor->license_count; i++) {
        const struct license *const license = &entry->vendor->licenses[i].license;
        TRY(store_license_make(store, entry->ledger->first, license->id, license->product, &entry->licenses[i],
                               reason));
    }
    TRY(number_befores(store, entry, reason));
    return load_known(store, entry, reason);
}

static RESULT number_all(void *context, struct store *store, struct reason *reason)
{
    const struct numbering *const numbering = context;
    struct catalog *const catalog = numbering->catalog;
    for (size_t i = 0; i < catalog->count; i++) {
        struct catalog_vendor *const entry = &catalog->vendors[i];
        struct ledger *const ledger = entry->ledger;
        TRY(store_ledger_make(store, entry->vendor->host_key.name, &ledger->first, reason));
        TRY(store_ledger_make(store, entry->vendor->origin, &ledger->number, reason));
        TRY(ledger_load_shown(numbering->engine, ledger, entry->vendor, reason));
        TRY(number_licenses(store, entry, reason));
    }
    return RESULT_OK;
}

static bool lacks_key(const struct engine *engine)
{
    for (size_t i = 0; i < engine->catalog->count; i++)
        if (engine->catalog->vendors[i].ledger->key_lost)
            return true;
    return false;
}

RESULT catalog_adopt(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    const bool changed = engine->authority_changed || engine->adoption_failed;
    struct authority *const authority = changed ? authority_reference(engine->authority) : NULL;
    engine->authority_changed = false;
    pthread_mutex_unlock(&engine->lock);
    if (!changed)
        return RESULT_OK;

    bool added = false;
    struct catalog *catalog = NULL;
    struct result result = catalog_new(engine, authority, &added, &catalog);
    struct numbering numbering = {engine, catalog};
    if (is_ok(result))
        result = store_transact(engine->options.store, number_all, &numbering, &engine->reason);
    if (!is_ok(result)) {
        catalog_free(catalog);
        engine->adoption_failed = true;
        return result;
    }
    engine->adoption_failed = false;
    catalog_free(engine->catalog);
    engine->catalog = catalog;
    engine->endings_at = 0;
    if (added || lacks_key(engine))
        signer_drop(engine); /* it knows the keys that were there when it started */
    return RESULT_OK;
}
