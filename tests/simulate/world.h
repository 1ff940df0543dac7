/*
 * A world: vendors, a host, machines, and what goes wrong between them, all of it drawn from one seed. See
 * docs/testing.md.
 *
 * Always: the same seed and options make the same world, call for call; nothing of a world outlives it.
 */
#ifndef SIMULATE_WORLD_H
#define SIMULATE_WORLD_H

#include "chance.h"
#include "host.h"
#include "machine.h"
#include "network.h"
#include "visits.h"

#define BEGINNING ((seconds)1795338000) /* 2026-11-22T09:00:00Z */

enum { VIOLATION_SIZE = 512 };

struct world {
    uint64_t seed;
    const char *root; /* a folder of the real file system, for SQLite's own look at its path */
    struct chance chance;
    struct chance visits;
    seconds now;
    bool tell; /* a line for each thing that happens */
    bool healing;
    bool plenty; /* there are seats for every identity that there can be */
    seconds lease;
    seconds renew;
    seconds retry;
    unsigned storm; /* of 1,000 messages so many meet with something */
    enum dishonesty dishonesty;
    size_t vendor_count;
    struct vendor vendors[VENDORS_MAX];
    struct desk desks[VENDORS_MAX];
    struct host host;
    seconds down_until;  /* the host, where it is down; 0: it is up, or down by accident */
    seconds disk_until;  /* its disk is full until then */
    seconds clock_until; /* clocks are set right then */
    struct network network;
    size_t machine_count;
    struct machine machines[MACHINES_MAX];
    struct bill *bill;         /* is filled in at the end by the audit of all epochs, where it is asked for; borrowed */
    struct bill *visited_bill; /* the same by the desks that audit meanwhile */
    char violation[VIOLATION_SIZE]; /* "": none */
    bool unnoticed;                 /* it was not honest, and nobody saw it who should have */
    bool noticed;                   /* a machine has evidence, or the audit has found something */
    uint64_t asked;                 /* messages that reached the host */
    uint64_t granted;
};

struct bill;

struct world_options {
    uint64_t seed;
    bool tell;
    bool real_signatures;
    enum dishonesty dishonesty;
    const char *root;
    int days; /* of a year; 0: all */
};

/* The parts of which world_run() is made, and a year (year/): an empty world; so many vendors, and a host that is
 * enrolled with them and not up; the end of everything. */
void world_open(struct world *world, const struct world_options *options);
void world_found(struct world *world, size_t vendor_count);
void world_close(struct world *world);
/* Runs the world from its beginning to its end. */
void world_run(struct world *world, const struct world_options *options);

/* ---- for its parts ---- */

uint64_t world_draw(struct world *world, uint64_t below);
/* One of so many times. */
bool world_happens(struct world *world, uint64_t one_of);
/* A license of the vendor comes to the host. */
void world_license(struct world *world, struct vendor *vendor);
/* Time passes. */
void world_pass(struct world *world, seconds by);
/* A line of the trace. */
__attribute__((format(printf, 2, 3))) void world_say(const struct world *world, const char *format, ...);
/* What must never be; the first one counts. */
__attribute__((format(printf, 2, 3))) void world_violated(struct world *world, const char *format, ...);

#endif
