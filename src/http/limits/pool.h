/* Memory of one size, over and over, so that a busy loop asks the system for none. Not thread-safe. */
#ifndef HTTP_LIMITS_POOL_H
#define HTTP_LIMITS_POOL_H

#include <stddef.h>

struct pool {
    size_t size; /* of each, in bytes; at least that of a pointer */
    size_t kept; /* how many are at hand */
    void *first;
};

/* One that holds nothing yet, of memory for at least `size` bytes. */
struct pool pool_make(size_t size);
/* Not cleared; NULL where there is none. */
void *pool_get(struct pool *pool);
/* Takes NULL. */
void pool_return(struct pool *pool, void *memory);
/* Frees what is at hand. */
void pool_free(struct pool *pool);

#endif
