/* HTTP/1.1 answers, as much of them as a load generator must understand: status, length of the body, and whether the
 * connection stays. Pure. */
#ifndef BENCH_LOAD_RESPONSE_H
#define BENCH_LOAD_RESPONSE_H

#include "base/bytes.h"

enum { RESPONSE_HEAD_MAX = 4096, RESPONSE_MAX = 64 * 1024 };

enum response_state {
    RESPONSE_INCOMPLETE,
    RESPONSE_WHOLE,
    RESPONSE_BROKEN, /* no HTTP/1.1 answer with a Content-Length within the limits, or something behind its end */
};

struct response {
    unsigned status;
    bool closes;
    struct slice body; /* borrowed */
};

enum response_state response_parse(struct slice bytes, struct response *ret_response);

#endif
