/* Which lease may take the place of one in force; see replacement.h. */
#include "core/rules/replacement.h"

#include <string.h>

RESULT replacement_check(const struct believed *in_force, const struct believed *offered)
{
    const struct license *mine = &in_force->license;
    const struct license *other = &offered->license;
    ENSURE(strcmp(mine->id, other->id) == 0 || license_names(other, &in_force->lease.request.host_key),
           LEASE_OTHER_HOST);
    ENSURE(offered->lease.expires >= in_force->lease.expires, LEASE_ENDS_EARLIER);
    return RESULT_OK;
}
