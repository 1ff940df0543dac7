/* The hosts to try and their order; see candidates.h. */
#include "candidates.h"

#include "list.h"
#include "machine/environment.h"

#include <string.h>

/* AVAL_HOST: one host, or several with spaces or commas between. What is no host there is passed over, and so are those
 * beyond the limit: a variable that somebody left behind must not stop the configured hosts from being asked. */
static void add_environment(struct host_list *hosts)
{
    const char *rest = environment_value("AVAL_HOST");
    while (rest != NULL && *rest != 0) {
        const size_t size = strcspn(rest, ", ");
        if (size > 0)
            result_ignore(host_list_add(hosts, slice_make(rest, size), NULL));
        rest += size;
        rest += strspn(rest, ", ");
    }
}

RESULT candidates_find(const aval_machine *machine, struct host_list *ret_hosts, struct reason *reason)
{
    struct host_list hosts;
    TRY(hosts_configured(machine, &hosts, reason));
    add_environment(&hosts);
    ENSURE(hosts.count > 0, NO_HOST_KNOWN);
    *ret_hosts = hosts;
    return RESULT_OK;
}
