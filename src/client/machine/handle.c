/* The handle: clock, hardware, and the words of a failure; see handle.h. */
#include "handle.h"

#include "core/rules/clock.h"
#include "hardware.h"
#include "system/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

seconds machine_now(const aval_machine *machine)
{
    return clock_bounded(machine->now != NULL ? machine->now(machine->now_context) : clock_now());
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

void machine_detail(aval_machine *machine, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(machine->detail, sizeof machine->detail, format, arguments);
    va_end(arguments);
}

void failure_text(struct result why, const char *detail, char *ret_text, size_t size)
{
    const struct error_info *info = error_info(result_code(why));
    char place[32] = "";
    if (result_place(why) != 0)
        snprintf(place, sizeof place, "line %u: ", result_place(why));
    if (detail[0] != 0)
        snprintf(ret_text, size, "%s: %s%s", detail, place, info->sentence);
    else
        snprintf(ret_text, size, "%s%s", place, info->sentence);
}

int machine_finish(aval_machine *machine, struct result result)
{
    machine->message[0] = 0;
    if (!is_ok(result)) {
        const enum error_code code = result_code(result);
        const bool system = code == ERR_FILE_READ || code == ERR_FILE_WRITE || code == ERR_LOCKED;
        const char *detail = system && machine->detail[0] == 0 ? file_last_message() : machine->detail;
        failure_text(result, detail, machine->message, sizeof machine->message);
    }
    machine->detail[0] = 0;
    return (int)result_code(result);
}
