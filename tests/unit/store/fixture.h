/* Stores to test with: an open one of each kind, in a folder that goes away with the test. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include "base/hash.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/machines.h"
#include "temporary.h"

enum { FIXTURE_PATH_SIZE = TEMPORARY_SIZE + 32 }; /* with a name or two behind the folder */

/* A kind of store, and how to open one. */
struct backend {
    const char *name;
    struct result (*open)(const char *path, struct store **ret_store);
};

struct fixture {
    struct store *store;
    char folder[TEMPORARY_SIZE];
    char path[FIXTURE_PATH_SIZE]; /* of the database file */
};

/* A new folder, and no store in it. */
void fixture_make_folder(struct fixture *fixture);
/* Closes the store, if there is one, and removes the folder. */
void fixture_remove(struct fixture *fixture);

/* The same before and after a test, whose state is the fixture. */
int fixture_set_up(void **state);
int fixture_tear_down(void **state);

/* The number that makes a machine id; ids ascend with it. */
struct machine_id machine_of(uint64_t number);
/* A row with each member set to something, from a request at that time. */
struct machine_row row_of(uint64_t number, seconds last_request, seconds expires);
struct hash hash_number(uint64_t number);

#define assert_ok(expression)           assert_int_equal(result_code(expression), OK)
#define assert_fails(expression, error) assert_int_equal(result_code(expression), ERR_##error)

#endif
