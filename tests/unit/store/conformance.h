/* Runs a list of tests over every kind of store. */
#ifndef STORE_CONFORMANCE_H
#define STORE_CONFORMANCE_H

#include <stddef.h>

struct conformance_test {
    const char *name;
    void (*run)(void **state); /* *state is a struct fixture with an open, empty store */
};
#define CONFORMANCE(test) \
    { \
#test, (test) \
    }

/* The exit status of the program. */
int conformance_run(const struct conformance_test *tests, size_t count);

#endif
