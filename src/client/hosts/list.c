/* Which hosts are asked in what order; see list.h. */
#include "list.h"

#include "state/folder.h"
#include "state/records.h"

#include <stdlib.h>
#include <string.h>

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

/* AVAL_HOST: one host, or several with spaces or commas between. What is no host there is passed over, and so are those
 * beyond the limit: a variable that somebody left behind must not stop the configured hosts from being asked. */
static void add_environment(struct host_list *hosts)
{
    const char *rest = secure_getenv("AVAL_HOST");
    while (rest != NULL && *rest != 0) {
        const size_t size = strcspn(rest, ", ");
        if (size > 0)
            result_ignore(host_list_add(hosts, slice_make(rest, size)));
        rest += size;
        rest += strspn(rest, ", ");
    }
}

/* Those that somebody configured come first. */
RESULT hosts_to_try(aval_machine *machine, struct host_list *ret_hosts)
{
    struct host_list hosts;
    TRY(hosts_configured(machine, &hosts));
    add_environment(&hosts);
    ENSURE(hosts.count > 0, NO_HOST_KNOWN);
    *ret_hosts = hosts;
    return RESULT_OK;
}
