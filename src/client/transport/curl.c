/*
 * The bundled transport: HTTP by libcurl.
 *
 * One connection for each exchange, one limit for all of it. Redirects are not followed and no proxy is used, whatever
 * the environment says: an activation host stands inside the network of its machines, and what is configured is what is
 * asked. A product that needs either brings a transport of its own. The answer is believed by its signatures, so HTTP
 * without TLS gives nothing away but the request.
 */
#include "transport.h"

#include "base/sentences.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { URL_SIZE = 1024, HEADER_SIZE = 256 };

struct sink {
    char *answer;
    size_t capacity;
    size_t size;
    int overflowed;
};

/* Its type is libcurl's. */
static size_t receive(char *data, size_t one, size_t count, void *context)
{
    struct sink *sink = context;
    const size_t size = one * count;
    if (size > sink->capacity - sink->size) {
        sink->overflowed = 1;
        return 0; /* ends the transfer */
    }
    memcpy(sink->answer + sink->size, data, size);
    sink->size += size;
    return size;
}

static int failure_of(CURLcode code)
{
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        return AVAL_HOST_TIMEOUT;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_WRITE_ERROR:
        return AVAL_HOST_ANSWER;
    default:
        return AVAL_HOST_UNREACHABLE;
    }
}

static CURLcode prepare(CURL *curl, const char *url, const char *body, size_t body_size, unsigned timeout_ms,
                        struct sink *sink, char *error)
{
    CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, url);
#define SET(option, value) code = code == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_##option, (value)) : code
    SET(PROTOCOLS_STR, "http");
    SET(FOLLOWLOCATION, 0L);
    SET(PROXY, "");
    SET(NOSIGNAL, 1L);
    SET(TIMEOUT_MS, (long)timeout_ms);
    SET(CONNECTTIMEOUT_MS, (long)timeout_ms);
    SET(USERAGENT, "aval/" AVAL_VERSION);
    SET(ERRORBUFFER, error);
    SET(WRITEFUNCTION, receive);
    SET(WRITEDATA, sink);
    if (body != NULL) {
        SET(POST, 1L);
        SET(POSTFIELDSIZE_LARGE, (curl_off_t)body_size);
        SET(POSTFIELDS, body);
    }
#undef SET
    return code;
}

/* Appends a header; false, and the list is as it was, where there is no memory. */
static bool add_header(struct curl_slist **headers, const char *header)
{
    struct curl_slist *const longer = curl_slist_append(*headers, header);
    if (longer != NULL)
        *headers = longer;
    return longer != NULL;
}

/* Of a question with a body. Yours to free, also where it returns false. */
static bool make_headers(const char *authorization, struct curl_slist **ret_headers)
{
    char line[HEADER_SIZE] = "";
    if (authorization != NULL && snprintf(line, sizeof line, "Authorization: %s", authorization) >= HEADER_SIZE)
        return false;
    return add_header(ret_headers, "Content-Type: text/plain; charset=utf-8") &&
           /* Without it libcurl waits a second for "100 Continue" on larger bodies. */
           add_header(ret_headers, "Expect:") && (line[0] == 0 || add_header(ret_headers, line));
}

static int perform(CURL *curl, const char *url, const char *body, size_t body_size, const char *authorization,
                   unsigned timeout_ms, struct sink *sink, int *ret_http_status, char *reason, size_t reason_size)
{
    char error[CURL_ERROR_SIZE] = "";
    struct curl_slist *headers = NULL;
    CURLcode code = make_headers(authorization, &headers) ? prepare(curl, url, body, body_size, timeout_ms, sink, error)
                                                          : CURLE_OUT_OF_MEMORY;
    if (code == CURLE_OK && body != NULL)
        code = curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (code == CURLE_OK)
        code = curl_easy_perform(curl);
    long status = 0;
    if (code == CURLE_OK)
        code = curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    if (code != CURLE_OK) {
        const char *words = error[0] != 0 ? error : curl_easy_strerror(code);
        snprintf(reason, reason_size, "%s", sink->overflowed ? _("the answer is too large") : words);
        return code == CURLE_OUT_OF_MEMORY ? AVAL_NO_MEMORY : failure_of(code);
    }
    *ret_http_status = (int)status;
    return AVAL_OK;
}

static int exchange(void *context, const char *host, const char *path, const char *body, size_t body_size,
                    const char *authorization, unsigned timeout_ms, char *answer, size_t capacity, size_t *ret_size,
                    int *ret_http_status, char *reason, size_t reason_size)
{
    (void)context;
    char url[URL_SIZE];
    const int length = snprintf(url, sizeof url, "http://%s%s", host, path);
    if (length < 0 || length >= URL_SIZE)
        return AVAL_HOST_UNREACHABLE;
    /* curl_easy_init starts the library where nobody has; since 7.84 that is safe in any thread. */
    CURL *curl = curl_easy_init();
    if (curl == NULL)
        return AVAL_NO_MEMORY;
    struct sink sink = {.capacity = capacity};
    sink.answer = answer;
    const int code =
        perform(curl, url, body, body_size, authorization, timeout_ms, &sink, ret_http_status, reason, reason_size);
    curl_easy_cleanup(curl);
    if (code == AVAL_OK)
        *ret_size = sink.size;
    return code;
}

aval_transport transport_bundled(void)
{
    return exchange;
}
