/* The order of SRV records; see services.h. */
#include "services.h"

#include <stdio.h>
#include <string.h>

static bool is_refusal(const struct service *service)
{
    return service->target[0] == 0 || strcmp(service->target, ".") == 0;
}

static bool write_address(struct service *service)
{
    char text[ADDRESS_SIZE];
    snprintf(text, sizeof text, "%s:%u", service->target, service->port);
    return memchr(service->target, ':', strlen(service->target)) == NULL &&
           is_ok(host_address_read(slice_of(text), service->address, NULL));
}

/* Returns whether a target said that there is no service. */
static bool keep_hosts(struct service_list *list)
{
    bool refused = false;
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct service service = list->services[i];
        refused = refused || is_refusal(&service);
        if (!is_refusal(&service) && write_address(&service))
            list->services[kept++] = service;
    }
    list->count = kept;
    return refused;
}

/* By priority; those without weight first in it, since the draw would come to them last. Stable. */
static void sort(struct service_list *list)
{
    for (size_t i = 1; i < list->count; i++)
        for (size_t at = i; at > 0; at--) {
            struct service *before = &list->services[at - 1];
            struct service *here = &list->services[at];
            if (before->priority < here->priority ||
                (before->priority == here->priority && (before->weight == 0 || here->weight > 0)))
                break;
            const struct service moved = *before;
            *before = *here;
            *here = moved;
        }
}

/* The one at `from` comes to `to`, and those between move back by one. */
static void bring_forward(struct service_list *list, size_t from, size_t to)
{
    const struct service moved = list->services[from];
    memmove(&list->services[to + 1], &list->services[to], (from - to) * sizeof moved);
    list->services[to] = moved;
}

/* Draws the next one of those from `begin` to before `end`, as RFC 2782 says: a number from 0 to the sum of the
 * weights, and the first whose running sum is as large. */
static size_t draw(const struct service_list *list, size_t begin, size_t end, uint64_t chance)
{
    uint64_t sum = 0;
    for (size_t i = begin; i < end; i++)
        sum += list->services[i].weight;
    const uint64_t drawn = chance % (sum + 1);
    uint64_t running = 0;
    size_t at = begin;
    for (; at + 1 < end; at++) {
        running += list->services[at].weight;
        if (running >= drawn)
            break;
    }
    return at;
}

static void order_priority(struct service_list *list, size_t begin, size_t end, const uint64_t *chances,
                           const char *last_good)
{
    size_t at = begin;
    for (size_t i = begin; i < end && at == begin; i++)
        if (strcmp(list->services[i].address, last_good) == 0)
            bring_forward(list, i, at++);
    for (; at < end; at++)
        bring_forward(list, draw(list, at, end, chances[at]), at);
}

bool services_order(struct service_list *list, const uint64_t chances[static SERVICES_MAX], const char *last_good)
{
    const bool refused = keep_hosts(list);
    sort(list);
    for (size_t begin = 0, end = 0; begin < list->count; begin = end) {
        while (end < list->count && list->services[end].priority == list->services[begin].priority)
            end++;
        order_priority(list, begin, end, chances, last_good);
    }
    return list->count > 0 || !refused;
}
