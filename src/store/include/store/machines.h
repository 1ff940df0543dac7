/* Machines under licenses, as the rules of the host ask for them; see store.h. */
#ifndef STORE_MACHINES_H
#define STORE_MACHINES_H

#include "core/rules/decide.h"
#include "store/store.h"

enum { ADDRESS_TEXT_SIZE = 46 /* INET6_ADDRSTRLEN */ };

/* ---- licenses ---- */

/* The number by which the store knows a license of a ledger; NOT_FOUND. */
RESULT store_license_find(struct store *store, uint32_t ledger, const char *license_id, uint32_t *ret_license,
                          struct reason *reason);
/* The same, made where there is none, for the product that it is for. Inside a transaction. */
RESULT store_license_make(struct store *store, uint32_t ledger, const char *license_id, const char *product,
                          uint32_t *ret_license, struct reason *reason);
/* Of the licenses of a ledger the one with the lowest number above `after`, and its product: from 0 on, all of them.
 * NOT_FOUND behind the last. */
RESULT store_license_next(struct store *store, uint32_t ledger, uint32_t after, uint32_t *ret_license,
                          char ret_product[static NAME_SIZE], struct reason *reason);
/* The id behind a license number; NOT_FOUND. */
RESULT store_license_id(struct store *store, uint32_t license, char ret_id[static NAME_SIZE], struct reason *reason);

/* ---- machines ---- */

/* One machine under one license. `address` is for the operator alone. */
struct machine_row {
    struct machine_record record;
    char address[ADDRESS_TEXT_SIZE]; /* from which it asked last; "" unknown */
};
/* An all-zero row where the machine never asked. */
RESULT store_machine_get(struct store *store, uint32_t license, const struct machine_id *machine,
                         struct machine_row *ret_row, struct reason *reason);
RESULT store_machine_put(struct store *store, uint32_t license, const struct machine_id *machine,
                         const struct machine_row *row, struct reason *reason);
/* Count and seats as of `now` (core/rules/decide.h), including what the open transaction has put. Costs what
 * has changed since the last call, not what is stored. */
RESULT store_figures(struct store *store, uint32_t license, seconds now, struct figures *ret_figures,
                     struct reason *reason);

/* What the rules ask about one machine under one license. */
struct machine_key {
    uint32_t license;
    struct machine_id machine;
};
struct machine_found {
    struct machine_row row; /* all zero where the machine never asked */
    bool blocked;
};
/* For each of `count` keys what store_machine_get and store_blocked say, as one request to the store: for a whole
 * batch, before it is decided. Keys may come more than once. */
RESULT store_fetch(struct store *store, const struct machine_key *keys, size_t count, struct machine_found *ret_found,
                   struct reason *reason);

#endif
