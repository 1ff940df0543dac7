/* Opening libcurl; see late/curl.h. */
#include "late/curl.h"

#include "opening.h"

/* As Debian has it, with GnuTLS or OpenSSL, and others do. */
static const char *const FILES[] = {"libcurl-gnutls.so.4", "libcurl.so.4", NULL};

static const char *const NAMES[] = {
#define CURL_NAME(name) "curl_" #name,
    CURL_CALLS(CURL_NAME)
#undef CURL_NAME
        NULL};

static struct curl_calls calls;

static struct late_library library = {FILES, NAMES, &calls, .lock = PTHREAD_MUTEX_INITIALIZER};

RESULT curl_open(const struct curl_calls **ret_calls, struct reason *reason)
{
    TRY(late_open(&library, reason));
    *ret_calls = &calls;
    return RESULT_OK;
}
