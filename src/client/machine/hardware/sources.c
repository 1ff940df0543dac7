/* What identifies the hardware; see sources.h. */
#include "machine/hardware/sources.h"

#include "core/documents/documents.h"

#include <stdio.h>
#include <string.h>

static int compare(const struct hardware_source *source, const char *kind, const char *value)
{
    const int kinds = strcmp(source->kind, kind);
    return kinds != 0 ? kinds : strcmp(source->value, value);
}

RESULT hardware_sources_add(struct hardware_sources *sources, const char *kind, const char *value)
{
    ENSURE(is_ok(hardware_kind_check(slice_of(kind))) && value[0] != 0 && strlen(value) < SOURCE_VALUE_SIZE,
           DOCUMENT_VALUE);
    ENSURE(sources->count < HARDWARE_MAX, DOCUMENT_LIMIT);
    size_t place = 0;
    while (place < sources->count && compare(&sources->sources[place], kind, value) < 0)
        place++;
    ENSURE(place == sources->count || compare(&sources->sources[place], kind, value) != 0, DOCUMENT_DUPLICATE_KEY);
    struct hardware_source *source = &sources->sources[place];
    memmove(source + 1, source, (sources->count - place) * sizeof *source);
    snprintf(source->kind, sizeof source->kind, "%s", kind);
    snprintf(source->value, sizeof source->value, "%s", value);
    sources->count++;
    return RESULT_OK;
}

bool hardware_sources_have(const struct hardware_sources *sources, const char *kind, const char *value)
{
    for (size_t i = 0; i < sources->count; i++)
        if (compare(&sources->sources[i], kind, value) == 0)
            return true;
    return false;
}

static size_t most_of(const char *kind)
{
    return strcmp(kind, "disk") == 0 ? DISKS_TAKEN : strcmp(kind, "net") == 0 ? CARDS_TAKEN : 1;
}

static void remove_at(struct hardware_sources *sources, size_t i)
{
    struct hardware_source *const source = &sources->sources[i];
    sources->count--;
    memmove(source, source + 1, (sources->count - i) * sizeof *source);
}

/* Where there are enough of its kind, the largest, which stands last, gives way to a smaller one. */
static void take(struct hardware_sources *sources, const char *kind, const char *value)
{
    size_t count = 0;
    size_t last = 0;
    for (size_t i = 0; i < sources->count; i++) {
        if (strcmp(sources->sources[i].kind, kind) != 0)
            continue;
        count++;
        last = i;
    }
    if (count == most_of(kind)) {
        if (hardware_sources_have(sources, kind, value) || strcmp(value, sources->sources[last].value) > 0)
            return;
        remove_at(sources, last);
    }
    result_ignore(hardware_sources_add(sources, kind, value)); /* it may be seen twice */
}

void hardware_sources_take(void *context, const struct source_seen *seen)
{
    struct hardware_sources *const sources = context;
    if (seen->use == SOURCE_USED)
        take(sources, seen->kind, seen->value);
    else if (seen->use == SOURCE_UNREADABLE && sources->unreadable_count < HARDWARE_MAX)
        snprintf(sources->unreadable[sources->unreadable_count++], HARDWARE_KIND_SIZE, "%s", seen->kind);
}

_Static_assert(3 + (int)DISKS_TAKEN + (int)CARDS_TAKEN <= (int)HARDWARE_MAX, "board, os and uuid have room, too");
