/* Whether a machine that asks is the organisation's own: it shows the site key (proto/site_authorization.h). */
#ifndef HOST_ACTIVATION_OWN_H
#define HOST_ACTIVATION_OWN_H

#include "host/engine.h"
#include "http/handler.h"

/* Looks at what the request shows, and counts it. OK, or, where the site key is required, SITE_KEY_REQUIRED or
 * SITE_KEY_WRONG. *ret_own: a site key holds; it is set in either case. */
enum error_code own_check(struct engine *engine, const struct authority *authority, const struct http_request *request,
                          bool *ret_own);

#endif
