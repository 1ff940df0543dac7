/* The hosts to try and their order; see candidates.h. */
#include "candidates.h"

#include "base/sentences.h"
#include "list.h"
#include "machine/environment.h"
#include "names/dns.h"
#include "system/clock.h"
#include "transport/transport.h"

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

RESULT candidates_known(const aval_machine *machine, struct host_list *ret_hosts, struct reason *reason)
{
    struct host_list hosts;
    TRY(hosts_configured(machine, &hosts, reason));
    add_environment(&hosts);
    *ret_hosts = hosts;
    return RESULT_OK;
}

bool candidates_can_discover(const aval_machine *machine)
{
    const char *const domains = environment_value("AVAL_DOMAINS");
    return (domains == NULL || domains[0] != 0) && dns_is_here() && machine->transport != NULL &&
           machine->transport == transport_bundled();
}

RESULT candidates_discover(const aval_machine *machine, const char *last_good, struct service_list *ret_services,
                           struct reason *reason)
{
    uint64_t chances[SERVICES_MAX];
    struct service_list found = {0};
    TRY(dns_services(environment_value("AVAL_DNS"), environment_value("AVAL_DOMAINS"), machine_time_left(machine),
                     &found, reason));
    entropy_fill(chances, sizeof chances);
    if (!services_order(&found, chances, last_good))
        return reason_say(reason, FAIL(NO_HOST_HERE), "%s", found.domain);
    if (found.count == 0)
        return reason_say(reason, FAIL(NO_HOST_KNOWN), _("what DNS names in %s are no hosts"), found.domain);
    *ret_services = found;
    return RESULT_OK;
}

void candidates_add(struct host_list *hosts, const struct service_list *services)
{
    for (size_t i = 0; i < services->count; i++)
        result_ignore(host_list_add(hosts, slice_of(services->services[i].address), NULL));
}
