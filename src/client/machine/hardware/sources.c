/* What identifies the hardware; see sources.h. */
#include "machine/hardware/sources.h"

#include "core/documents/documents.h"

#include <stdio.h>
#include <string.h>

RESULT hardware_sources_add(struct hardware_sources *sources, const char *kind, const char *value)
{
    ENSURE(is_ok(hardware_kind_check(slice_of(kind))) && value[0] != 0 && strlen(value) < SOURCE_VALUE_SIZE,
           DOCUMENT_VALUE);
    ENSURE(sources->count < HARDWARE_MAX, DOCUMENT_LIMIT);
    size_t place = 0;
    while (place < sources->count && strcmp(sources->sources[place].kind, kind) < 0)
        place++;
    ENSURE(place == sources->count || strcmp(sources->sources[place].kind, kind) != 0, DOCUMENT_DUPLICATE_KEY);
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
        if (strcmp(sources->sources[i].kind, kind) == 0 && strcmp(sources->sources[i].value, value) == 0)
            return true;
    return false;
}

static void take_smaller(struct hardware_sources *sources, const char *kind, const char *value)
{
    for (size_t i = 0; i < sources->count; i++) {
        struct hardware_source *const source = &sources->sources[i];
        if (strcmp(source->kind, kind) != 0)
            continue;
        if (strcmp(value, source->value) < 0)
            snprintf(source->value, sizeof source->value, "%s", value);
        return;
    }
    result_ignore(hardware_sources_add(sources, kind, value));
}

void hardware_sources_take(void *context, const struct source_seen *seen)
{
    struct hardware_sources *const sources = context;
    if (seen->use == SOURCE_USED)
        take_smaller(sources, seen->kind, seen->value);
    else if (seen->use == SOURCE_UNREADABLE && sources->unreadable_count < HARDWARE_MAX)
        snprintf(sources->unreadable[sources->unreadable_count++], HARDWARE_KIND_SIZE, "%s", seen->kind);
}
