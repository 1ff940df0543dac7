/*
 * A machine with the product of one or more vendors: the real libaval on a state folder in memory, and beside it what
 * the machine must be by now, whatever happened.
 */
#ifndef SIMULATE_MACHINE_H
#define SIMULATE_MACHINE_H

#include "vendor.h"

#include "system/files.h"

#include <aval/aval.h>

enum { MACHINES_MAX = 80, HARDWARE_SIZE = 32 };

/* What is known of one product: the lease that libaval said it has. */
struct standing {
    bool leased;
    char license[AVAL_ID_SIZE];
    seconds issued;
    seconds expires;
    bool given_back; /* and it has not asked since */
    bool parked;     /* nobody uses the product for now */
};

struct machine {
    struct world *world;
    size_t number;
    char folder[PATH_SIZE];
    char copy[PATH_SIZE]; /* of the folder */
    char hardware[HARDWARE_SIZE];
    const char *edition;
    const char *address; /* that its requests come from */
    bool stranger;       /* none of the organisation's: it has not got the site key, where there is one */
    bool has_copy;
    seconds clock_error;
    bool uses[VENDORS_MAX];
    struct standing standings[VENDORS_MAX];
    struct standing standings_of_copy[VENDORS_MAX];
    aval_machine *handle;
};

/* A new machine on an empty folder, with its products. */
void machine_begin(struct world *world, struct machine *machine);
/* The same with that edition of the first vendor's product and of no other's. */
void machine_join(struct world *world, struct machine *machine, const char *edition);
void machine_end(struct machine *machine);
seconds machine_clock(const struct machine *machine);

/* What its timer does for each product, or with `force` its user. */
void machine_renew(struct machine *machine, bool force);
/* The same for one product. Returns whether a host was asked; *ret_code is what came of it. */
bool machine_ask(struct machine *machine, size_t vendor, bool force, int *ret_code);
void machine_give_back(struct machine *machine, size_t vendor);
/* The product ends and begins. */
void machine_restart(struct machine *machine);
/* The state folder is copied; it is put back; it is put onto another machine; it is lost. */
void machine_copy_state(struct machine *machine);
void machine_restore_state(struct machine *machine);
void machine_clone(const struct machine *machine, struct machine *clone);
void machine_lose_state(struct machine *machine);

/* Whether each product is what it must be. */
void machine_check(struct machine *machine);
/* The same for one product, and whether it is licensed. */
bool machine_look(struct machine *machine, size_t vendor, struct aval_status *ret_status);
/* Whether the product is licensed. */
bool machine_licensed(struct machine *machine, size_t vendor, struct aval_status *ret_status);

#endif
