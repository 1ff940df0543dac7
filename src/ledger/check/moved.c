/* Seats that their machines left for those of another license; see moved.h. */
#include "check/moved.h"

#include <string.h>

/* The license behind that number, and its product; *ret_found: there is one. */
static RESULT next_license(struct step *step, uint32_t after, uint32_t *ret_number, char ret_product[static NAME_SIZE],
                           bool *ret_found)
{
    return tell_damage(
        store_license_next(step->check->store, step->first_ledger, after, ret_number, ret_product, step->reason),
        ret_found);
}

/* Whether that row's lease is one for which the seat may have been left. In an epoch times only go on; the one before
 * may have had a clock that was ahead. */
static bool took_seat(const struct machine_record *left, const struct machine_record *record)
{
    if (record->issued == 0 || record->ledger != left->ledger)
        return record->issued > 0 && record->ledger > left->ledger;
    return record->issued >= left->expires && left->expires >= left->issued;
}

static RESULT find_taker(struct step *step, uint32_t own, const char *product, const struct machine_id *machine,
                         const struct machine_record *left, bool *ret_moved)
{
    struct machine_row row;
    char other[NAME_SIZE];
    uint32_t number = 0;
    bool found;
    TRY(next_license(step, number, &number, other, &found));
    while (found && !*ret_moved) {
        if (number != own && strcmp(other, product) == 0) {
            TRY(tell_damage(store_machine_get(step->check->store, number, machine, &row, step->reason), &found));
            *ret_moved = found && took_seat(left, &row.record);
        }
        TRY(next_license(step, number, &number, other, &found));
    }
    return RESULT_OK;
}

RESULT seat_moved(struct step *step, const char *license, const struct machine_id *machine,
                  const struct machine_record *record, bool *ret_moved)
{
    char product[NAME_SIZE];
    uint32_t own;
    bool found;
    *ret_moved = false;
    if (record->expires >= record->ends)
        return RESULT_OK;
    TRY(tell_damage(store_license_find(step->check->store, step->first_ledger, license, &own, step->reason), &found));
    if (!found)
        return RESULT_OK;
    TRY(next_license(step, own - 1, &own, product, &found));
    if (found)
        TRY(find_taker(step, own, product, machine, record, ret_moved));
    return *ret_moved ? RESULT_OK : step_forgettable(step, record->expires, ret_moved);
}
