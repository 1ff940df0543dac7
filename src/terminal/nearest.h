/* Which of several words somebody meant who mistyped one. For this layer only. */
#ifndef TERMINAL_NEAREST_H
#define TERMINAL_NEAREST_H

#include <stddef.h>

enum { NEAREST_NAME_SIZE = 64 };

struct nearest {
    const char *word; /* as it was typed; borrowed */
    size_t distance;
    char name[NEAREST_NAME_SIZE]; /* of the nearest so far; "": none is near enough */
};

void nearest_begin(struct nearest *nearest, const char *word);
/* Takes `name` where `candidate` is nearer to the word than what was found so far. */
void nearest_consider(struct nearest *nearest, const char *candidate, const char *name);

#endif
