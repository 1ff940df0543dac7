/* Whose seats those of a license are; see seats.h. */
#include "seats.h"

#include "core/documents/offer.h"

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

/* A machine has one seat for an edition of a product: with a lease under one license it leaves that under another. */
RESULT seats_leave_others(const struct roll *roll, struct book *book, const struct roll_license *seat,
                          const struct machine_id *machine, struct reason *reason)
{
    const struct offer offer = license_offer(&seat->license);
    for (size_t i = 0; i < roll->count; i++) {
        const struct roll_license *const other = &roll->licenses[i];
        struct acquaintance known;
        if (other == seat || book_held(book, other->number) == 0 || !offer_equal(license_offer(&other->license), offer))
            continue;
        TRY(book_find(book, other->number, machine, &known, reason));
        TRY(book_release(book, other->number, machine, &known.holding, reason));
    }
    return RESULT_OK;
}

/* A host that got a license later than it began has gone on with the seats of the one before. */
RESULT seats_judge(struct book *book, const struct roll_license *known, const struct roll_license *seat,
                   uint64_t held_before, struct verdict *verdict, struct reason *reason)
{
    const bool kept_on = all_seats(&known->license) > all_seats(&seat->license);
    uint64_t doubted = 0;
    if (book_held(book, seat->number) <= held_before)
        return RESULT_OK;
    TRY(book_doubted(book, seat->number, &doubted, reason));
    rule_seats(kept_on ? &known->license : &seat->license, held_before + 1 - doubted, verdict);
    return RESULT_OK;
}
