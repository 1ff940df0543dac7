/* Memory of one size; see pool.h. */
#include "pool.h"

#include <stdlib.h>

enum { KEPT_MAX = 1024 };

struct spare {
    struct spare *next;
};

struct pool pool_make(size_t size)
{
    return (struct pool){.size = size < sizeof(struct spare) ? sizeof(struct spare) : size};
}

void *pool_get(struct pool *pool)
{
    struct spare *const spare = pool->first;
    if (spare == NULL)
        return malloc(pool->size);
    pool->first = spare->next;
    pool->kept--;
    return spare;
}

void pool_return(struct pool *pool, void *memory)
{
    if (memory == NULL)
        return;
    if (pool->kept == KEPT_MAX) {
        free(memory);
        return;
    }
    struct spare *const spare = memory;
    spare->next = pool->first;
    pool->first = spare;
    pool->kept++;
}

void pool_free(struct pool *pool)
{
    while (pool->first != NULL) {
        struct spare *const spare = pool->first;
        pool->first = spare->next;
        free(spare);
    }
    pool->kept = 0;
}
