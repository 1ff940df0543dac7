/* The bundled transport: HTTP by libcurl (curl.c), or none (none.c). */
#ifndef CLIENT_TRANSPORT_TRANSPORT_H
#define CLIENT_TRANSPORT_TRANSPORT_H

#include <aval/aval.h>

/* NULL where there is none in this build. Its context is NULL. */
aval_transport transport_bundled(void);

#endif
