/*
 * Who is turned away, and of whom too much is left out, counted until the log says it: one line for all of a minute,
 * since anybody can make as many lines as he likes otherwise.
 *
 * Always: of the addresses at most TURNED_AWAY_NAMED are kept, and of the machines. Where there are more, the one with
 * the fewest makes room and the new one goes on from its count: so the first of them is never missed where it has its
 * share of all, and its count may be a little high.
 *
 * Pure; the lock is the owner's.
 */
#ifndef HOST_ENGINE_RATES_TURNED_AWAY_H
#define HOST_ENGINE_RATES_TURNED_AWAY_H

#include "host/engine.h"
#include "rates/rates.h"

enum { TURNED_AWAY_NAMED = 16, TURNED_AWAY_EACH_MILLISECONDS = 60 * 1000 };

struct turned_away_one {
    struct rates_owner owner;
    char text[ADDRESS_TEXT_SIZE]; /* the last of that owner's addresses, or the machine's id */
    uint64_t count;               /* 0: none */
};

/* All zero: nobody was, and the log has said nothing. */
struct turned_away {
    uint64_t networks; /* of addresses that may not ask, */
    uint64_t rates;    /* new machines beyond the rates, */
    uint64_t untold;   /* machines that are not known whose denials were not kept, */
    uint64_t left_out; /* and lines of log and kept denials of those that are, since the log said it last */
    struct turned_away_one addresses[TURNED_AWAY_NAMED]; /* of the first three */
    struct turned_away_one machines[TURNED_AWAY_NAMED];  /* of the last */
    bool said;                                           /* the log has said something, */
    int64_t said_at;                                     /* then */
};

/* Counts one: of code NETWORK_NOT_LISTED or TOO_MANY_NEW, or of any other whose denial is not kept. Whether it is the
 * first since the log said it. */
bool turned_away_add(struct turned_away *turned_away, enum error_code code, const struct address *from,
                     const char *address);
/* Counts what was left out of a machine that is known. The same. */
bool turned_away_leave_out(struct turned_away *turned_away, const struct machine_id *machine);
bool turned_away_any(const struct turned_away *turned_away);
/* Whether the log is to say it now; then *ret_said is what, and all is counted anew. */
bool turned_away_say(struct turned_away *turned_away, int64_t milliseconds, struct turned_away *ret_said);
/* The one with the most of those; `count` 0 where there is none. Borrowed. */
const struct turned_away_one *turned_away_most(const struct turned_away_one named[static TURNED_AWAY_NAMED]);

#endif
