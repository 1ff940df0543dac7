/* Which lease may take the place of one in force; see replacement.h. */
#include "core/rules/replacement.h"

#include <string.h>

/* A key of another edition was installed here, and its lease takes the place of the one before from any host. */
static bool is_other_edition(const struct believed *in_force, const struct license *offered)
{
    return strcmp(in_force->license.edition, offered->edition) != 0;
}

RESULT replacement_check_license(const struct believed *in_force, const struct license *offered)
{
    if (is_other_edition(in_force, offered))
        return RESULT_OK;
    ENSURE(strcmp(in_force->license.id, offered->id) == 0 ||
               license_names(offered, &in_force->lease.request.host_key) ||
               license_replaces(offered, &in_force->license),
           LEASE_OTHER_HOST);
    return RESULT_OK;
}

RESULT replacement_check(const struct believed *in_force, const struct believed *offered, enum license_mode wanted)
{
    TRY(replacement_check_license(in_force, &offered->license));
    const bool wished = is_other_edition(in_force, &offered->license) ||
                        (in_force->license.mode != wanted && offered->license.mode == wanted);
    ENSURE(wished || offered->lease.expires >= in_force->lease.expires, LEASE_ENDS_EARLIER);
    return RESULT_OK;
}
