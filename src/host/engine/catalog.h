/* The authority in force with its numbers in the store. For the engine's thread. */
#ifndef HOST_ENGINE_CATALOG_H
#define HOST_ENGINE_CATALOG_H

#include "authority/authority.h"

struct engine;
struct ledger;

/* A license that the store knows, whether or not its file is still in the folder: what was asked under it stays asked.
 */
struct catalog_license {
    uint32_t number;
    char product[NAME_SIZE];
};

/* A vendor of the authority in force, with what belongs to it in store and engine. */
struct catalog_vendor {
    const struct authority_vendor *vendor;
    struct ledger *ledger;
    uint32_t *licenses; /* numbers in the store, in the order of vendor->licenses */
    uint32_t *befores;  /* the same of what vendor->successions replace; 0: the store does not know it */
    size_t known_count;
    struct catalog_license *known; /* each of `licenses` among them; ascending by number */
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
