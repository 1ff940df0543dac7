/* Bit flips and truncations; see mutate.h. */
#include "mutate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A copy in memory of exactly that size (of one byte where it is empty, so that it is not NULL). */
static uint8_t *copy_of(struct slice bytes, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL)
        abort();
    if (size > 0)
        memcpy(copy, bytes.data, size);
    return copy;
}

size_t mutate_each_bit(struct slice bytes, mutant_accepted *accepted, void *context)
{
    size_t count = 0;
    uint8_t *mutant = copy_of(bytes, bytes.size);
    for (size_t at = 0; at < bytes.size; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            mutant[at] ^= (uint8_t)(1u << bit);
            if (accepted(context, slice_make(mutant, bytes.size)) && count++ == 0)
                fprintf(stderr, "accepted with bit %u of byte %zu flipped\n", bit, at);
            mutant[at] = bytes.data[at];
        }
    free(mutant);
    return count;
}

size_t mutate_each_truncation(struct slice bytes, mutant_accepted *accepted, void *context)
{
    size_t count = 0;
    for (size_t size = 0; size < bytes.size; size++) {
        uint8_t *mutant = copy_of(bytes, size);
        if (accepted(context, slice_make(mutant, size)) && count++ == 0)
            fprintf(stderr, "accepted when cut to %zu of %zu bytes\n", size, bytes.size);
        free(mutant);
    }
    return count;
}
