/* What identifies the hardware; see sources.h. */
#include "machine/sources.h"

#include "base/sentences.h"
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

static struct slice without_space(struct slice text)
{
    while (text.size > 0 && ascii_is_space((char)text.data[0]))
        text = slice_make(text.data + 1, text.size - 1);
    while (text.size > 0 && ascii_is_space((char)text.data[text.size - 1]))
        text.size--;
    return text;
}

/* As where a template was handed on instead of what it stands for: all containers of a site would be one machine. */
static bool is_unfilled(const char *text)
{
    static const char *const openings[] = {"$(", "${", "{{", "<"};
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++)
        if (strstr(text, openings[i]) != NULL)
            return true;
    return false;
}

/* All zeros or all ones, however they are written. */
static bool is_constant(const char *text)
{
    return text[strspn(text, "0-:. ")] == 0 || text[strspn(text, "fF-:. ")] == 0;
}

RESULT hardware_sources_hand_in(const char *identity, struct hardware_sources *ret_sources, struct reason *reason)
{
    _Static_assert((int)IDENTITY_MAX == SOURCE_VALUE_SIZE - 1, "an identity is a value as any other");
    struct hardware_sources sources = {0};
    char text[SOURCE_VALUE_SIZE];
    const struct slice line = without_space(slice_of(identity));
    if (line.size == 0)
        return reason_say(reason, FAIL(IDENTITY_FORM), _("it is empty"));
    if (line.size > IDENTITY_MAX)
        return reason_say(reason, FAIL(IDENTITY_FORM), _("it has more than %d bytes"), IDENTITY_MAX);
    if (!is_ok(printable_check(line, IDENTITY_MAX)))
        return reason_say(reason, FAIL(IDENTITY_FORM), _("it is no line of printable text"));
    TRY(slice_copy_text(line, text, sizeof text));
    if (is_unfilled(text))
        return reason_say(reason, FAIL(IDENTITY_FORM), _("nobody filled in what stands there: %.100s"), text);
    if (is_constant(text))
        return reason_say(reason, FAIL(IDENTITY_FORM), _("it tells no machine from another: %.100s"), text);
    TRY(hardware_sources_add(&sources, HARDWARE_IDENTITY, text));
    *ret_sources = sources;
    return RESULT_OK;
}
