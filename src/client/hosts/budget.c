/* Sharing the time of an attempt; see budget.h. */
#include "budget.h"

#include <limits.h>

struct budget budget_begin(int64_t now, unsigned whole)
{
    return (struct budget){.ends = now + whole, .share_ends = now + whole};
}

void budget_share(struct budget *budget, int64_t now, size_t waiting)
{
    const int64_t left = budget->ends - now;
    int64_t share = left / (int64_t)waiting;
    if (share < SHARE_LEAST_MS)
        share = SHARE_LEAST_MS;
    budget->share_ends = now + (share < left ? share : left);
}

unsigned budget_left(const struct budget *budget, int64_t now)
{
    const int64_t left = budget->share_ends - now;
    if (left <= 0)
        return 0;
    return left < UINT_MAX ? (unsigned)left : UINT_MAX;
}
