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

/* The earliest end of a seat of the license that is held at `now`; 0: none is. Costs more than figures: for whoever was
 * denied one. */
RESULT store_next_end(struct store *store, uint32_t license, seconds now, seconds *ret_time, struct reason *reason);

/* Ways in which a seat is free before its lease ends, which a license limits (core/rules/terms.h). */
enum return_way { RETURN_RELEASE, RETURN_RECLAIM };
/* Counts a seat of the license that came back so. What is older than RETURNS_KEPT is forgotten. Inside a transaction.
 */
#define RETURNS_KEPT ((seconds)400 * DAY)
RESULT store_return_add(struct store *store, uint32_t license, enum return_way way, seconds time,
                        struct reason *reason);
/* How many came back later than that, including what the open transaction has added. */
RESULT store_returns(struct store *store, uint32_t license, enum return_way way, seconds after, uint64_t *ret_count,
                     struct reason *reason);

/* What the rules ask about one machine under one license. */
struct machine_found {
    struct machine_row row; /* all zero where the machine never asked */
    bool blocked;
};
/* A machine under a license. */
struct machine_key {
    uint32_t license;
    struct machine_id machine;
};
/* Forgets machines that are of no more use: whose last request, whose seat's end and whose lease's end lie before that
 * time, but for those that are blocked. Looks at at most `look` (at least 1) of those that are in their place
 * (store_tend()), in the order of lists, behind *at; and says there where to go on, {0} for the beginning. *ret_count:
 * how many were forgotten. Inside a transaction. */
RESULT store_machines_expire(struct store *store, seconds before, size_t look, struct machine_key *at,
                             size_t *ret_count, struct reason *reason);
/* The latest time before which machines were forgotten, if any was; 0: none. */
RESULT store_machines_expired(struct store *store, seconds *ret_before, struct reason *reason);
/* For each of `count` keys what store_machine_get and store_blocked say, as one request to the store: for a whole
 * batch, before it is decided. Keys may come more than once. */
RESULT store_fetch(struct store *store, const struct machine_key *keys, size_t count, struct machine_found *ret_found,
                   struct reason *reason);

/* ---- what machines tell of themselves ---- */

/* What a machine has told last of itself, beside a request for that product. For the operator alone. */
struct about_row {
    uint64_t number; /* of the request */
    seconds heard;
    seconds until; /* when it is to be forgotten */
    struct about_says says;
};
/* NOT_FOUND. */
RESULT store_about_get(struct store *store, const struct machine_id *machine, const char *product,
                       struct about_row *ret_row, struct reason *reason);
/* Keeps it in the place of what came beside a request with a lower number; changes nothing where that was no lower. */
RESULT store_about_put(struct store *store, const struct machine_id *machine, const char *product,
                       const struct about_row *row, struct reason *reason);
/* Forgets at most `most` (at least 1) of those whose time has come, but for machines that are blocked. *ret_count: how
 * many. */
RESULT store_about_expire(struct store *store, seconds now, size_t most, size_t *ret_count, struct reason *reason);
/* Forgets all. */
RESULT store_about_clear(struct store *store, struct reason *reason);

#endif
