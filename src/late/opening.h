/*
 * One library that is opened when it is first needed, and stays open. Thread-safe.
 */
#ifndef LATE_OPENING_H
#define LATE_OPENING_H

#include "base/reason.h"

#include <pthread.h>
#include <stdbool.h>

struct late_library {
    const char *const *files; /* under which of these names it lies, the first that is there; NULL ends them */
    const char *const *names; /* of its functions; NULL ends them */
    void *calls;              /* a struct of as many pointers to functions, set once it is open */
    bool open;
    pthread_mutex_t lock;
};

/* LIBRARY_MISSING where none of the files can be opened, or lacks a function; the words are the dynamic linker's, about
 * the first file. */
RESULT late_open(struct late_library *library, struct reason *reason);

#endif
