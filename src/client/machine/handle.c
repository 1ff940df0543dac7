/* The handle: clock, hardware, and the words of a failure; see handle.h. */
#include "handle.h"

#include "base/sentences.h"
#include "core/rules/clock.h"
#include "hardware.h"
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
