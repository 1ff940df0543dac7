/* The hosts that are configured; see list.h. */
#include "list.h"

#include "state/folder.h"
#include "state/records.h"

RESULT hosts_configured(aval_machine *machine, struct host_list *ret_hosts)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    bool found = false;
    TRY(state_read(machine->folder, FILE_HOSTS, &text, &found));
    struct host_list hosts = {0};
    if (found) {
        const struct result outcome = host_list_read(buffer_slice(&text), &hosts);
        if (!is_ok(outcome)) {
            machine_detail(machine, "%s/%s", machine->folder, FILE_HOSTS);
            return result_at(FAIL(STATE_BROKEN), result_place(outcome));
        }
    }
    *ret_hosts = hosts;
    return RESULT_OK;
}

RESULT hosts_configure(aval_machine *machine, const struct host_list *hosts)
{
    CLEANUP_LOCK int lock = -1;
    CLEANUP_BUFFER struct buffer text = buffer_make(RECORD_MAX);
    TRY(state_lock(machine, &lock));
    if (hosts->count == 0)
        return state_remove(machine->folder, FILE_HOSTS);
    TRY(host_list_write(hosts, &text));
    return state_write(machine->folder, FILE_HOSTS, buffer_slice(&text), MODE_FILE);
}
