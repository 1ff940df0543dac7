/* The hosts that are configured; see list.h. */
#include "list.h"

#include "state/folder.h"
#include "state/records.h"

static RESULT hosts_in(const char *folder, struct host_list *ret_hosts, struct reason *reason)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    bool found = false;
    TRY(state_read(folder, FILE_HOSTS, &text, &found, reason));
    if (!found)
        return RESULT_OK;
    const struct result outcome = host_list_read(buffer_slice(&text), ret_hosts);
    return is_ok(outcome) ? RESULT_OK : reason_say(reason, record_fault(outcome), "%s/" FILE_HOSTS, folder);
}

RESULT hosts_configured(const aval_machine *machine, struct host_list *ret_hosts, struct reason *reason)
{
    struct host_list hosts = {0};
    TRY(hosts_in(machine->own, &hosts, reason));
    if (hosts.count == 0 && machine->system[0] != 0)
        TRY(hosts_in(machine->system, &hosts, reason));
    *ret_hosts = hosts;
    return RESULT_OK;
}

RESULT hosts_configure(const aval_machine *machine, const struct host_list *hosts, struct reason *reason)
{
    CLEANUP_LOCK struct file_hold lock = FILE_HOLD_NONE;
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    TRY(state_lock(machine, &lock, reason));
    if (hosts->count == 0)
        return state_remove(machine->folder, FILE_HOSTS, reason);
    TRY(host_list_write(hosts, &text));
    return state_write(machine->folder, FILE_HOSTS, buffer_slice(&text), MODE_FILE, reason);
}
