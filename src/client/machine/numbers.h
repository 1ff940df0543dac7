/*
 * The numbers of what this machine signs for one product, upwards from 1.
 *
 * Always: a number is on the disk before anything is signed with it, and no two notes of a key and product have one,
 * whichever host is asked. A record that is gone or damaged is none: the host answers number-used with the last leaf,
 * and the machine goes on above that. The caller holds the lock wherever something is written.
 */
#ifndef CLIENT_MACHINE_NUMBERS_H
#define CLIENT_MACHINE_NUMBERS_H

#include "base/reason.h"
#include "state/records.h"

/* What that machine has used; all zero but `machine` where nothing is known. `folder` is the product's. FILE_READ,
 * NO_MEMORY. */
RESULT numbers_load(const char *folder, const struct machine_id *machine, struct numbers *ret_numbers,
                    struct reason *reason);
/* Takes the next number, one above the last and above those of `least`. FILE_READ, FILE_WRITE; NUMBERS_USED_UP where
 * there is no higher one. */
RESULT numbers_take(const char *folder, const struct numbers *least, uint64_t *ret_number, struct reason *reason);
/* Remembers the number of a release. FILE_READ, FILE_WRITE. */
RESULT numbers_keep_release(const char *folder, const struct machine_id *machine, uint64_t number,
                            struct reason *reason);

#endif
