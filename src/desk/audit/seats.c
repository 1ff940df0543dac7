/* Whose seats those of a license are; see seats.h. */
#include "seats.h"

#include "core/documents/offer.h"
#include "core/rules/terms.h"

/* Licenses whose time comes within after < time <= until take the place of others. */
static RESULT take_places(const struct roll *roll, struct book *book, seconds after, seconds until,
                          struct reason *reason)
{
    for (size_t i = 0; i < roll->succession_count; i++) {
        const struct roll_license *const before = &roll->licenses[roll->successions[i].before];
        const struct roll_license *const by = &roll->licenses[roll->successions[i].by];
        if (by->license.not_before > after && by->license.not_before <= until)
            TRY(book_move(book, before->number, by->number, reason));
    }
    return RESULT_OK;
}

RESULT seats_begin(const struct roll *roll, struct book *book, struct reason *reason)
{
    return take_places(roll, book, 0, book_moment(book), reason);
}

/* When a license takes the place of another next, after `after`; `until` where none does before. */
static seconds next_place(const struct roll *roll, seconds after, seconds until)
{
    seconds next = until;
    for (size_t i = 0; i < roll->succession_count; i++) {
        const seconds begins = roll->licenses[roll->successions[i].by].license.not_before;
        if (begins > after && begins < next)
            next = begins;
    }
    return next;
}

/* The time of the book goes on, and licenses take the place of others on the way. */
RESULT seats_advance(const struct roll *roll, struct book *book, seconds until, struct reason *reason)
{
    for (seconds moment = book_moment(book); moment < until;) {
        const seconds next = next_place(roll, moment, until);
        TRY(book_advance(book, next, reason));
        TRY(take_places(roll, book, moment, next, reason));
        moment = next;
    }
    return RESULT_OK;
}

/* Whose seats a license's are by now. */
const struct roll_license *seats_of(const struct roll *roll, const struct book *book, const struct roll_license *known)
{
    return roll_heir(roll, known, book_moment(book));
}

static uint64_t all_seats(const struct license *license)
{
    return license->seats + license->overage;
}

/* Whether a seat comes back at once that its machine gives back then, by a license's terms; it is counted, where it
 * does. */
static RESULT count_release(struct book *book, const struct roll_license *license, seconds time, bool *ret_frees,
                            struct reason *reason)
{
    uint64_t before = 0;
    *ret_frees = true;
    if (!terms_releases_limited(&license->license))
        return RESULT_OK;
    TRY(book_returns(book, license->number, BOOK_RELEASE, time - RETURNS_WINDOW, &before, reason));
    *ret_frees = terms_release_frees(&license->license, before);
    return *ret_frees ? book_count_return(book, license->number, BOOK_RELEASE, time, reason) : RESULT_OK;
}

/* The seat is left with the leaf whose root came last: where that is lost, its host needs not know that it was. It is
 * left as if it had been given back. One that the host needs not know of is left without being counted: what it cannot
 * count takes nothing from those that may come back. */
static RESULT leave(struct book *book, const struct roll_license *other, const struct lease *lease, bool behind,
                    struct reason *reason)
{
    const struct request *const request = &lease->request;
    struct acquaintance known;
    bool frees;
    TRY(book_find(book, other->number, &request->machine, &known, reason));
    const struct holding *const holding = &known.holding;
    if (!holding->known || holding->ends <= book_moment(book) || (behind && request->number <= holding->number))
        return RESULT_OK;
    TRY(book_number(book, other->number, &request->machine, request->number, holding, reason));
    if (holding->lost)
        return book_free_seat(book, other->number, &request->machine, holding, reason);
    TRY(count_release(book, other, lease->issued, &frees, reason));
    return frees ? book_free_seat(book, other->number, &request->machine, holding, reason) : RESULT_OK;
}

/* A machine has one seat for an edition of a product: with a lease under one license it leaves that under another. */
RESULT seats_leave_others(const struct roll *roll, struct book *book, const struct roll_license *seat,
                          const struct lease *lease, bool behind, struct reason *reason)
{
    const struct offer offer = license_offer(&seat->license);
    for (size_t i = 0; i < roll->count; i++) {
        const struct roll_license *const other = &roll->licenses[i];
        if (other == seat || book_held(book, other->number) == 0 || !offer_equal(license_offer(&other->license), offer))
            continue;
        TRY(leave(book, other, lease, behind, reason));
    }
    return RESULT_OK;
}

/* A host that got a license later than it began has gone on with the seats of the one before. */
RESULT seats_judge(struct book *book, const struct roll_license *known, const struct roll_license *seat,
                   uint64_t held_before, struct verdict *verdict, struct reason *reason)
{
    const bool kept_on = all_seats(&known->license) > all_seats(&seat->license);
    uint64_t doubted = 0;
    TRY(book_doubted(book, seat->number, &doubted, reason));
    rule_seats(kept_on ? &known->license : &seat->license, held_before + 1 - doubted, verdict);
    return RESULT_OK;
}

/* The seat is free where the license that is named allows as many to come back; otherwise it is held until its leases
 * end. */
RESULT seats_release(struct book *book, const struct released *released, const struct roll_license *known,
                     const struct roll_license *seat, const struct holding *holding, struct reason *reason)
{
    bool frees;
    TRY(count_release(book, known, released->released, &frees, reason));
    return frees ? book_free_seat(book, seat->number, &released->release.machine, holding, reason) : RESULT_OK;
}

/* The same of one that the operator takes back. */
RESULT seats_reclaim(struct book *book, const struct reclaimed *reclaimed, const struct roll_license *known,
                     const struct roll_license *seat, const struct holding *holding, struct reason *reason)
{
    uint64_t before = 0;
    const seconds time = reclaimed->reclaimed;
    if (terms_reclaim_counts(&known->license, holding->renewed)) {
        TRY(book_returns(book, known->number, BOOK_RECLAIM, time - RETURNS_WINDOW, &before, reason));
        if (!terms_reclaim_frees(&known->license, before))
            return RESULT_OK;
        TRY(book_count_return(book, known->number, BOOK_RECLAIM, time, reason));
    }
    return book_free_seat(book, seat->number, &reclaimed->machine, holding, reason);
}
