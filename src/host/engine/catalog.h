/* The authority in force with its numbers in the store. For the engine's thread. */
#ifndef HOST_ENGINE_CATALOG_H
#define HOST_ENGINE_CATALOG_H

#include "authority/authority.h"

struct engine;
struct ledger;

/* A vendor of the authority in force, with what belongs to it in store and engine. */
struct catalog_vendor {
    const struct authority_vendor *vendor;
    struct ledger *ledger;
    uint32_t *licenses; /* numbers in the store, in the order of vendor->licenses */
};

struct catalog {
    struct authority *authority; /* a reference of its own */
    size_t count;
    struct catalog_vendor *vendors; /* in the order of authority->vendors */
};

/* Makes the catalog of the newest authority, if it is not in force yet: numbers its ledgers and licenses in a
 * transaction of its own, and makes its ledgers ready. On failure the old catalog stays in force, and the next call
 * tries again. */
RESULT catalog_adopt(struct engine *engine);
/* Takes NULL. */
void catalog_free(struct catalog *catalog);
const struct catalog_vendor *catalog_find(const struct catalog *catalog, const struct authority_vendor *vendor);

#endif
