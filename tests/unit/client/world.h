/* What most tests of libaval begin with: a network with one honest host, and machines with folders of their own. */
#ifndef TEST_WORLD_H
#define TEST_WORLD_H

#include "fake_host.h"
#include "system/files.h"
#include "temporary.h"

#define NOW      ((seconds)1795338000) /* 2026-11-22T09:00:00Z */
#define HOST     "kms.uni.example:8216"
#define PRODUCT  "acme.example/studio"
#define LEASE_IN "products/acme.example/studio/"

/* Where a machine keeps the last checkpoint of the host that world_begin() makes: by the hash of its key. */
#define CHECKPOINT_IN \
    LEASE_IN "checkpoints/kms.uni.example+24e1d261a0091baf1483ba2601f8e27c920a3efd0f8c27b18e7a1c23961cbe48"

enum { MACHINES_MAX = 3 };

struct world {
    char root[TEMPORARY_SIZE]; /* removed at the end */
    struct network network;
    struct fake_host *host;
    aval_transport transport; /* of the machines opened from now on: network_ask, or what a test puts before it */
    void *transport_context;
    size_t machine_count;
    aval_machine *machines[MACHINES_MAX];
    char folders[MACHINES_MAX][PATH_SIZE];
};

/* cmocka set-up and tear-down; *state is the world. */
int world_begin(void **state);
int world_end(void **state);

/* Opens a machine on a folder below the root, with hardware that is told apart by `hardware`. */
aval_machine *world_open(struct world *world, const char *folder, const char *hardware);
/* A machine with product, key and host installed. */
aval_machine *world_machine(struct world *world, const char *folder);
/* Sets the hosts of a machine: up to three, NULL for none. */
void world_hosts(aval_machine *machine, const char *first, const char *second, const char *third);
/* The status; the test fails where there is none. */
struct aval_status world_status(aval_machine *machine);

/* Files below the root: `path` is FOLDER/NAME. */
void world_read(const struct world *world, const char *path, struct buffer *out);
void world_write(const struct world *world, const char *path, struct slice content);
bool world_has(const struct world *world, const char *path);
/* With all that is in it. */
void world_remove(const struct world *world, const char *folder);
void world_copy(const struct world *world, const char *from, const char *to);

#endif
