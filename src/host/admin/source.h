/* Where rows of the control interface come from. */
#ifndef HOST_ADMIN_SOURCE_H
#define HOST_ADMIN_SOURCE_H

#include "authority/authority.h"
#include "base/reason.h"

struct store;

struct rows {
    struct store *store;
    const struct authority *authority;
    seconds now;
    struct reason *reason; /* for what the store says of a failure; borrowed, may be NULL */
};

#endif
