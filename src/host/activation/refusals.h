/* What a machine is told that is given nothing: a denial document with the status of its code. */
#ifndef HOST_ACTIVATION_REFUSALS_H
#define HOST_ACTIVATION_REFUSALS_H

#include "base/result.h"
#include "http/handler.h"

#define CACHE_NOT "no-store"

/* `fault`: what the reader of the request said, or success. */
struct http_response refusal_of(enum error_code code, struct result fault);
/* For http_options.refuse. */
struct http_response refusal_of_server(void *context, enum http_refusal why);

#endif
