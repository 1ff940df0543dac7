/*
 * What the script of a year reckons that a host must answer: the rules of docs/operate.md and decide.h written a second
 * time, in a few lines, for a world in which every license of an edition takes the place of the one before it.
 *
 * Pure; knows nothing of the engine, its rows or its ledger.
 */
#ifndef SIMULATE_RECKONING_H
#define SIMULATE_RECKONING_H

#include "core/rules/decide.h"
#include "vendor.h"

enum { KEYS_MAX = 192, RETURNED_MAX = 128 };
#define NO_LICENSE SIZE_MAX

/* The licenses for one edition, each of which replaces the one before. */
enum line { LINE_PRO, LINE_LAB, LINES };
enum line line_of(const struct license *license);
/* The one that replaces it, imported or not; NO_LICENSE: there is none. */
size_t line_next(const struct vendor *vendor, size_t license);

/* With those that are billed afterwards. */
uint64_t all_seats(const struct license *license);

/* A machine by its key: one that is set up anew is another. */
struct key {
    enum line line;
    char id[2 * MACHINE_ID_SIZE + 1]; /* "": it has never asked */
    seconds asked;                    /* the last time that counts; 0: never */
    seconds held_until;
    seconds ends;   /* of its last lease */
    size_t license; /* under which it has that */
    bool runs;      /* it may be given again: neither given back nor of an epoch that ended */
    bool renewed;
    bool reclaimed;
    seconds has_until; /* the end of the lease that the machine itself has, whatever its host knows of it */
    bool blocked;
    bool introduced; /* the machine has asked its host before, so it does so without a look at the license */
};

struct reckoning {
    size_t key_count;
    struct key keys[KEYS_MAX];
    size_t returned_count; /* reclaims that made a seat free */
    struct returned {
        seconds time;
        size_t license;
    } returned[RETURNED_MAX];
};

/* What a request is answered. */
struct answer {
    int code;   /* AVAL_OK, or of the denial */
    bool heard; /* a request was sent, and counts */
    bool anew;
    size_t license;
    seconds ends;
    bool refused; /* by the machine: what it has ends later */
};

size_t reckon_key(struct reckoning *reckoning, enum line line);
/* `imported` says which licenses the host has. */
size_t reckon_license(const struct vendor *vendor, const bool *imported, enum line line, seconds now);
uint64_t reckon_held(const struct reckoning *reckoning, enum line line, seconds now);
struct answer reckon_request(const struct reckoning *reckoning, const struct vendor *vendor, const bool *imported,
                             size_t asking, seconds now);
/* It was answered so. */
void reckon_answered(struct reckoning *reckoning, size_t asking, const struct answer *answer, seconds now);
/* The machine has given its seat back. */
void reckon_released(struct reckoning *reckoning, size_t released, seconds now);
/* The operator takes it back. */
enum reclaim_kind reckon_reclaim(struct reckoning *reckoning, const struct vendor *vendor, size_t reclaimed,
                                 seconds now);

#endif
