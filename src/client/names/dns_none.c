/* No name servers in this build; see dns.h. */
#include "dns.h"

#include "base/sentences.h"

bool dns_is_here(void)
{
    return false;
}

RESULT dns_addresses(const char *servers, const char *name, unsigned timeout_ms, struct name_addresses *ret_addresses,
                     struct reason *reason)
{
    (void)servers, (void)timeout_ms, (void)ret_addresses;
    return reason_say(reason, FAIL(USAGE), _("%s: this build of libaval asks no name servers"), name);
}

RESULT dns_services(const char *servers, const char *domains, unsigned timeout_ms, struct service_list *ret_services,
                    struct reason *reason)
{
    (void)servers, (void)domains, (void)timeout_ms, (void)ret_services;
    return reason_say(reason, FAIL(USAGE), _("this build of libaval asks no name servers"));
}
