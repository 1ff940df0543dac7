/* Roots of trees that machines have seen; see roots.h. */
#include "roots.h"

const struct hash *roots_recall(const struct roots *roots, uint32_t ledger, uint64_t size)
{
    for (size_t i = 0; i < ROOTS_REMEMBERED; i++)
        if (roots->list[i].ledger == ledger && roots->list[i].size == size)
            return &roots->list[i].root;
    return NULL;
}

void roots_remember(struct roots *roots, uint32_t ledger, uint64_t size, struct hash root)
{
    roots->list[roots->next] = (struct remembered_root){ledger, size, root};
    roots->next = (roots->next + 1) % ROOTS_REMEMBERED;
}
