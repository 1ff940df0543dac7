/* Addresses, ports and media types of the two HTTP interfaces of a host. Pure. */
#ifndef PROTO_API_H
#define PROTO_API_H

#include "core/limits.h"

enum { DEFAULT_PORT = 8216 };

/* Activation listener: signed texts. Every failure is answered with a denial document and the HTTP status of its code.
 */
#define API_ACTIVATE    "/v1/activate"     /* POST request -> answer, or denial */
#define API_RELEASE     "/v1/release"      /* POST release -> tlog-proof of the `released` leaf, or denial */
#define API_LICENSE     "/v1/license/"     /* GET + license id -> license note */
#define API_REVOCATIONS "/v1/revocations/" /* GET + vendor -> revocations note */
#define API_HEALTH      "/healthz"         /* GET -> "ok\n", or 503 and the name of what is wrong */

/* Control interface, over the Unix socket `control.sock` of the data folder: JSON. */
#define CONTROL_STATUS   "/v1/status"    /* GET */
#define CONTROL_LICENSES "/v1/licenses"  /* GET */
#define CONTROL_MACHINES "/v1/machines"  /* GET ?find= &license= &blocked=1 &holding=1 &after= &limit= */
#define CONTROL_MACHINE  "/v1/machines/" /* GET + id; POST + id + /block, /unblock */
#define CONTROL_DENIALS  "/v1/denials"   /* GET ?machine= &before= &limit= */
#define CONTROL_RELOAD   "/v1/reload"    /* POST: read configuration and licenses again */
#define CONTROL_SOCKET   "control.sock"

#define TYPE_TEXT "text/plain; charset=utf-8"
#define TYPE_JSON "application/json"

#endif
