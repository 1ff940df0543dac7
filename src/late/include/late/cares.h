/*
 * c-ares, opened when it is first needed, as libcurl is (late/curl.h).
 */
#ifndef LATE_CARES_H
#define LATE_CARES_H

#include "base/reason.h"

#include <ares.h>

/* What is called of it, each by the name that it has there behind "ares_". */
#define CARES_CALLS(X) \
    X(cancel) \
    X(destroy) \
    X(destroy_options) \
    X(free_data) \
    X(freeaddrinfo) \
    X(getaddrinfo) \
    X(getsock) \
    X(init_options) \
    X(parse_srv_reply) \
    X(process_fd) \
    X(query) \
    X(save_options) \
    X(set_servers_ports_csv) \
    X(strerror) \
    X(timeout)

struct cares_calls {
#define CARES_CALL(name) __typeof__ (&ares_##name)(name);
    CARES_CALLS(CARES_CALL)
#undef CARES_CALL
};

/* As curl_open(). */
RESULT cares_open(const struct cares_calls **ret_calls, struct reason *reason);

#endif
