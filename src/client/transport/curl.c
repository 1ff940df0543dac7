/*
 * The bundled transport: HTTP and HTTPS by libcurl, which is opened with the first exchange (late/curl.h).
 *
 * One connection for each exchange, one limit for all of it. The names of hosts are looked up before (names/dns.h):
 * libcurl would have a thread ask the system, and wait for that thread's end however long it takes. Redirects are not
 * followed. The answer is believed by its signatures, so HTTP without TLS gives nothing away but the request.
 *
 * A proxy is used where AVAL_PROXY names one, and no other, whatever http_proxy and its like say: those are set for the
 * way into the internet, which an activation host is not on. One that does not know the host inside, or that somebody
 * set in a shell and cron has not, would make the same machine reach its host on some days only.
 *
 * The certificate of an https:// host must be signed by an authority in the file that AVAL_CA names, or else by one
 * that the system trusts, and name the host.
 */
#include "transport.h"

#include "base/sentences.h"
#include "hosts/address.h"
#include "late/curl.h"
#include "machine/environment.h"
#include "names/dns.h"
#include "system/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
    URL_SIZE = 1024,
    HEADER_SIZE = 256,
    RESOLVED_SIZE = HOST_NAME_MAX_BYTES + sizeof ":65535:" + NAME_ADDRESSES_MAX * (size_t)(NAME_ADDRESS_SIZE + 1),
};

/* One question, and what libcurl is told besides. */
struct question {
    const struct curl_calls *lib;
    const char *url;
    const char *body; /* NULL: GET */
    size_t body_size;
    const char *proxy;           /* "": none */
    const char *authorities;     /* a file; NULL: the system's */
    struct curl_slist *headers;  /* NULL: libcurl's own */
    struct curl_slist *resolved; /* where the host is; NULL: libcurl finds out */
    unsigned timeout_ms;
};

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
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
        return AVAL_HOST_CERTIFICATE;
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

static CURLcode prepare(CURL *curl, const struct question *question, struct sink *sink, char *error)
{
    const struct curl_calls *const lib = question->lib;
    CURLcode code = lib->easy_setopt(curl, CURLOPT_URL, question->url);
#define SET(option, value) code = code == CURLE_OK ? lib->easy_setopt(curl, CURLOPT_##option, (value)) : code
    SET(PROTOCOLS_STR, "http,https");
    SET(FOLLOWLOCATION, 0L);
    SET(PROXY, question->proxy);
    SET(NOPROXY, ""); /* nor is no_proxy anybody's to set */
    SET(RESOLVE, question->resolved);
    if (question->authorities != NULL)
        SET(CAINFO, question->authorities);
    SET(NOSIGNAL, 1L);
    SET(TIMEOUT_MS, (long)question->timeout_ms);
    SET(CONNECTTIMEOUT_MS, (long)question->timeout_ms);
    SET(USERAGENT, "aval/" AVAL_VERSION);
    SET(ERRORBUFFER, error);
    SET(WRITEFUNCTION, receive);
    SET(WRITEDATA, sink);
    if (question->body != NULL) {
        SET(POST, 1L);
        SET(POSTFIELDSIZE_LARGE, (curl_off_t)question->body_size);
        SET(POSTFIELDS, question->body);
        SET(HTTPHEADER, question->headers);
    }
#undef SET
    return code;
}

/* Appends a header; false, and the list is as it was, where there is no memory. */
static bool add_header(const struct curl_calls *lib, struct curl_slist **headers, const char *header)
{
    struct curl_slist *const longer = lib->slist_append(*headers, header);
    if (longer != NULL)
        *headers = longer;
    return longer != NULL;
}

/* Of a question with a body. Yours to free, also where it returns false. */
static bool make_headers(const struct curl_calls *lib, const char *authorization, struct curl_slist **ret_headers)
{
    char line[HEADER_SIZE] = "";
    if (authorization != NULL && snprintf(line, sizeof line, "Authorization: %s", authorization) >= HEADER_SIZE)
        return false;
    return add_header(lib, ret_headers, "Content-Type: text/plain; charset=utf-8") &&
           /* Without it libcurl waits a second for "100 Continue" on larger bodies. */
           add_header(lib, ret_headers, "Expect:") && (line[0] == 0 || add_header(lib, ret_headers, line));
}

/* Where that name is, for libcurl: "NAME:PORT:ADDRESS,ADDRESS". What it took is taken off the question's time. */
static RESULT resolve_name(const char *name, const char *port, struct question *question, struct reason *reason)
{
    char line[RESOLVED_SIZE];
    struct name_addresses found;
    if (!dns_is_here() || strchr(name, ':') != NULL || name[strspn(name, "0123456789.")] == 0)
        return RESULT_OK; /* an address needs none */
    const int64_t began = clock_monotonic_ms();
    TRY(dns_addresses(environment_value("AVAL_DNS"), name, question->timeout_ms, &found, reason));
    const int64_t took = clock_monotonic_ms() - began;
    ENSURE(took < question->timeout_ms, HOST_TIMEOUT);
    question->timeout_ms -= (unsigned)took;
    int size = snprintf(line, sizeof line, "%.*s:%s:", HOST_NAME_MAX_BYTES, name, port);
    for (size_t i = 0; i < found.count; i++)
        size += snprintf(line + size, sizeof line - (size_t)size, "%s%s", i > 0 ? "," : "", found.addresses[i]);
    return add_header(question->lib, &question->resolved, line) ? RESULT_OK : FAIL(NO_MEMORY);
}

