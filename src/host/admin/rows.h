/* What the control interface shows of the store, as rows of its messages. All reads; arrays are the caller's to free.
 */
#ifndef HOST_ADMIN_ROWS_H
#define HOST_ADMIN_ROWS_H

#include "authority/authority.h"
#include "base/reason.h"
#include "proto/admin/machines.h"
#include "proto/admin/status.h"
#include "source.h"
#include "store/operators.h"

RESULT rows_ledgers(const struct rows *rows, struct control_ledger **ret_ledgers, size_t *ret_count);
RESULT rows_licenses(const struct rows *rows, struct control_license **ret_licenses, size_t *ret_count);
/* The number by which the store knows a license. NOT_FOUND where it is not here; *ret_asked is false, and no number
 * written, where no machine has asked for it yet. */
RESULT rows_license_number(const struct rows *rows, const char *id, uint32_t *ret_number, bool *ret_asked);
/* What machines have under the license, and under those whose place it has taken, where there are such (*ret_inherits).
 */
RESULT rows_figures(const struct rows *rows, const struct authority_vendor *vendor,
                    const struct authority_license *license, struct figures *ret_figures, bool *ret_inherits);
/* At most filter->limit machines that match, and where the next ones begin. It stops after ROWS_LOOKED_AT of them, with
 * what it has; NULL: all match. */
enum { ROWS_LOOKED_AT = 20000 };
struct criteria;
RESULT rows_machines(const struct rows *rows, const struct machine_filter *filter, const struct criteria *criteria,
                     struct control_machines *ret_machines);
/* Denials; `machine` NULL: of all. */
RESULT rows_denials(const struct rows *rows, const struct machine_id *machine, uint64_t before, size_t limit,
                    struct control_denials *ret_denials);
/* The machine whose id begins with the digits; NOT_FOUND. Where there are several, that is said and the result is one
 * of them. */
RESULT rows_find_machine(const struct rows *rows, const char *digits, struct machine_id *ret_machine,
                         bool *ret_several);

#endif
