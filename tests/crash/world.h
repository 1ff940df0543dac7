/*
 * A host's data folder for one series of rounds, made in this process: vendor key, host key, one license.
 *
 *   ROOT/data    the folder that avald serves
 *   ROOT/log     what avald said
 *   ROOT/copy    the database as a crash left it, for the audit: the audit's own clean-up must not spare the next avald
 *                its work
 */
#ifndef CRASH_WORLD_H
#define CRASH_WORLD_H

#include "chance.h"
#include "core/documents/documents.h"
#include "system/files.h"

#define WORLD_VENDOR  "acme.example"
#define WORLD_PRODUCT "studio"
#define WORLD_EDITION "pro"

enum { WORLD_NOTE_SIZE = 4096 };

struct world {
    char root[PATH_SIZE];
    char data[PATH_SIZE];
    char log[PATH_SIZE];
    char copy[PATH_SIZE];
    struct license license;
    uint8_t license_note[WORLD_NOTE_SIZE]; /* as the vendor signed it */
    size_t license_note_size;
    struct verifier_key host_key;
};

/* Makes ROOT and all in it. Errors of the files. */
RESULT world_make(const char *root, uint64_t seats, struct chance *chance, struct world *ret_world);
/* The license as machines must be shown it; borrowed. */
struct slice world_license_note(const struct world *world);
/* Copies database, log of the database, and signer state to ROOT/copy. */
RESULT world_copy(const struct world *world);
/* Path of the copied database, or of the copied signer state. */
RESULT world_copied_database(const struct world *world, char ret_path[static PATH_SIZE]);
RESULT world_copied_state(const struct world *world, char ret_path[static PATH_SIZE]);
/* Removes ROOT. */
void world_remove(const struct world *world);

#endif
