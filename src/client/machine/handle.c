/* The handle: clock, hardware, and the words of a failure; see handle.h. */
#include "handle.h"

#include "base/sentences.h"
#include "core/documents/documents.h"
#include "core/rules/clock.h"
#include "machine/hardware/hardware.h"
#include "system/clock.h"

#include <stdio.h>
#include <string.h>

seconds machine_now(const aval_machine *machine)
{
    return clock_bounded(machine->now != NULL ? machine->now(machine->now_context) : clock_now());
}

void machine_begin_asking(aval_machine *machine)
{
    machine->budget = budget_begin(clock_monotonic_ms(), machine->timeout_ms);
}

bool machine_share_time(aval_machine *machine, size_t waiting)
{
    budget_share(&machine->budget, clock_monotonic_ms(), waiting);
    return machine_time_left(machine) > 0;
}

unsigned machine_time_left(const aval_machine *machine)
{
    return budget_left(&machine->budget, clock_monotonic_ms());
}

void machine_hardware(const aval_machine *machine, struct hardware_sources *ret_sources)
{
    if (machine->own_hardware)
        *ret_sources = machine->hardware;
    else
        hardware_read("", ret_sources);
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

RESULT machine_hand_in(aval_machine *machine, const char *identity, struct reason *reason)
{
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
    if (value_is_known_to_repeat(HARDWARE_IDENTITY, text))
        return reason_say(reason, FAIL(IDENTITY_FORM), _("it tells no machine from another: %.100s"), text);
    TRY(hardware_sources_add(&sources, HARDWARE_IDENTITY, text));
    machine->hardware = sources;
    machine->own_hardware = true;
    return RESULT_OK;
}

bool machine_trusts(const aval_machine *machine, const struct verifier_key *vendor_key)
{
    for (size_t i = 0; i < machine->pinned_count; i++)
        if (verifier_key_equal(&machine->pinned[i], vendor_key))
            return true;
    return machine->pinned_count == 0;
}

/* How many bytes of the text, at most `room`, are whole characters. */
static size_t whole_characters(const char *text, size_t room)
{
    size_t size = strnlen(text, room + 1);
    if (size <= room)
        return size;
    size = room;
    while (size > 0 && ((uint8_t)text[size] & 0xc0) == 0x80)
        size--;
    return size;
}

void failure_text(struct result why, const char *detail, char *ret_text, size_t size)
{
    const char *sentence = _(error_info(result_code(why))->sentence);
    char place[32] = "";
    if (result_place(why) != 0)
        snprintf(place, sizeof place, _("line %u: "), result_place(why));
    const size_t behind = strlen(place) + strlen(sentence) + sizeof ": ";
    const size_t room = size > behind ? size - behind : 0;
    if (detail[0] != 0)
        snprintf(ret_text, size, "%.*s: %s%s", (int)whole_characters(detail, room), detail, place, sentence);
    else
        snprintf(ret_text, size, "%s%s", place, sentence);
}

int machine_finish(aval_machine *machine, struct result result, const struct reason *reason)
{
    machine->message[0] = 0;
    if (!is_ok(result))
        failure_text(result, reason_text(reason), machine->message, sizeof machine->message);
    return (int)result_code(result);
}
