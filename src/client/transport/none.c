/* No bundled transport in this build; see transport.h. */
#include "transport.h"

aval_transport transport_bundled(void)
{
    return NULL;
}