/* A part of the URL of the proxy, yours to free with its free(); NULL where it has none. */
static char *part_of(const struct curl_calls *lib, CURLU *url, CURLUPart what, unsigned flags)
{
    char *part = NULL;
    return lib->url_get(url, what, &part, flags) == CURLUE_OK ? part : NULL;
}

/* The proxy, which looks the host up itself. */
static RESULT resolve_proxy(struct question *question, struct reason *reason)
{
    const struct curl_calls *const lib = question->lib;
    CURLU *url = lib->url();
    ENSURE(url != NULL, NO_MEMORY);
    const CURLUcode read = lib->url_set(url, CURLUPART_URL, question->proxy, CURLU_GUESS_SCHEME);
    char *scheme = read == CURLUE_OK ? part_of(lib, url, CURLUPART_SCHEME, 0) : NULL;
    char *name = read == CURLUE_OK ? part_of(lib, url, CURLUPART_HOST, 0) : NULL;
    char *port = read == CURLUE_OK ? part_of(lib, url, CURLUPART_PORT, 0) : NULL;
    struct result outcome;
    if (scheme == NULL || name == NULL || port == NULL || strncmp(scheme, "http", strlen("http")) != 0)
        outcome = reason_say(reason, FAIL(USAGE), _("AVAL_PROXY is no http://NAME:PORT: %.200s"), question->proxy);
    else
        outcome = resolve_name(name, port, question, reason);
    lib->free(scheme);
    lib->free(name);
    lib->free(port);
    lib->url_cleanup(url);
    return outcome;
}

/* In a URL the percent sign before a zone is "%25". False where it does not fit. */
static bool write_url(const struct host_parts *host, const char *path, char ret_url[static URL_SIZE])
{
    const char *const zone = host->literal ? strchr(host->name, '%') : NULL;
    const int before = zone == NULL ? (int)strlen(host->name) : (int)(zone - host->name);
    return snprintf(ret_url, URL_SIZE, "%s%s%.*s%s%s%s:%s%s", host->https ? HTTPS : "http://", host->literal ? "[" : "",
                    before, host->name, zone != NULL ? "%25" : "", zone != NULL ? zone + 1 : "",
                    host->literal ? "]" : "", host->port, path) < URL_SIZE;
}

static int perform(const struct question *question, struct sink *sink, int *ret_http_status, char *reason,
                   size_t reason_size)
{
    const struct curl_calls *const lib = question->lib;
    char error[CURL_ERROR_SIZE] = "";
    long status = 0;
    /* It starts the library where nobody has; since 7.84 that is safe in any thread. */
    CURL *curl = lib->easy_init();
    if (curl == NULL)
        return AVAL_NO_MEMORY;
    CURLcode code = prepare(curl, question, sink, error);
    if (code == CURLE_OK)
        code = lib->easy_perform(curl);
    if (code == CURLE_OK)
        code = lib->easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    lib->easy_cleanup(curl);
    if (code != CURLE_OK) {
        const char *words = error[0] != 0 ? error : lib->easy_strerror(code);
        snprintf(reason, reason_size, "%s", sink->overflowed ? _("the answer is too large") : words);
        return code == CURLE_OUT_OF_MEMORY ? AVAL_NO_MEMORY : failure_of(code);
    }
    *ret_http_status = (int)status;
    return AVAL_OK;
}

static int ask(const struct host_parts *host, const char *authorization, struct question *question, struct sink *sink,
               int *ret_http_status, char *reason, size_t reason_size)
{
    struct reason words = {.text = ""};
    const struct result resolved = question->proxy[0] != 0 ? resolve_proxy(question, &words)
                                                           : resolve_name(host->name, host->port, question, &words);
    if (!is_ok(resolved)) {
        snprintf(reason, reason_size, "%s", words.text);
        return (int)result_code(resolved);
    }
    if (question->body != NULL && !make_headers(question->lib, authorization, &question->headers))
        return AVAL_NO_MEMORY;
    return perform(question, sink, ret_http_status, reason, reason_size);
}

static int exchange(void *context, const char *address, const char *path, const char *body, size_t body_size,
                    const char *authorization, unsigned timeout_ms, char *answer, size_t capacity, size_t *ret_size,
                    int *ret_http_status, char *reason, size_t reason_size)
{
    (void)context;
    char url[URL_SIZE];
    struct host_parts host;
    struct sink sink = {.capacity = capacity};
    sink.answer = answer;
    const char *const proxy = environment_value("AVAL_PROXY");
    const char *const authorities = environment_value("AVAL_CA");
    host_address_parts(address, &host);
    if (!write_url(&host, path, url))
        return AVAL_HOST_UNREACHABLE;
    struct reason words = {.text = ""};
    const struct curl_calls *lib;
    if (!is_ok(curl_open(&lib, &words))) {
        snprintf(reason, reason_size, "%s", words.text);
        return AVAL_LIBRARY_MISSING;
    }
    struct question question = {
        .lib = lib,
        .url = url,
        .body = body,
        .body_size = body_size,
        .proxy = proxy != NULL ? proxy : "",
        .authorities = authorities != NULL && authorities[0] != 0 ? authorities : NULL,
        .timeout_ms = timeout_ms,
    };
    const int code = ask(&host, authorization, &question, &sink, ret_http_status, reason, reason_size);
    lib->slist_free_all(question.headers);
    lib->slist_free_all(question.resolved);
    if (code == AVAL_OK)
        *ret_size = sink.size;
    return code;
}

aval_transport transport_bundled(void)
{
    return exchange;
}
