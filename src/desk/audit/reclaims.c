/* Seats that operators took back, as the audit sees them; see reclaims.h. */
#include "reclaims.h"

#include "seats.h"

#include <string.h>

/* The ledger of which epoch of which of the license's hosts has that origin. */
static bool find_origin(const struct license *license, const char *origin, const char **ret_host, uint64_t *ret_epoch)
{
    for (size_t i = 0; i < license->host_key_count; i++) {
        *ret_host = license->host_keys[i].name;
        if (is_ok(origin_epoch(origin, *ret_host, ret_epoch)))
            return true;
    }
    return false;
}

/* Where the machine's last leaf is lost, its host knows of an earlier one alone, which the book does not keep; and one
 * at the end of an epoch before may not have been shown. */
static bool is_of_lease(const struct book *book, uint64_t open, const struct holding *holding, const char *host,
                        uint64_t epoch, uint64_t index)
{
    const struct book_ledger *const ledger = book_ledger(book, host, epoch);
    const bool shown = ledger == NULL || epoch == open || index < ledger->size;
    return !shown || holding->lost || book_stands_at(book, holding, host, epoch, index);
}

/* Whether a host may take a seat back that the book does not know to be held: what ended it before may be lost with the
 * end of an epoch, and nothing is gained by ending too much. */
static bool may_take_again(const struct book *book, uint64_t epoch, const struct holding *holding)
{
    const bool held = holding->known && holding->ends > book_moment(book);
    return !held && (epoch > 1 || (book_is_partial(book) && !holding->known));
}

RESULT reclaim_judge(const struct roll *roll, struct book *book, const struct reclaimed *reclaimed,
                     const struct roll_license *known, struct verdict *verdict, struct reason *reason)
{
    const struct license *license = &known->license;
    const struct roll_license *seat = seats_of(roll, book, known);
    struct acquaintance before;
    const char *host = NULL;
    uint64_t epoch = 0;
    TRY(book_find(book, seat->number, &reclaimed->machine, &before, reason));
    const struct holding *holding = &before.holding;
    if (may_take_again(book, roll->epoch, holding))
        return RESULT_OK;
    const bool is_it = holding->known && holding->ends > book_moment(book) &&
                       find_origin(license, reclaimed->lease_origin, &host, &epoch) &&
                       is_of_lease(book, roll->epoch, holding, host, epoch, reclaimed->lease_index);
    struct verdict ends = {0};
    rule_reclaim(reclaimed, is_it, &ends);
    verdict_join(verdict, &ends);
    if (ends.count > 0)
        return RESULT_OK;
    return seats_reclaim(book, reclaimed, known, seat, holding, reason);
}
