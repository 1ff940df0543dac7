/* Which licenses a machine may get a lease under, and what its last leaf was. For the engine's thread. */
#ifndef HOST_ENGINE_BATCH_CANDIDATES_H
#define HOST_ENGINE_BATCH_CANDIDATES_H

#include "batch/entry.h"

struct engine;

enum { CANDIDATES_MAX = 16 }; /* licenses for one product and edition that are looked at for a request */

/* In which order they are tried, until one grants. A denial is taken from the first, so the order also says which
 * denial tells the machine most. Of those in force the one that ends last comes first. */
enum rank {
    RANK_SAME_NOTE, /* holds the lease that this very request, or one that was heard before, is answered with again */
    RANK_IN_FORCE,
    RANK_RUNS,    /* replaced, with a lease that ends no earlier than what its heir would give */
    RANK_SHORTER, /* in force, with leases that would end before the one that runs */
    RANK_NOT_YET,
    RANK_ENDED,
    RANK_REVOKED
};

struct candidate {
    enum rank rank;
    const struct authority_license *license;
    uint32_t number;
    bool running;  /* the lease that runs longest of those that the machine has is under it */
    bool replaced; /* it grants nothing new */
    struct machine_row row;
};

struct candidates {
    size_t count;
    struct candidate list[CANDIDATES_MAX];
};

/* The last leaf of a machine for a product, under whichever of the vendor's licenses, also one whose file is gone. */
struct last_leaf {
    uint64_t number; /* 0: there is none */
    uint64_t leaf;
    uint32_t ledger;
    struct heard heard;  /* of the machine for the product, whether it led to a leaf or not */
    bool told;           /* the last that it was told is number-used */
    seconds other_until; /* other_hardware_until(), of a request that is to be decided */
};

/* Names the rows of the machine under all of the vendor's licenses for the product, those of catalog_vendor.known, in
 * engine->fetched. NO_MEMORY. */
RESULT candidates_want(struct engine *engine, const struct catalog_vendor *vendor, const char *product,
                       const struct machine_id *machine);
/* The best ones for the request, the rows being fetched; `heard`: it is no newer than what was heard before. */
void candidates_rank(struct engine *engine, const struct catalog_vendor *vendor, const struct job *job, bool heard,
                     struct candidates *ret_candidates);
/* The same rows' last leaf. */
struct last_leaf last_leaf_find(const struct engine *engine, const struct catalog_vendor *vendor, const char *product,
                                const struct machine_id *machine);
/* Until when the key has its seat by the same rows, where the newest lease that holds one, and was not given back, is
 * one for other hardware; else 0. Of a leaf that cannot be read nobody knows. */
seconds other_hardware_until(struct engine *engine, const struct catalog_vendor *vendor, const struct job *job);

/* Reads a leaf into engine->leaf: of the batch under way, or from the store, whichever ledger it stands in. Errors of
 * the store. */
RESULT leaf_fetch(struct engine *engine, const struct ledger *ledger, uint32_t number, uint64_t index);
/* Whether the request has seen an epoch that has ended, and the lease of the record, which runs, does not say it. */
bool is_untold(struct engine *engine, const struct ledger *ledger, const struct request *request,
               const struct machine_record *record);

#endif
