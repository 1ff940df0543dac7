/* Addresses, ports and media types of the two HTTP interfaces of a host. Pure. */
#ifndef PROTO_API_H
#define PROTO_API_H

#include "core/limits.h"

enum { DEFAULT_PORT = 8216 };

/* Activation listener: signed texts. Every failure is answered with a denial document and the HTTP status of its code;
 * behind the denial `number-used` stand an empty line and the last leaf of the machine's key for that product, if there
 * is one. */
#define API_INTRODUCE   "/v1/introduction/" /* GET + VENDOR/PRODUCT/EDITION[/counted] -> introduction, or denial */
#define API_COUNTED     "counted"           /* what a machine with a counted product key puts behind it */
#define API_ACTIVATE    "/v1/activate"      /* POST proto/activation.h -> answer, or denial */
#define API_RELEASE     "/v1/release"       /* POST release note -> answer, or denial */
#define API_LICENSE     "/v1/license/"      /* GET + license id -> license note */
#define API_REVOCATIONS "/v1/revocations/"  /* GET + vendor -> revocations note */
#define API_HEALTH      "/healthz"          /* GET -> "ok\n", or 503 and the name of what is wrong */
#define API_READY       "/readyz" /* the same, also where that is one vendor's ledger: "host-clock VENDOR\n" */

/* The ledgers as C2SP tlog-tiles, on the control interface, and on the activation listener where the operator wants it:
 * GET + vendor + "/checkpoint", "/tile/L/N[.p/W]", "/tile/entries/N[.p/W]"; see proto/tile_path.h. */
#define API_LEDGER "/ledger/"

/* Control interface, over the Unix socket `control.sock` of the data folder: JSON. */
#define CONTROL_STATUS   "/v1/status"   /* GET */
#define CONTROL_LICENSES "/v1/licenses" /* GET */
/* GET ?find= &license= &blocked=1 &holding=1 &label= &name= &product= &state= &seen= &unseen= &after= &limit= */
#define CONTROL_MACHINES "/v1/machines"
/* GET + id, + id + /why ?license=; POST + id + /block, /unblock, /reclaim, /label */
#define CONTROL_MACHINE "/v1/machines/"
#define CONTROL_DENIALS "/v1/denials" /* GET ?machine= &before= &limit= */
#define CONTROL_COPY    "/v1/copy"    /* POST: copy the database; GET: how far that is */
#define CONTROL_ARCHIVE "/v1/archive" /* POST: bring old leaves into files; GET: how far that is, and what is there */
/* POST ?vendor= &epoch= &since=: read files of the archive, those of that export, or all where there is no `since`; the
 * body is the answer before, "" at the begin */
#define CONTROL_ARCHIVE_CHECK "/v1/archive/check"
#define CONTROL_RELOAD        "/v1/reload" /* POST: read configuration and licenses again */
/* `vendor` may be left out where there is one. */
#define CONTROL_CHECKPOINT "/v1/ledger/checkpoint" /* GET ?vendor= */
#define CONTROL_EPOCHS     "/v1/ledger/epochs"     /* GET ?vendor= &after= */
/* GET ?vendor= &epoch= &since= -> core/tlog/export.h, as a stream; of the newest epoch where none is named */
#define CONTROL_EXPORT "/v1/ledger/export"
#define CONTROL_VERIFY "/v1/ledger/verify" /* POST ?vendor= &epoch=, body: where to go on; "" at the begin */
/* POST, body: request note of a machine that sees no network -> its answer as a file, proto/parcel.h; GET API_INTRODUCE
 * gives the file of an introduction. */
#define CONTROL_ANSWER "/v1/answer"
#define CONTROL_SOCKET "control.sock"

#define TYPE_TEXT   "text/plain; charset=utf-8"
#define TYPE_JSON   "application/json"
#define TYPE_BINARY "application/octet-stream"

#endif
