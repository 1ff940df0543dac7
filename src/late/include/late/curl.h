/*
 * libcurl, opened when it is first needed: with it come thirty more libraries, which a program that only reads its
 * state would load each time for nothing. Whoever is built with it needs its headers and nothing else of it.
 */
#ifndef LATE_CURL_H
#define LATE_CURL_H

#include "base/reason.h"

#include <curl/curl.h>

/* What is called of it, each by the name that it has there behind "curl_". */
#define CURL_CALLS(X) \
    X(easy_init) \
    X(easy_setopt) \
    X(easy_perform) \
    X(easy_getinfo) \
    X(easy_cleanup) \
    X(easy_strerror) \
    X(slist_append) \
    X(slist_free_all) \
    X(url) \
    X(url_set) \
    X(url_get) \
    X(url_cleanup) \
    X(free)

struct curl_calls {
#define CURL_CALL(name) __typeof__ (&curl_##name)(name);
    CURL_CALLS(CURL_CALL)
#undef CURL_CALL
};

/* The calls, for as long as the process lives. LIBRARY_MISSING where it cannot be opened, with the system's words;
 * whoever asks again later looks again. Thread-safe. */
RESULT curl_open(const struct curl_calls **ret_calls, struct reason *reason);

#endif
