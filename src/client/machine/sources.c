/* What identifies the hardware; see sources.h. */
#include "machine/sources.h"

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
