/* Seats that their machines left for those of another license; see step.h. */
#ifndef LEDGER_CHECK_MOVED_H
#define LEDGER_CHECK_MOVED_H

#include "check/step.h"
#include "store/machines.h"

/* Whether the row's seat ended before its lease because its machine got a lease under another license for the same
 * product: no leaf says so of the row itself. Failures of the store. */
RESULT seat_moved(struct step *step, const char *license, const struct machine_id *machine,
                  const struct machine_record *record, bool *ret_moved);

#endif
