/* What anybody may read on the activation listener: introductions, licenses, revocations, health, and the
 * ledgers where the operator wants it. */
#ifndef HOST_ACTIVATION_PAGES_H
#define HOST_ACTIVATION_PAGES_H

#include "http/handler.h"

/* Handlers; `context` is the struct listener, the request's name what follows the page's address: what a
 * machine wants, license id, vendor, tile. */
void page_introduction(void *context, struct http_request *request);
void page_license(void *context, struct http_request *request);
void page_revocations(void *context, struct http_request *request);
void page_health(void *context, struct http_request *request);
void page_ready(void *context, struct http_request *request);
void page_ledger(void *context, struct http_request *request);

#endif
